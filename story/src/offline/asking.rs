//! Questions that the player asks, of somebody here or of nobody. The answer never changes anything.

use super::clause::Clause;
use super::found::Found;
use super::going::capital;
use super::matter::matter;
use super::naming::{clean, head, the};
use super::script::is_about;
use super::telling::Telling;
use super::texts::{joined, sentences_about};
use super::time::asks_for_time_left;
use super::verbs::Verb;
use super::vocabulary::direction;
use crate::world::{Fit, fit};

/// What asks for everything that could be done.
const OPTIONS: &[&str] = &[
    "i can do",
    "can i do",
    "i could do",
    "what can i do",
    "what could i do",
    "what can we do",
    "my options",
    "what is there to do",
    "what can i try",
    "what can i use",
    "what could i try",
    "what may i do",
];

/// What asks for what to do next.
const HINTS: &[&str] = &[
    "what should",
    "what now",
    "what do i do",
    "what am i supposed",
    "how do i win",
    "what next",
    "how do i play",
    "where should",
    "where do i go",
    "how do i get",
    "what must",
    "need to do",
    "my job",
    "my task",
    "my goal",
    "why am i here",
    "what am i doing",
    "what brings me",
    "what brought me",
    "what is this about",
    "what is the story",
    "the point of",
    "do i have to",
    "can i try",
    "how do i",
    "how can i",
];

/// How a question begins that somebody who is there is to answer.
const ASKS_SOMEBODY: &[&str] = &[
    "can you",
    "could you",
    "would you",
    "will you",
    "can i have",
    "can i borrow",
    "could i have",
    "could i borrow",
    "may i have",
    "may i borrow",
    "do you",
];

impl Telling<'_> {
    /// A question to nobody in particular. It never changes anything.
    pub(super) fn question(&self, clause: &Clause) -> String {
        let text = clause.rest.as_str();
        if let Some(Found::Being(being)) = clause.objects.first().map(|address| self.view.find(address)) {
            return self.talk_to(being, text, Verb::Ask);
        }
        if text.split(' ').any(|word| ["hell", "fuck", "fucking", "damn", "wtf"].contains(&word)) {
            return self.sworn();
        }
        if let Some(answer) = self.of_the_world(text) {
            return answer;
        }
        let noun = question_noun(text);
        let listener = self.view.speaker();
        if let Some(answer) = self.asked_about_somebody(text) {
            return answer;
        }
        // Who takes money knows what it costs.
        if let Some(listener) = listener.filter(|_| asks_for_price(text)) {
            return self.talk_to(listener, text, Verb::Ask);
        }
        let says_you = text.split_whitespace().any(|word| ["you", "your", "you're", "yours"].contains(&word));
        let of_theirs = self.asked_about(text).filter(|noun| noun.starts_with("your "));
        if let Some(noun) = of_theirs {
            return self.describe(&noun);
        }
        if let Some(listener) = listener.filter(|_| says_you && !text.starts_with("do you see")) {
            return self.talk_to(listener, text, Verb::Ask);
        }
        // Why something is so, somebody who is there may know; what they do not speak of can perhaps be seen.
        if let Some(listener) = listener.filter(|_| text.starts_with("why")) {
            let seen = self.asked_about(text).filter(|_| !self.has_words_for(listener, text));
            return seen.map_or_else(|| self.talk_to(listener, text, Verb::Ask), |noun| self.describe(&noun));
        }
        if let Some(place) = text.starts_with("where").then(|| self.whereabouts(&noun)).flatten() {
            return place;
        }
        let lore = self.script.lore.iter().find(|lore| lore.when.fits(self.view) && is_about(text, &lore.about));
        if let Some(lore) = lore {
            return self.view.next(&lore.text).to_owned();
        }
        if text.starts_with("who")
            || text.starts_with("what is")
            || text.starts_with("what's")
            || text.starts_with("what are")
        {
            let found = self.view.find(&noun);
            if let Some(answer) = self.who_is_there(text) {
                return answer;
            }
            if !matches!(found, Found::Nothing | Found::Elsewhere(_) | Found::Several(_)) && !noun.is_empty() {
                return self.describe(&noun);
            }
        }
        if let Some(listener) = listener.filter(|_| ASKS_SOMEBODY.iter().any(|opening| text.starts_with(opening))) {
            return self.talk_to(listener, text, Verb::Ask);
        }
        if ["can", "could", "may", "shall", "should", "might"].iter().any(|may| text.starts_with(may)) {
            let lines = [
                "You could try it and see.",
                "There is one way to find out.",
                "Nothing has been done yet; you have only wondered.",
                "That would be for you to do, and not only to ask.",
            ];
            return format!("{} {}", self.view.fresh(&lines), self.could_try());
        }
        // What people think and know, people are asked.
        let of_minds = text.split_whitespace().any(|word| ["think", "know", "say", "believe", "feel"].contains(&word));
        if let Some(noun) = self.asked_about(text).filter(|_| listener.is_none() || !of_minds) {
            return self.describe(&noun);
        }
        if let Some(thing) = self.thing_asked_about(text).filter(|_| listener.is_none()) {
            return thing;
        }
        if let Some(answer) =
            self.seen_of(text).filter(|_| listener.is_none_or(|listener| !self.has_words_for(listener, text)))
        {
            return answer;
        }
        if let Some(listener) = listener {
            return self.talk_to(listener, text, Verb::Ask);
        }
        // `who lives up there?`
        let toward = text.split(' ').find_map(direction).filter(|_| text.starts_with("wh") && text.contains("there"));
        if let Some(direction) = toward {
            return self.look_toward(direction);
        }
        if ["what happened", "what has happened", "what is going on", "what's going on", "what is happening"]
            .iter()
            .any(|asks| text.starts_with(asks))
            && let Some(background) = self.background()
        {
            return format!("{background} {}", self.could_try());
        }
        if text.starts_with("where ") {
            return format!("That you would have to find. {}", self.ways_out());
        }
        let sought = ["is there ", "is that ", "are there ", "do i see ", "can i see "];
        if let Some(noun) = sought.iter().find_map(|opening| text.strip_prefix(opening)) {
            let ends = [" over there", " in here", " in there", " out there", " around here", " around", " nearby"];
            let noun = ends.iter().fold(noun, |noun, end| noun.strip_suffix(end).unwrap_or(noun));
            return self.describe(noun);
        }
        self.unanswered(text)
    }

    /// What the world answers whoever is there: ways, what is inside, what can be done.
    fn of_the_world(&self, text: &str) -> Option<String> {
        // `is there another way to get the boots?` asks for no way out.
        let is_there = || text.starts_with("is there ").then(|| self.possible(text)).flatten();
        self.asked_of_closed_way(text)
            .or_else(|| self.where_leads(text))
            .or_else(is_there)
            .or_else(|| self.way_asked_for(text))
            .or_else(|| self.asked_what_is_inside(text))
            .or_else(|| self.standing_question(text))
            .or_else(|| self.polite_request(text))
            .or_else(|| self.possible(text))
    }

    /// `what are you making?`, `is he awake?`: what can be seen of somebody, unless they have words of their own for it.
    fn asked_about_somebody(&self, text: &str) -> Option<String> {
        let all: Vec<&str> = text.split_whitespace().collect();
        let has = |any: &[&str]| all.iter().any(|word| any.contains(word));
        if has(&["you", "your"]) {
            let listener = self.view.speaker().filter(|listener| !self.has_words_for(listener, text))?;
            let asks = text.contains("who are you")
                || text.contains("what are you")
                || text.contains("your name")
                || has(&["doing", "making", "wearing", "holding", "carrying"]);
            return asks.then(|| self.introduced(listener));
        }
        // `can the cat come with me?`
        let helps = ["can", "could", "will", "would", "does", "did", "has", "is", "was", "may"];
        let subject = all.split_first().filter(|(first, rest)| helps.contains(first) && !rest.is_empty()).and_then(
            |(_, rest)| {
                (1..=rest.len().min(3)).rev().find_map(|length| match self.view.find(&rest[..length].join(" ")) {
                    Found::Being(being) if !["it", "that", "this"].contains(&rest[0]) => Some(being),
                    _ => None,
                })
            },
        );
        if let Some(being) = subject.filter(|being| being.is_speechless() || !self.has_words_for(being, text)) {
            let who = capital(&being.call());
            let lines = [
                (" alone knows, and does not say", format!("{who} alone knows, and does not say.")),
                ("That is up to", format!("That is up to {who}.")),
                ("would show you, if it came to that", format!("{who} would show you, if it came to that.")),
            ];
            return Some(format!("{} {}", self.view.fresh_by_stem(&lines), self.describe(&being.name.to_lowercase())));
        }
        let pronoun = all.iter().take(3).find(|word| ["he", "she", "he's", "she's"].contains(word))?;
        match self.view.find(pronoun.trim_end_matches("'s")) {
            Found::Being(being) if !self.has_words_for(being, text) => Some(self.describe(&being.name.to_lowercase())),
            _ => None,
        }
    }

    /// The questions that every story is asked: what to do, what time it is, what is here, which ways there are.
    fn standing_question(&self, text: &str) -> Option<String> {
        let has = |parts: &[&str]| parts.iter().any(|part| text.contains(part));
        if asks_for_time_left(text) {
            return Some(self.time_left());
        }
        if has(OPTIONS) {
            return Some(self.options());
        }
        if has(HINTS) {
            return Some(self.hint());
        }
        let has_word = |any: &[&str]| text.split_whitespace().any(|word| any.contains(&word));
        if has_word(&["anyone", "anybody", "someone", "somebody"])
            && has_word(&["here", "there", "home", "around", "about", "inside", "near"])
            && !is_about_more(text)
        {
            return Some(self.company());
        }
        if has(&["what time", "how late", "what hour", "the time"]) {
            return Some(self.time());
        }
        if has(&[
            "am i carrying",
            "what do i have",
            "what have i got",
            "what have i on me",
            "am i holding",
            "in my pocket",
            "am i wearing",
        ]) {
            return Some(self.inventory());
        }
        if has(&[
            "where am i",
            "what is here",
            "what's around",
            "what is around",
            "what is there here",
            "what's down here",
            "what is down here",
            "what's up here",
            "what's in here",
            "what is in here",
            "what's here",
            "what do i see",
            "what is this place",
            "what can i see",
            "where are we",
        ]) {
            return Some(self.look());
        }
        let mine = ["do i have ", "have i got ", "do i still have ", "am i carrying "]
            .iter()
            .find_map(|opening| text.strip_prefix(opening));
        if let Some(noun) = mine.filter(|noun| !noun.starts_with("to ")) {
            return Some(match self.view.find(noun) {
                Found::Held(item) => format!("You have {} with you.", the(item)),
                _ => format!("Not that you know of. {}", self.inventory()),
            });
        }
        if has(&["who is here", "who's here", "who else", "am i alone"]) {
            return Some(self.company());
        }
        if has(&[
            "which way",
            "another way",
            "other way",
            "way in",
            "where can i go",
            "what exits",
            "any exits",
            "way out",
            "where are the exits",
        ]) {
            return Some(self.ways_out());
        }
        if has(&["who am i", "what am i", "what is my name", "what's my name"]) {
            return Some(self.describe("myself"));
        }
        if has(&["for sale", "do you sell", "do they sell", "what can i buy", "are you selling", "is sold here"]) {
            return Some(self.on_sale());
        }
        None
    }

    /// What is sold here: what the place says of it, and what lies about.
    fn on_sale(&self) -> String {
        let said =
            ["sell", "stall", "shelf", "tag", "bar"].iter().map(|word| sentences_about(&self.view.description, word));
        let said = said.into_iter().find(|said| !said.is_empty()).unwrap_or_else(|| self.view.description.clone());
        let items: Vec<String> = self.view.items.iter().map(|item| the(item)).collect();
        let items =
            if items.is_empty() { String::new() } else { format!(" Within reach there is {}.", joined(&items, "and")) };
        format!("{said}{items}")
    }

    /// What is here and meant by `is the metronome running`, `how deep is the water` and `whose cup is that`: the first noun that is known.
    fn asked_about(&self, text: &str) -> Option<String> {
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
                (articles.contains(&rest[0]) || is_thing(noun) || is_item) && is_here(noun)
            };
            (1..=rest.len().min(3)).rev().map(|length| rest[..length].join(" ")).find(is_named)
        })
    }
}

/// What a question is about: its words without those that ask.
fn question_noun(text: &str) -> String {
    let asking = [
        "who", "what", "where", "when", "why", "how", "which", "is", "are", "was", "were", "does", "do", "did", "can",
        "i", "find", "get", "could", "who's", "what's", "where's", "go", "see", "would", "should", "has", "have",
        "you",
    ];
    clean(&text.split_whitespace().skip_while(|word| asking.contains(word)).collect::<Vec<_>>().join(" "))
}

/// Whether it is asked what something costs.
pub(super) fn asks_for_price(text: &str) -> bool {
    ["how much", "what does it cost", "the price", "the fare", "what do i owe", "the fee", "how expensive"]
        .iter()
        .any(|part| text.contains(part))
        && !text.contains("how much time")
}

/// Whether `is anybody buried here?` asks for more than company.
fn is_about_more(text: &str) -> bool {
    const COMPANY: &[&str] = &["home", "inside", "near", "alive", "around", "living", "nearby", "listening"];
    matter(text).is_some_and(|word| !COMPANY.contains(&word))
}
