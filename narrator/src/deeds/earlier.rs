//! Words that stand for what an earlier turn named or did: `do the same with the lamp`, `again`, `go there`, `the other one`, `that
//! thing`. The message is read with what they stand for in their place.

use super::going::moved;
use crate::reading::sentence::clauses;
use crate::reading::verbs::verb_at;
use crate::reading::vocabulary::QUESTION_WORDS;
use crate::telling::Telling;
use crate::world::entries::Way;
use crate::world::found::Found;
use crate::world::naming;
use crate::world::texts::mentions;

/// What repeats the last deed.
const AGAIN: &[&str] =
    &["again", "g", "do it again", "do that again", "once more", "one more time", "repeat", "same again", "try again"];

/// How a deed is begun that is the last one, done to something else.
const SAME: &[&str] = &[
    "do the same thing with ",
    "do the same with ",
    "do the same to ",
    "do the same for ",
    "same with ",
    "the same with ",
    "the same for ",
];

/// Where `there` stands for a place.
const THERE: &[&str] = &[
    "go there",
    "go over there",
    "let's go there",
    "go in there",
    "go up there",
    "go down there",
    "walk there",
    "walk over there",
    "back there",
    "go back there",
    "take me there",
    "bring me there",
    "i go there",
    "i want to go there",
    "run there",
    "head there",
    "i'll go there",
    "lead me there",
    "let's head there",
];

/// Questions of what is in a place that was spoken of.
const IN_THERE: &[&str] = &[
    "what's in there",
    "what is in there",
    "what's there",
    "who lives there",
    "who's in there",
    "who is in there",
    "who is there",
    "what's up there",
    "what is up there",
];

impl Telling<'_> {
    /// `ask Maud who it is` of `who is it?`, where she has just said `Ask me who it is`.
    pub(crate) fn asked_for_by_somebody(&self, message: &str) -> Option<String> {
        let plain = message.to_lowercase().replace('\u{2019}', "'").replace(['.', '!', '?'], "");
        let listener = self.view.speaker()?;
        let heard = self.view.heard.last()?.to_lowercase();
        let (_, wish) = heard.rsplit_once("ask me ")?;
        let wish = wish.split(['.', ',', '\'', '!', '?']).next()?;
        let wished: Vec<&str> = wish.split_whitespace().collect();
        let plain = plain.replace("who's", "who is").replace("what's", "what is");
        let asked: Vec<&str> = plain
            .split_whitespace()
            .filter(|word| !["so", "ok", "and", "then", "well", "please", ","].contains(word))
            .collect();
        let is_same = asked.first() == wished.first()
            && QUESTION_WORDS.contains(asked.first()?)
            && asked.iter().all(|word| wished.contains(word));
        is_same.then(|| format!("ask {} {wish}", listener.name))
    }

    /// `message` with what it takes from an earlier turn in full.
    pub(crate) fn with_earlier(&self, message: &str) -> String {
        let plain = message.to_lowercase().replace('\u{2019}', "'");
        let plain = plain.trim().trim_end_matches(['.', '!', '?']).trim();
        let last = || self.last_words().map(str::to_owned);
        // `is it locked?`, before anything was named, is asked of the door.
        let of_door =
            ["is it locked", "is it open", "is it closed", "is it unlocked", "open it", "knock on it"].contains(&plain);
        if of_door
            && self.view.find("it") == Found::Nothing
            && matches!(self.view.find("door"), Found::Scenery(_) | Found::Way(_))
        {
            let words = plain.split(' ').map(|word| if word == "it" { "the door" } else { word });
            return words.collect::<Vec<_>>().join(" ") + if plain.starts_with("is ") { "?" } else { "" };
        }
        if AGAIN.contains(&plain) {
            return last().unwrap_or_else(|| message.to_owned());
        }
        let same = plain.strip_prefix("i ").unwrap_or(plain);
        if let Some(noun) = SAME.iter().find_map(|same_with| same.strip_prefix(same_with))
            && let Some(clause) = last().and_then(|last| clauses(&last).into_iter().next())
            && clause.verb.is_some()
        {
            return format!("{} {noun}", clause.written);
        }
        let bare = ["please ", "ok ", "okay ", "then ", "so "]
            .iter()
            .find_map(|call| plain.strip_prefix(call))
            .unwrap_or(plain);
        let has_just_gone =
            self.view.heard.last().is_some_and(|heard| heard.starts_with("You ") && moved(heard).is_some());
        if THERE.contains(&bare) && has_just_gone && bare.contains("back") {
            return "go back".to_owned();
        }
        if THERE.contains(&bare)
            && !has_just_gone
            && let Some(way) = self.way_spoken_of()
        {
            return format!("go {}", way.direction);
        }
        if IN_THERE.contains(&bare)
            && let Some(way) = self.way_spoken_of()
        {
            return format!("what is {}?", way.direction);
        }
        if let Some(noun) = plain.strip_suffix(" please").map(|noun| noun.trim_end_matches(','))
            && noun.split(' ').count() <= 3
            && verb_at(&noun.split(' ').collect::<Vec<_>>()).is_none()
            && matches!(self.view.find(noun), Found::Here(item) if !self.view.is_fixed(item))
        {
            return if self.view.speaker().is_some() { format!("can I have {noun}?") } else { format!("take {noun}") };
        }
        if let Some(told) = self.with_another_one(plain).or_else(|| self.all_but(plain)) {
            return told;
        }
        let message = self.with_topic(message);
        self.with_other_one(&message)
    }

    /// `take the napkin` of `take another one`, behind `take one of the napkins`.
    fn with_another_one(&self, plain: &str) -> Option<String> {
        const ONES: &[&str] = &[
            " another one",
            " another",
            " one more",
            " some more",
            " one of them",
            " some of them",
            " a few of them",
            " a few",
            " the rest",
            " one of those",
            " some of those",
            " one",
        ];
        let verb = ONES.iter().find_map(|one| plain.strip_suffix(one))?;
        let words: Vec<&str> = verb.split(' ').collect();
        if verb_at(&words).is_none_or(|(_, length)| length != words.len()) {
            return None;
        }
        let last = clauses(self.last_words()?).into_iter().next()?;
        let noun = naming::clean(last.objects.first()?);
        let noun = noun.rsplit_once(" of ").map_or(noun.as_str(), |(_, whole)| naming::without_article(whole));
        let is_here = matches!(self.view.find(noun), Found::Here(_) | Found::Scenery(_) | Found::Carried(..));
        (is_here && noun != "it").then(|| format!("{verb} the {noun}"))
    }

    /// `take the stamp` of `take all but the lamp`.
    fn all_but(&self, plain: &str) -> Option<String> {
        let (before, without) = [" but not ", " but ", " except for ", " except ", " apart from "]
            .iter()
            .find_map(|but| plain.split_once(but))?;
        let verb = [" all", " everything", " all of it", " it all"].iter().find_map(|all| before.strip_suffix(all))?;
        let is_put = ["drop", "put down", "give", "hand", "show"].iter().any(|put| verb.starts_with(put));
        let things = if is_put { &self.view.held } else { &self.view.items };
        let excepted = naming::clean(without);
        let others = things
            .iter()
            .filter(|thing| !self.view.is_fixed(thing) && story::fit(&excepted, thing).is_none())
            .map(|thing| naming::the(thing));
        let others: Vec<String> = others.collect();
        Some(format!("{verb} {}", if others.is_empty() { "nothing".to_owned() } else { others.join(" and ") }))
    }

    /// `how big is the moon?` of `how big is it?`, where somebody was asked about the moon just now.
    fn with_topic(&self, message: &str) -> String {
        let words: Vec<&str> = message.split_whitespace().collect();
        let asks = words.first().is_some_and(|first| QUESTION_WORDS.contains(&first.to_lowercase().as_str()));
        let bare = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        let it = words.iter().position(|word| bare(word) == "it");
        let topic = self
            .last_words()
            .and_then(|said| Some(said.split_once(" about ")?.1.trim_end_matches(['.', '?', '!']).to_owned()));
        let is_noun = |topic: &String| {
            topic.split(' ').count() <= 3 && !["him", "her", "it", "them", "that", "this"].contains(&topic.as_str())
        };
        match (it, topic.filter(is_noun)) {
            (Some(at), Some(topic))
                if asks
                    && words.len() <= 8
                    && self.view.speaker().is_some()
                    && self.view.person_elsewhere(&topic).is_none() =>
            {
                let end = &words[at][2..];
                [words[..at].join(" "), format!("{topic}{end}"), words[at + 1..].join(" ")].join(" ").trim().to_owned()
            }
            _ => message.to_owned(),
        }
    }

    /// The only open way of whose place or direction the player, or the answer to them, spoke last.
    fn way_spoken_of(&self) -> Option<&Way> {
        let of = |text: &str| {
            let mut spoken = self.view.open_ways().filter(|way| mentions(text, &way.place));
            spoken.next().filter(|_| spoken.next().is_none())
        };
        let named = || {
            let said = clauses(self.last_words()?);
            let nouns = said.iter().flat_map(|clause| clause.objects.iter().chain([&clause.second, &clause.rest]));
            nouns.filter(|noun| !noun.is_empty()).find_map(|noun| match self.view.find(noun) {
                Found::Way(way) if way.blocked.is_none() => self.way_by_direction(&way.direction),
                _ => None,
            })
        };
        let asked = self.last_words()?;
        of(asked).or_else(named).or_else(|| self.view.heard.last().copied().and_then(of))
    }

    /// `take the stamp` of `take the other one`, where the lamp was named and the stamp is what else lies here.
    fn with_other_one(&self, message: &str) -> String {
        let said = self.last_words().unwrap_or_default();
        let mut others = self.view.items.iter().filter(|item| !self.view.is_fixed(item) && !mentions(said, item));
        let other = others.next().filter(|_| others.next().is_none());
        let put = |message: &str, words: &str, noun: &str| {
            let at = message.to_lowercase().find(words)?;
            let is_end = !message[at + words.len()..].starts_with(|c: char| c.is_alphanumeric());
            let is_whole = is_end && (at == 0 || message[..at].ends_with(' '));
            // `that thing with the handle` is said of something else.
            (is_whole && message.is_char_boundary(at))
                .then(|| format!("{}{noun}{}", &message[..at], &message[at + words.len()..]))
        };
        for words in ["the other one", "the other thing", "the other item"] {
            if let Some(told) = other.and_then(|other| put(message, words, &naming::the(other))) {
                return told;
            }
        }
        let is_last = |words: &str| message.to_lowercase().trim_end_matches(['.', '!', '?']).ends_with(words);
        for words in ["that thing", "this thing", "the thing"] {
            if let Some(told) = put(message, words, "it").filter(|_| is_last(words)) {
                return told;
            }
        }
        for words in ["both of them", "the two of them", "both things", "the both of them"] {
            if let Some(told) = put(message, words, "both").filter(|_| is_last(words)) {
                return told;
            }
        }
        message.to_owned()
    }
}
