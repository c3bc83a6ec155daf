//! What could be tried: hints in stages, the options of the moment, and a sentence of them behind what was not understood.

use story::rule;
use story::words;

use crate::telling::Telling;
use crate::world::entries::Being;
use crate::world::naming::the;
use crate::world::texts::{joined, sentences, sentences_about};

impl Telling<'_> {
    /// Help, one stage further each time that it is asked for.
    pub(crate) fn hint(&self) -> String {
        let fitting = self.script.hints.iter().find(|hint| self.view.fits(&hint.when));
        let stages = fitting.map_or_else(|| self.stages_from_rules(), |hint| hint.stages.clone());
        let next = stages.iter().find(|stage| !self.view.has_heard(stage)).or(stages.last());
        next.map_or_else(|| self.could_try(), |stage| format!("{stage} {}", self.ways_out()))
    }

    /// Stages for a story that has none of its own: what is here, what it is about, and what its rules wait for.
    fn stages_from_rules(&self) -> Vec<String> {
        let rules = self.view.rules();
        let deeds: Vec<_> = rules.iter().filter_map(|rule| rule::read(rule)).map(|rule| rule.deed).collect();
        let mut stages = vec![format!("You take stock. {}", self.could_try())];
        if let Some((_, scenario)) = self.view.scenario {
            let scene = self.view.scene.and_then(|scene| scenario.scenes.get(scene));
            stages.extend(
                scene.and_then(|scene| {
                    sentences(&scene.story).last().map(|last| format!("You remind yourself: {last}"))
                }),
            );
        }
        stages.extend(deeds.iter().map(|deed| format!("It would make a difference if somebody {deed}.")));
        stages
    }

    /// The answer to `what can I do?`: the things, the people and the ways that are here.
    pub(crate) fn options(&self) -> String {
        const MOST: usize = 4;
        let mut things: Vec<String> = self.view.items.iter().map(|item| the(item)).collect();
        let own = self.script.things.iter().filter(|thing| thing.when.at.is_some() && self.view.fits(&thing.when));
        let is_in_sight = |name: &&String| {
            !sentences_about(&self.view.description, &words(name).pop().unwrap_or_default()).is_empty()
        };
        things.extend(own.filter_map(|thing| thing.names.iter().find(is_in_sight)).map(|name| the(name)));
        let mut seen: Vec<String> = Vec::new();
        for thing in things {
            if seen.len() < MOST && !seen.contains(&thing) {
                seen.push(thing);
            }
        }
        let (silent, speaking): (Vec<&Being>, Vec<&Being>) =
            self.view.beings.iter().partition(|being| being.is_speechless());
        let names = |beings: &[&Being]| joined(&beings.iter().map(|being| being.call()).collect::<Vec<_>>(), "or");
        let ways: Vec<String> =
            self.view.open_ways().map(|way| format!("{} to {}", way.direction, the(&way.place))).collect();
        let mut parts = Vec::new();
        parts.push(if seen.is_empty() {
            "look around".to_owned()
        } else {
            format!("look closer at {}", joined(&seen, "or"))
        });
        if !speaking.is_empty() {
            parts.push(format!("talk to {}", names(&speaking)));
        }
        if !silent.is_empty() {
            parts.push(format!("see to {}", names(&silent)));
        }
        if !self.view.held.is_empty() {
            let held: Vec<String> = self.view.held.iter().take(MOST).map(|item| the(item)).collect();
            parts.push(format!("use {}", joined(&held, "or")));
        }
        if !ways.is_empty() {
            parts.push(format!("go {}", joined(&ways, "or")));
        }
        let stems = [
            "You could",
            "As things are, you might",
            "It is open to you to",
            "What you can do is this:",
            "Nothing keeps you from this:",
            "There is enough to do:",
        ];
        format!("{} {}.", self.view.fresh(&stems), joined(&parts, "or").replace(" or go ", ", or go "))
    }

    /// What is here and could be tried, in one sentence.
    pub(crate) fn could_try(&self) -> String {
        let mut here: Vec<String> = self.view.items.iter().map(|item| the(item)).collect();
        here.extend(self.view.beings.iter().map(Being::call));
        let ways: Vec<&str> = self.view.open_ways().map(|way| way.direction.as_str()).collect();
        let ways = if ways.is_empty() { "stay".to_owned() } else { format!("go {}", joined(&ways, "or")) };
        if here.is_empty() {
            let lines = [
                ("You could look around, or", format!("You could look around, or {ways}.")),
                ("You might look closer at", format!("You might look closer at the place, or {ways}.")),
                ("What you can do is", format!("What you can do is look about you, or {ways}.")),
                ("There is the place itself", format!("There is the place itself to look at, or you could {ways}.")),
                ("Nothing keeps you from", format!("Nothing keeps you from looking round, or you could {ways}.")),
                ("It might be worth", format!("It might be worth a closer look at the place; or you could {ways}.")),
            ];
            return self.view.fresh_by_stem(&lines).to_owned();
        }
        let here = joined(&here, "and");
        let lines = [
            (" here, and you could", format!("There is {here} here, and you could {ways}.")),
            ("You might try", format!("You might try {here}, or {ways}.")),
            ("What you do have before you", format!("What you do have before you is {here}; or you could {ways}.")),
            ("Within reach there is", format!("Within reach there is {here}. Or you could {ways}.")),
            (", and you can ", format!("You see {here}, and you can {ways}.")),
            ("You could turn to", format!("You could turn to {here}, or {ways}.")),
        ];
        self.view.fresh_by_stem(&lines).to_owned()
    }

    pub(crate) fn at_a_loss(&self, opening: &str) -> String {
        let lines = [
            opening,
            "You think about it, and nothing comes of it.",
            "You hesitate: that is not something you know how to do.",
            "The thought passes before it becomes a deed.",
            "You are not sure how one would go about that.",
            "You leave that for another day.",
        ];
        format!("{} {}", self.view.fresh(&lines), self.could_try())
    }
}
