//! Thinking aloud: `hmm, maybe the key is under the mat`, `I bet he did it`, `I think you owe the town an apology`. Nothing is done; what
//! is thought of is looked at, and whoever is spoken of to their face has heard it.

use crate::reading::sentence;
use crate::reading::verbs::Verb;
use crate::telling::Telling;
use crate::world::found::Found;

/// How a thought begins.
const OPENINGS: &[&str] = &[
    "maybe ",
    "perhaps ",
    "probably ",
    "possibly ",
    "i bet ",
    "i guess ",
    "i suppose ",
    "i suspect ",
    "i think ",
    "i believe ",
    "i reckon ",
    "i wonder if ",
    "i wonder whether ",
    "it could be that ",
    "it may be that ",
    "it might be that ",
    "surely ",
    "i have a feeling that ",
    "i hope ",
    "i do hope ",
    "i do think ",
    "i do believe ",
    "i sincerely hope ",
    "i fear ",
    "i'm afraid ",
];

/// Sounds in front of a thought.
const SOUNDS: &[&str] =
    &["hmm", "hm", "well", "oh", "so", "ah", "ok", "okay", "aha", "sir", "madam", "miss", "but", "and", "with respect"];

/// What a thought says of something.
const STATES: &[&str] = &[
    "is", "are", "was", "were", "has", "have", "had", "might", "may", "must", "could", "isn't", "aren't", "it's",
    "he's", "she's", "they're", "there's", "knows", "know", "did", "does", "took", "hid", "lies", "owe", "owes",
    "needs", "wants", "looks", "that's",
];

/// Of whom a thought is that is no thought but a plan.
const PLANS: &[&str] = &["i", "i'll", "i'd", "we", "we'll", "i'm", "i've", "let's", "you", "to"];

impl Telling<'_> {
    /// The answer to a thought; `None` for a plan, a question, and for what is said of a feeling.
    pub(crate) fn mused(&self, message: &str) -> Option<String> {
        let plain = message.to_lowercase().replace('\u{2019}', "'");
        let plain = plain.trim().trim_end_matches(['.', '!']);
        if plain.ends_with('?') || plain.contains(['.', ';', '"']) {
            return None;
        }
        let sounds = |text: &str| {
            SOUNDS.iter().find_map(|sound| Some(text.strip_prefix(sound)?.strip_prefix(',')?.trim_start().to_owned()))
        };
        let mut said = plain.to_owned();
        while let Some(rest) = sounds(&said) {
            said = rest;
        }
        let thought = OPENINGS.iter().find_map(|opening| said.strip_prefix(opening))?;
        // `maybe I should ring the bell` has not rung it.
        let considers =
            ["maybe ", "perhaps ", "i wonder if ", "i wonder whether "].iter().any(|wonders| said.starts_with(wonders));
        let considered = ["i should ", "i could ", "i might ", "we should ", "we could "]
            .iter()
            .find_map(|own| thought.strip_prefix(own));
        // Who considers where to go next goes there.
        let goes = considered.is_some_and(|deed| {
            sentence::clauses(deed).first().and_then(|clause| clause.verb).is_some_and(Verb::is_motion)
        });
        if let Some(deed) = considered.filter(|_| considers && !goes) {
            return self.possible(&format!("should i {deed}"));
        }
        let words: Vec<&str> = thought.split_whitespace().collect();
        let first = words.first()?.trim_end_matches(',');
        let states = words
            .iter()
            .take(6)
            .skip_while(|word| **word == first && !STATES.contains(word))
            .any(|word| STATES.contains(word));
        // `I think you owe them an apology` is said to whoever is here.
        let to_listener = ["you", "you're"].contains(&first) && states;
        if let Some(listener) = self.view.speaker()
            && (to_listener || (states && !PLANS.contains(&first) && self.has_words_for(listener, thought)))
        {
            return Some(self.talk_to(listener, thought, Verb::Talk));
        }
        if !states || PLANS.contains(&first) {
            return None;
        }
        let lines = [
            "It may be so.",
            "That is as good a guess as any.",
            "It would fit.",
            "You have thought of worse.",
            "Perhaps; perhaps not.",
        ];
        let line = self.view.fresh(&lines);
        Some(match self.thought_of(&words) {
            Some(noun) => format!("{line} {}", self.describe(&noun)),
            None => match self.missing_of(&words) {
                Some(noun) => self.not_here(&noun),
                None => format!("{line} {}", self.could_try()),
            },
        })
    }

    /// Where something is thought to be that is not here: `the mat` of `the key is under the mat`.
    fn missing_of(&self, words: &[&str]) -> Option<String> {
        let at = words.iter().rposition(|word| ["under", "in", "behind", "on", "inside", "beneath"].contains(word))?;
        let noun = words[at + 1..].join(" ");
        let is_noun = noun.starts_with("the ") && noun.split(' ').count() <= 3;
        (is_noun && self.view.find(&noun) == Found::Nothing).then_some(noun)
    }

    /// What is here and thought of: where something may be comes before what it is.
    fn thought_of(&self, words: &[&str]) -> Option<String> {
        let is_here = |noun: &String| {
            // `the ferry is safe` is no noun.
            let says = noun.split(' ').any(|word| STATES.contains(&word));
            !says
                && self.way_by_name(noun).is_none()
                && !["it", "that", "this"].contains(&noun.as_str())
                && matches!(
                    self.view.find(noun),
                    Found::Held(_)
                        | Found::Here(_)
                        | Found::Carried(..)
                        | Found::Inside(..)
                        | Found::Scenery(_)
                        | Found::Being(_)
                )
        };
        let leads = ["the", "a", "an", "his", "her", "my", "this", "that", "your"];
        (0..words.len()).rev().filter(|at| leads.contains(&words[*at])).find_map(|at| {
            (1..=3)
                .rev()
                .filter(|length| at + length < words.len())
                .find_map(|length| Some(words[at..=at + length].join(" ")).filter(is_here))
        })
    }
}
