//! Questions whether something can be done, and what would come of it. The answer says what stands for it or against it, and does nothing.

use super::clause::Clause;
use super::found::Found;
use super::going::capital;
use super::naming::{from_here, is_or_are, the};
use super::sentence::clauses;
use super::telling::Telling;
use super::verbs::Verb;
use super::vocabulary::direction;

/// How such a question begins.
const OPENINGS: &[&str] = &[
    "can i ",
    "could i ",
    "may i ",
    "might i ",
    "should i ",
    "shall i ",
    "must i ",
    "can we ",
    "could we ",
    "should we ",
    "shall we ",
    "do i have to ",
    "do i need to ",
    "do i really have to ",
    "am i allowed to ",
    "am i able to ",
    "is it possible to ",
    "is it ok to ",
    "is it okay to ",
    "is it safe to ",
    "is it a good idea to ",
    "is there a way to ",
    "is there any way to ",
    "is there some way to ",
    "is there another way to ",
    "is there no other way to ",
    "would it help to ",
    "would it be ok to ",
    "what if i ",
    "what happens if i ",
    "what would happen if i ",
    "what will happen if i ",
    "why can't i ",
    "why shouldn't i ",
];

impl Telling<'_> {
    /// The answer to `can I take the key?`, `should I knock first?` and `is there a way to open the chest?`; `None` where nothing that is
    /// here is asked about.
    pub(super) fn possible(&self, text: &str) -> Option<String> {
        let wish = OPENINGS.iter().find_map(|opening| text.strip_prefix(opening))?;
        let clause = clauses(wish).into_iter().next().filter(|clause| !clause.is_question)?;
        let verb = clause.verb?;
        if matches!(verb, Verb::Go | Verb::Out | Verb::In | Verb::Back) {
            return Some(self.possible_way(&clause));
        }
        let noun = clause.objects.first().or(Some(&clause.second)).filter(|noun| !noun.is_empty());
        let found = noun.map_or(Found::Nothing, |noun| self.view.find(noun));
        // Who has it is asked for it, and what is theirs is for them to give.
        let asks_for_a_way = text.starts_with("is there");
        let theirs = matches!(found, Found::Carried(being, _) if !being.is_speechless());
        if (theirs || wish.split(' ').any(|word| word == "your")) && self.view.speaker().is_some() {
            return asks_for_a_way.then(|| self.hint());
        }
        if verb == Verb::Take
            && let Some(answer) = self.possible_taking(&found)
        {
            return Some(answer);
        }
        let is_here = !matches!(found, Found::Nothing | Found::Elsewhere(_));
        if verb.is_perception() {
            return noun.filter(|_| is_here).map(|noun| self.describe(noun));
        }
        if let (true, Found::Being(being)) = (verb.is_speech(), &found) {
            return Some(format!("{} is here, and can be spoken to.", capital(&being.call())));
        }
        // What others have to give, they are asked for.
        if self.view.speaker().is_some() && !is_here && noun.is_some() {
            return None;
        }
        let wish = to_player(&format!("{} {}", clause.written, clause.rest));
        let lines = [
            (", and see what comes of it", format!("You could {wish}, and see what comes of it.")),
            ("Nothing keeps you from trying", format!("To {wish}? Nothing keeps you from trying.")),
            ("is for you to decide", format!("Whether to {wish} is for you to decide. You have not done it yet.")),
            ("is to do it", format!("The way to find out what happens when you {wish} is to do it.")),
            (
                "nobody has said that you must not",
                format!("You think of it: to {wish}. So far nobody has said that you must not."),
            ),
            (
                "no answer but the trying",
                format!("You weigh it, to {wish} or not, and there is no answer but the trying."),
            ),
        ];
        let opening = self.view.fresh_by_stem(&lines);
        match noun.filter(|_| is_here) {
            Some(noun) => Some(format!("{} {opening}", self.describe(noun))),
            None if asks_for_a_way => Some(self.hint()),
            None => Some(opening.to_owned()),
        }
    }

    fn possible_way(&self, clause: &Clause) -> String {
        let place = clause.rest.as_str();
        let by_direction =
            || place.split(' ').find_map(direction).and_then(|direction| self.way_by_direction(direction));
        let way = self.way_by_name(place).or_else(by_direction).or_else(|| self.way_meant(clause, clause.verb?, ""));
        let Some(way) = way else {
            let reasons = self.view.ways.iter().filter_map(|way| way.blocked.as_deref());
            let ways_out = self.ways_out();
            return reasons.chain([ways_out.as_str()]).collect::<Vec<_>>().join(" ");
        };
        match &way.blocked {
            Some(reason) => format!("Not that way: {reason} {}", self.ways_out()),
            None => format!("You can: {} {} {}.", the(&way.place), is_or_are(&way.place), from_here(&way.direction)),
        }
    }

    fn possible_taking(&self, found: &Found<'_>) -> Option<String> {
        Some(match found {
            Found::Held(item) => format!("You have {} with you already.", the(item)),
            Found::Here(item) if self.view.is_fixed(item) => {
                format!("{} is part of the place, and not to be carried.", capital(&the(item)))
            }
            Found::Here(item) => {
                let lines = [
                    format!("You can: {} {} here to be taken.", the(item), is_or_are(item)),
                    format!("Nobody keeps you from it: {} {} within your reach.", the(item), is_or_are(item)),
                    format!("You could take {}. It has not been done yet.", the(item)),
                ];
                self.view.fresh(&lines).to_owned()
            }
            Found::Inside(vessel, item) => format!("You can: {} {} in {}.", the(item), is_or_are(item), the(vessel)),
            Found::Carried(being, item) => {
                format!("{} has {}, and you would have to ask.", capital(&being.call()), the(item))
            }
            Found::Scenery(word) => {
                format!("{} {} nothing that you could carry away.", capital(&the(word)), is_or_are(word))
            }
            Found::Being(being) => format!("{} is not to be carried off.", capital(&being.call())),
            _ => return None,
        })
    }
}

/// The words of a player as said to them: `my hands` as `your hands`.
pub(super) fn to_player(text: &str) -> String {
    let words = text.split_whitespace().map(|word| match word {
        "my" => "your",
        "me" | "i" => "you",
        "myself" => "yourself",
        "mine" => "yours",
        word => word,
    });
    words.collect::<Vec<_>>().join(" ")
}
