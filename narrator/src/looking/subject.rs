//! What a question is about: the thing, the direction or the price that it asks for, found without answering it.

use story::{Fit, fit};

use crate::reading::vocabulary::{PREPOSITIONS, direction};
use crate::telling::Telling;
use crate::world::found::Found;
use crate::world::naming::{clean, head};

impl Telling<'_> {
    /// The thing of a question for what it is or looks like, if it is here and the story describes it here.
    pub(crate) fn seen_and_asked_about(&self, text: &str) -> Option<String> {
        const LOOKS: &[&str] = &[
            "what is ",
            "what's ",
            "what are ",
            "who is on ",
            "who's on ",
            "who's sitting",
            "who is sitting",
            "who sits",
            "is ",
            "are ",
            "does ",
            "do ",
            "how many ",
            "how big",
            "how deep",
            "how cold",
            "how wide",
            "how high",
            "how large",
            "how old is",
            "how old are",
            "how heavy",
            "how tall",
            "what colour",
            "what color",
            "what kind",
            "what sort",
            "what does ",
            "what do ",
            "whose ",
        ];
        let of_minds = ["think", "know", "say", "believe", "feel", "want"]
            .iter()
            .any(|word| text.split(' ').any(|own| own == *word));
        if of_minds || !LOOKS.iter().any(|look| text.starts_with(look)) {
            return None;
        }
        let Some(noun) = self.asked_about(text) else { return self.monster_asked_about(text) };
        let is_described = self.script.things.iter().any(|thing| {
            self.view.fits(&thing.when)
                && thing.when.at.is_some()
                && thing.names.iter().any(|name| fit(&noun, name) == Some(Fit::Whole))
        });
        let is_thing = matches!(self.view.find(&noun), Found::Held(_) | Found::Here(_) | Found::Carried(..));
        (is_described || is_thing).then_some(noun)
    }

    /// The monster that `who is sitting on that chair` speaks of.
    fn monster_asked_about(&self, text: &str) -> Option<String> {
        let last = text.split_whitespace().next_back()?;
        match self.view.find(last) {
            Found::Being(being) if being.is_monster => Some(last.to_owned()),
            _ => None,
        }
    }

    /// What is here and meant by `is the metronome running`, `how deep is the water` and `whose cup is that`: the first noun that is known.
    pub(crate) fn asked_about(&self, text: &str) -> Option<String> {
        let all: Vec<&str> = text.split_whitespace().filter(|word| *word != ",").collect();
        // What is found must be what the noun ends with: `the water cold` is no noun.
        let is_here = |noun: &str| {
            let found = match self.view.find(noun) {
                Found::Held(item) | Found::Here(item) | Found::Carried(_, item) | Found::Inside(_, item) => {
                    item.to_owned()
                }
                Found::Scenery(word) => word,
                _ => return false,
            };
            !["it", "this", "that", "one"].contains(&noun) && head(&found) == head(noun)
        };
        let articles = ["the", "a", "an", "my", "your", "his", "her", "this", "that", "these", "those"];
        let is_thing = |noun: &str| {
            self.script.things.iter().any(|thing| thing.names.iter().any(|name| fit(noun, name) == Some(Fit::Whole)))
        };
        (0..all.len()).find_map(|start| {
            let rest = &all[start..];
            let is_named = |noun: &String| {
                let is_item = matches!(self.view.find(noun), Found::Held(_) | Found::Here(_) | Found::Carried(..));
                // `a bell under the water` is a bell.
                let ends_open = noun.rsplit(' ').next().is_some_and(|last| PREPOSITIONS.contains(&last));
                (articles.contains(&rest[0]) || is_thing(noun) || is_item) && !ends_open && is_here(noun)
            };
            (1..=rest.len().min(3)).rev().map(|length| rest[..length].join(" ")).find(is_named)
        })
    }
}

/// How somebody is asked to tell, or to know.
pub(crate) const TELL: &[&str] = &[
    "can you tell me ",
    "could you tell me ",
    "can you please tell me ",
    "could you please tell me ",
    "would you tell me ",
    "will you tell me ",
    "can you explain me ",
    "can you explain to me ",
    "could you explain to me ",
    "could you explain me ",
    "can you say me ",
    "can you tell to me ",
    "can you explain ",
    "could you explain ",
    "do you know ",
    "would you know ",
    "any idea ",
    "do you have any idea ",
    "may i ask ",
    "can i ask ",
    "can i ask you ",
    "may i ask you ",
    "could i ask you ",
    "might i ask ",
    "might i know ",
    "can anyone tell me ",
    "can somebody tell me ",
    "can someone tell me ",
    "could somebody tell me ",
    "could someone tell me ",
    "could anyone tell me ",
    "would somebody tell me ",
    "would someone tell me ",
];

/// `what the clock says` of `could you tell me what the clock says`: what is asked, where somebody is asked to tell or to know it.
pub(crate) fn indirect(text: &str) -> &str {
    let asks = ["what", "who", "where", "why", "how", "when", "which", "if", "whether"];
    let asked = TELL.iter().find_map(|opening| text.strip_prefix(opening));
    asked.filter(|asked| asks.contains(&asked.split(' ').next().unwrap_or_default())).unwrap_or(text)
}

/// The direction of `what's upstairs?` and `what is to the north?`.
pub(crate) fn direction_asked_about(text: &str) -> Option<&'static str> {
    let asks = ["what's ", "what is ", "what lies ", "who's ", "who is ", "who lives ", "what do i see "]
        .iter()
        .find_map(|asks| text.strip_prefix(asks))?;
    let words: Vec<&str> = asks
        .split(' ')
        .filter(|word| !["to", "the", "of", "here", "me", "from", "there", "over"].contains(word))
        .collect();
    match words.as_slice() {
        [one] => direction(one),
        _ => None,
    }
}

/// What a question is about: its words without those that ask.
pub(crate) fn question_noun(text: &str) -> String {
    let asking = [
        "who", "what", "where", "when", "why", "how", "which", "is", "are", "was", "were", "does", "do", "did", "can",
        "i", "find", "get", "could", "who's", "what's", "where's", "go", "see", "would", "should", "has", "have",
        "you",
    ];
    let text = text.strip_suffix(" take").or_else(|| text.strip_suffix(" last")).unwrap_or(text);
    clean(&text.split_whitespace().skip_while(|word| asking.contains(word)).collect::<Vec<_>>().join(" "))
}

/// Whether it is asked what something costs.
pub(crate) fn asks_for_price(text: &str) -> bool {
    [
        "how much",
        "how many cost",
        "how many does it cost",
        "what costs",
        "what does it cost",
        "the price",
        "the fare",
        "what do i owe",
        "the fee",
        "how expensive",
    ]
    .iter()
    .any(|part| text.contains(part))
        && !text.contains("how much time")
}
