//! The questions that every story is asked: what to do, how this is played, what time it is, what is here, what happened so far, which
//! ways there are. None of them needs anybody to answer.

use super::stock_questions::{HINTS, MANUAL, OPTIONS};
use super::time::asks_for_time_left;
use crate::reading::clause::Clause;
use crate::reading::verbs::Verb;
use crate::telling::Telling;
use crate::world::found::Found;
use crate::world::matter::matter;
use crate::world::naming::the;
use crate::world::texts::{capital, joined, sentences_about};

/// What asks how the player is.
const FEELING: &[&str] = &[
    "how do i feel",
    "how am i",
    "how am i feeling",
    "how am i doing",
    "am i ok",
    "am i okay",
    "am i hurt",
    "am i all right",
    "what do i look like",
    "how do i look",
];

/// What asks for what has happened.
pub(crate) const SO_FAR: &[&str] = &[
    "so far",
    "have i done",
    "did i do",
    "recap",
    "summary",
    "summarise",
    "summarize",
    "sum up",
    "my situation",
    "until now",
    "up to now",
    "have i been",
];

/// What asks for anything of use here.
const ANYTHING: &[&str] = &[
    "anything useful",
    "anything interesting",
    "anything else here",
    "anything to take",
    "anything worth",
    "anything of use",
];

/// Where anybody is asked for.
const NEARBY: &[&str] =
    &["here", "there", "home", "around", "about", "inside", "near", "watching", "following", "listening"];

/// What asks for everybody.
const EVERYBODY: &[&str] =
    &["where is everyone", "where is everybody", "where's everyone", "where's everybody", "where are all the people"];

/// What asks for the hour.
const HOUR: &[&str] = &["what time", "how late", "what hour", "the time"];

/// What asks for what the player has.
const BELONGINGS: &[&str] = &[
    "am i carrying",
    "what do i have",
    "what have i got",
    "what have i on me",
    "am i holding",
    "in my pocket",
    "in my bag",
    "in my inventory",
    "in my hand",
    "am i wearing",
    "do i own",
    "my belongings",
    "my possessions",
];

/// What asks for the place and what is in it.
const PLACE: &[&str] = &[
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
    "what's this room",
    "what is this room",
    "what kind of room is this",
    "what kind of place is this",
    "what is up here",
    "what's up here",
    "what can i see",
    "where are we",
];

/// What asks for who is here.
const COMPANY: &[&str] = &[
    "who is here",
    "who's here",
    "who else is here",
    "who else is there",
    "who else is around",
    "who else lives",
    "am i alone",
    "who lives here",
    "who lives around here",
    "who works here",
    "who is around",
    "can you hear me",
    "can anyone hear me",
    "can anybody hear me",
];

/// What asks for the ways out.
const WAYS: &[&str] = &[
    "which way",
    "another way",
    "other way",
    "way in",
    "where can i go",
    "where can we go",
    "where could i go",
    "where to go",
    "where else can",
    "which directions",
    "what directions",
    "what ways",
    "what are the exits",
    "what exits",
    "any exits",
    "way out",
    "where are the exits",
];

/// What asks who the player is.
const IDENTITY: &[&str] = &["who am i", "what am i", "what is my name", "what's my name"];

/// What asks for what is sold here.
const FOR_SALE: &[&str] =
    &["for sale", "do you sell", "do they sell", "what can i buy", "are you selling", "is sold here"];

impl Telling<'_> {
    /// The questions that every story is asked: what to do, what time it is, what is here, which ways there are.
    pub(crate) fn standing_question(&self, text: &str) -> Option<String> {
        self.how_to_play(text)
            .or_else(|| self.how_the_player_came_here(text))
            .or_else(|| self.whether_anybody_minds(text))
            .or_else(|| self.how_the_player_is(text))
            .or_else(|| has(text, SO_FAR).then(|| self.so_far()))
            .or_else(|| self.asked_of_duty(text))
            .or_else(|| self.heard_or_smelled(text))
            .or_else(|| self.asked_for_food(text))
            .or_else(|| self.asked_of_danger(text))
            .or_else(|| has(text, HINTS).then(|| self.hint()))
            .or_else(|| self.asked_for_people(text))
            .or_else(|| has(text, HOUR).then(|| self.time()))
            .or_else(|| has(text, BELONGINGS).then(|| self.inventory()))
            .or_else(|| has(text, PLACE).then(|| self.look()))
            .or_else(|| self.whether_it_is_held(text))
            .or_else(|| has(text, COMPANY).then(|| self.company()))
            .or_else(|| has(text, WAYS).then(|| self.ways_out()))
            .or_else(|| has(text, IDENTITY).then(|| self.who_the_player_is()))
            .or_else(|| self.asked_to_sell(text))
            .or_else(|| has(text, FOR_SALE).then(|| self.on_sale()))
    }

    /// How long there is, what can be done, and how this is played.
    fn how_to_play(&self, text: &str) -> Option<String> {
        if asks_for_time_left(text) {
            return Some(self.time_left());
        }
        if has(text, OPTIONS) {
            return Some(self.options());
        }
        if has(text, MANUAL) {
            return Some(self.manual());
        }
        has(text, ANYTHING).then(|| self.look())
    }

    /// `how did I get here?`, if the story says so.
    fn how_the_player_came_here(&self, text: &str) -> Option<String> {
        let asks = ["how did i get here", "how did i come here", "how did we get here", "why did i come"];
        has(text, &asks).then(|| self.background()).flatten()
    }

    /// `is that ok?`
    fn whether_anybody_minds(&self, text: &str) -> Option<String> {
        if !["is that ok", "is that okay", "is that all right", "is that alright", "is that fine"].contains(&text) {
            return None;
        }
        let Some(speaker) = self.view.speaker() else {
            let lines = ["No one here has anything against it.", "There is no one here to mind."];
            return Some(self.view.fresh(&lines).to_owned());
        };
        let who = capital(&speaker.call());
        let lines = [
            ("raises no objection", format!("{who} raises no objection.")),
            ("has anything against it", format!("{who} looks as if it were no matter at all.")),
        ];
        Some(self.view.fresh_by_stem(&lines).to_owned())
    }

    fn how_the_player_is(&self, text: &str) -> Option<String> {
        let state = [" now", " today"].iter().find_map(|end| text.strip_suffix(end)).unwrap_or(text);
        FEELING.contains(&state).then(|| self.describe("myself"))
    }

    /// `do I have to pay?`: what somebody here has words for, they are asked.
    fn asked_of_duty(&self, text: &str) -> Option<String> {
        let of_duty = has(text, &["do i have to ", "do i need to ", "need to do "]);
        let listener = self.view.speaker().filter(|listener| of_duty && self.has_words_for(listener, text))?;
        Some(self.talk_to(listener, text, Verb::Ask))
    }

    /// `what's that noise?`
    fn heard_or_smelled(&self, text: &str) -> Option<String> {
        let sense = asked_of_senses(text)?;
        Some(self.sensed(sense, if sense == Verb::Smell { "smell" } else { "listen" }))
    }

    /// `is there anything to eat?`
    fn asked_for_food(&self, text: &str) -> Option<String> {
        let of_food = has(text, &["to eat", "to drink", "any food", "something to eat", "hungry"]);
        let asks = ["is there", "do i have", "what is there", "where"].iter().any(|asks| text.starts_with(asks));
        if !of_food || !asks {
            return None;
        }
        let (verb, written) = if text.contains("drink") { (Verb::Drink, "drink") } else { (Verb::Eat, "eat") };
        let is_food =
            |item: &&String| ["kipper", "fish", "bread", "apple", "cake", "pie"].iter().any(|food| item.contains(food));
        let food = self.view.items.iter().find(is_food).filter(|_| verb == Verb::Eat);
        let clause = Clause { verb: Some(verb), written: written.to_owned(), ..Clause::default() };
        Some(food.map_or_else(|| self.idle(&clause, verb), |food| self.describe(food)))
    }

    /// `is anybody here?`, `where is everyone?`, `who are all these people?`
    fn asked_for_people(&self, text: &str) -> Option<String> {
        let has_word = |any: &[&str]| text.split_whitespace().any(|word| any.contains(&word));
        let asks_for_anybody =
            has_word(&["anyone", "anybody", "someone", "somebody"]) && has_word(NEARBY) && !is_about_more(text);
        if asks_for_anybody || has(text, EVERYBODY) {
            return Some(self.company());
        }
        let seen = ["all these people", "who are these people", "who are they all", "who are those people"];
        has(text, &seen).then(|| self.crowd().unwrap_or_else(|| self.look()))
    }

    /// `do I have the key?`
    fn whether_it_is_held(&self, text: &str) -> Option<String> {
        let noun = ["do i have ", "have i got ", "do i still have ", "am i carrying "]
            .iter()
            .find_map(|opening| text.strip_prefix(opening))
            .filter(|noun| !noun.starts_with("to "))?;
        Some(match self.view.find(noun) {
            Found::Held(item) => format!("You have {} with you.", the(item)),
            _ => format!("Not that you know of. {}", self.inventory()),
        })
    }

    /// `do you sell rope?`, where there is none.
    fn asked_to_sell(&self, text: &str) -> Option<String> {
        let noun =
            ["do you sell ", "are you selling ", "do you have "].iter().find_map(|sells| text.strip_prefix(sells))?;
        let listener = self.view.speaker()?;
        if !matches!(self.view.find(noun), Found::Nothing | Found::Elsewhere(_))
            || !text.contains("sell")
            || self.has_words_for(listener, noun)
            || ["here", "anything", "something", "things"].iter().any(|any| noun.starts_with(any))
        {
            return None;
        }
        let who = capital(&listener.call());
        Some(format!("{who} has no {noun} for sale. {}", self.can_be_asked(listener)))
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
}

/// Whether `text` has one of `parts`.
fn has(text: &str, parts: &[&str]) -> bool {
    parts.iter().any(|part| text.contains(part))
}

/// With which sense it is found what `what's that noise?` asks.
fn asked_of_senses(text: &str) -> Option<Verb> {
    let asks = text.starts_with("what") && text.split(' ').count() <= 6;
    let text = [" in here", " here", " in this room"].iter().find_map(|end| text.strip_suffix(end)).unwrap_or(text);
    match text.rsplit(' ').next() {
        Some(
            "noise" | "sound" | "chewing" | "ticking" | "ringing" | "creaking" | "snoring" | "humming" | "knocking"
            | "tapping" | "rustling" | "whispering",
        ) if asks => Some(Verb::Listen),
        Some("smell" | "stink" | "scent") if asks => Some(Verb::Smell),
        _ => None,
    }
}

/// Whether `is anybody buried here?` asks for more than company.
fn is_about_more(text: &str) -> bool {
    const NOTHING_MORE: &[&str] =
        &["watching", "following", "home", "inside", "near", "alive", "around", "living", "nearby", "listening"];
    matter(text).is_some_and(|word| !NOTHING_MORE.contains(&word))
}
