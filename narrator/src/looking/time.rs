//! The hour of the story, and how long there is: what the story says of the time, and whether it counts turns.

use crate::telling::Telling;

impl Telling<'_> {
    /// How long there is: what the story says of the time, and whether it counts turns.
    pub(crate) fn time_left(&self) -> String {
        let counted = match self.counted_turns() {
            Some(Counted::After(turns)) => format!("Turns count here: something is decided after {turns} of them."),
            Some(Counted::Every(turns)) => format!("Turns count here: something changes after each {turns} of them."),
            None => self
                .view
                .fresh(&[
                    "Nothing here runs out by itself: you have as long as you need.",
                    "No clock here waits for you to be late. Take the time that you need.",
                    "As far as this part of the story goes, there is no hurry.",
                    "It goes on when you do, and not before.",
                    "Nothing is lost by taking your time.",
                    "The story waits for what you do, and does not count how long it takes.",
                ])
                .to_owned(),
        };
        format!("{} {counted}", self.time())
    }

    /// Whether a conditional of this scene or of the story decides something when turns have gone by.
    fn counted_turns(&self) -> Option<Counted> {
        let (_, scenario) = self.view.scenario?;
        scenario.conditionals_in(self.view.scene?).find_map(|placed| {
            let conditional = &placed.conditional;
            let then = &conditional.then;
            let decides = then.game_ended || then.ending.is_some() || then.scene_change.is_some();
            let when = &conditional.when;
            let turns = [when.min_scene_turns, when.min_turns, when.scene_turn_counter, when.turn_counter];
            let after = turns.into_iter().flatten().find(|turns| *turns > 0);
            let every = conditional.every.filter(|_| decides || !then.add_vars.is_empty());
            after.filter(|_| decides).map(Counted::After).or_else(|| every.map(|turns| Counted::Every(turns.get())))
        })
    }

    pub(crate) fn time(&self) -> String {
        let lore = self
            .script
            .lore
            .iter()
            .find(|lore| self.view.fits(&lore.when) && lore.about.iter().any(|about| about == "time"));
        let lines = [
            "Later than you would like.",
            "There is no telling, except that it is not yet too late.",
            "It is the hour that it was, and a few minutes.",
            "Time enough, if you use it.",
        ];
        lore.map_or_else(|| self.view.fresh(&lines).to_owned(), |lore| self.view.next(&lore.text).to_owned())
    }

    pub(crate) fn clock(&self) -> String {
        self.time()
    }
}

/// How a story counts turns.
enum Counted {
    After(u64),
    Every(u32),
}

/// `how long have I got?`, `when does the bell ring?`: when something will be, or how long there is until then.
pub(crate) fn asks_for_time_left(text: &str) -> bool {
    let has = |parts: &[&str]| parts.iter().any(|part| text.contains(part));
    let is_long = has(&["how long"])
        && has(&["have i", "have we", "i have", "we have", "i got", "left", "until", "till", "before", "is there"]);
    is_long
        || has(&[
            "time left",
            "how much time",
            "how many turns",
            "many moves",
            "turns left",
            "running out of time",
            "am i late",
            "am i too late",
            "is it late",
            "too late",
            "time is left",
            "in a hurry",
            "time do i have",
            "turns do i",
            "deadline",
        ])
}
