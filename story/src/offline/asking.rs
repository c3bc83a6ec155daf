//! Questions that the player asks, of somebody here or of nobody. The answer never changes anything.

use super::clause::Clause;
use super::entries::{Being, Way};
use super::found::Found;
use super::going::capital;
use super::naming::{clean, from_here, head, is_or_are, the};
use super::script::is_about;
use super::telling::Telling;
use super::time::asks_for_time_left;
use super::verbs::Verb;
use crate::world::{Fit, fit, words};

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
    "the point of",
    "do i have to",
    "can i try",
    "how do i",
    "how can i",
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
        if let Some(answer) = self.asked_of_closed_way(text) {
            return answer;
        }
        if let Some(way) = self.way_asked_for(text) {
            return way;
        }
        if let Some(answer) = self.asked_what_is_inside(text) {
            return answer;
        }
        if let Some(answer) = self.standing_question(text) {
            return answer;
        }
        if let Some(answer) = self.polite_request(text) {
            return answer;
        }
        let noun = question_noun(text);
        let listener = self.view.speaker();
        let says_you = text.split_whitespace().any(|word| ["you", "your", "you're", "yours"].contains(&word));
        let of_theirs = self.asked_about(text).filter(|noun| noun.starts_with("your "));
        if let Some(noun) = of_theirs {
            return self.describe(&noun);
        }
        if let Some(listener) = listener.filter(|_| says_you && !text.starts_with("do you see")) {
            return self.talk_to(listener, text, Verb::Ask);
        }
        // Why something is so, somebody who is there may know.
        let knows = |listener: &&Being| text.starts_with("why") && !listener.is_speechless();
        if let Some(listener) = listener.filter(knows) {
            return self.talk_to(listener, text, Verb::Ask);
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
        let asks_somebody = [
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
        if let Some(listener) = listener.filter(|_| asks_somebody.iter().any(|opening| text.starts_with(opening))) {
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
        if let Some(listener) = listener {
            return self.talk_to(listener, text, Verb::Talk);
        }
        let lines = [
            "You ask yourself that, and have no answer yet.",
            "It is a good question, and there is nobody here to put it to.",
            "You keep the question for somebody who may know.",
            "There is an answer to that, but it is not lying about here.",
            "You would give something to know.",
            "You turn the question over, and it comes up the same on the other side.",
            "Somebody may know, but not here.",
        ];
        format!("{} {}", self.view.fresh(&lines), self.could_try())
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
        if has(&["who am i", "what am i"]) {
            return Some(self.describe("myself"));
        }
        None
    }

    /// `who lives in that cottage?`, where the cottage is next door.
    fn who_is_there(&self, text: &str) -> Option<String> {
        let place = ["lives in ", "live in ", "is in ", "lives at ", "is at ", "lives there", "lives up "]
            .iter()
            .find_map(|word| Some(text.split_once(word)?.1))
            .filter(|place| text.starts_with("who") && !place.is_empty())?;
        let place = clean_noun(place);
        let way =
            self.way_by_name(&place).or_else(|| self.way_next_door(&place)).filter(|way| way.blocked.is_none())?;
        let lines = [
            "You would have to go and see:",
            "There is one way to find out:",
            "You could look in:",
            "That can be asked there:",
        ];
        Some(format!(
            "{} {} {} {}.",
            self.view.fresh(&lines),
            the(&way.place),
            is_or_are(&way.place),
            from_here(&way.direction)
        ))
    }

    /// The way to the place of `how do I get to the quay` and `which way is the mayor's house`.
    fn way_asked_for(&self, text: &str) -> Option<String> {
        let openings = [
            "leads to ",
            "lead to ",
            "lead me to ",
            "leads into ",
            "get to ",
            "way is ",
            "way to ",
            "go to ",
            "way back to ",
            "reach ",
        ];
        let place = openings.iter().find_map(|opening| Some(text.split_once(opening)?.1))?;
        let place = self.view.home_of(place).unwrap_or_else(|| place.to_owned());
        let place = self.known_by_another_name(&place).unwrap_or(place);
        let step = || self.first_step_to(&place).or_else(|| self.next_door(&place));
        match self.way_by_name(&place) {
            Some(way) if way.blocked.is_none() => {
                Some(format!("{} {} {}.", capital(&the(&way.place)), is_or_are(&way.place), from_here(&way.direction)))
            }
            _ => step(),
        }
    }

    /// What is here and meant by `is the metronome running`, `how deep is the water` and `whose cup is that`: the first noun that is known.
    fn asked_about(&self, text: &str) -> Option<String> {
        let all: Vec<&str> = text.split_whitespace().collect();
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

    pub(super) fn whereabouts(&self, noun: &str) -> Option<String> {
        if let Some(way) = self.view.open_ways().find(|way| fit(noun, &way.place).is_some()) {
            return Some(format!("{} is {}.", capital(&the(&way.place)), from_here(&way.direction)));
        }
        match self.view.find(noun) {
            Found::Being(being) => Some(format!("{} is right here.", capital(&being.call()))),
            Found::Held(item) => Some(format!("You have {} with you.", the(item))),
            Found::Here(item) => Some(format!("{} is here, within reach.", capital(&the(item)))),
            Found::Carried(being, item) => Some(format!("{} has {}.", capital(&being.call()), the(item))),
            Found::Inside(vessel, item) => Some(format!("{} is in {}.", capital(&the(item)), the(vessel))),
            Found::Way(way) if way.blocked.is_none() => {
                Some(format!("{} is {}.", capital(&the(&way.place)), from_here(&way.direction)))
            }
            Found::Scenery(word) => {
                Some(format!("{} {} here, for everybody to see.", capital(&the(&word)), is_or_are(&word)))
            }
            Found::Nothing => self.next_door(noun),
            Found::Elsewhere(name) => {
                let place = self.view.elsewhere.iter().find(|(person, _)| fit(&name, person).is_some());
                Some(match place {
                    Some((_, place)) => format!("{name} is at {}, as far as you know. {}", the(place), self.ways_out()),
                    None => format!(
                        "{} is not here. {}",
                        capital(&if self.is_person(&name) { name.clone() } else { the(&name) }),
                        self.ways_out()
                    ),
                })
            }
            _ => None,
        }
    }

    /// Which way `noun` is to be found, if what can be seen of a neighbouring place names it.
    pub(super) fn next_door(&self, noun: &str) -> Option<String> {
        let way = self.way_next_door(noun)?;
        Some(format!(
            "You would look for {} {}, by {}.",
            the(&clean_noun(noun)),
            from_here(&way.direction),
            the(&way.place)
        ))
    }

    /// The open way to the place of which `noun` is a part, as far as one can see from here.
    pub(super) fn way_next_door(&self, noun: &str) -> Option<&Way> {
        let noun_words = words(noun);
        let names_it = |text: &str| {
            !noun_words.is_empty() && words(text).windows(noun_words.len()).any(|window| window == noun_words)
        };
        self.view.open_ways().find(|way| {
            self.view.place_named(&way.place).is_some_and(|(key, place)| {
                [&place.preview, &place.description]
                    .iter()
                    .any(|text| names_it(&self.view.certain(text, key, &place.name)))
            })
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

/// A noun without its article.
fn clean_noun(noun: &str) -> String {
    ["the ", "a ", "an ", "my ", "your ", "that ", "this "]
        .iter()
        .find_map(|article| noun.strip_prefix(article))
        .unwrap_or(noun)
        .to_owned()
}
