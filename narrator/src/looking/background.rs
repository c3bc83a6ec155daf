//! What is only told of: the sky over the story, and a word of the last answer. Neither can be handled, and both can be asked about.

use story::words;

use super::scraps;
use crate::reading::verbs;
use crate::reading::verbs::Verb;
use crate::reading::vocabulary;
use crate::telling::Telling;
use crate::world::found::Found;
use crate::world::matter::matter;
use crate::world::naming::{clean, is_or_are, it_or_them, without_article};
use crate::world::texts::{mentions, sentences};
use crate::world::view::View;

/// What is about everywhere, and is no more than scenery where the story says nothing of it.
const SCENERY: &[&str] = &[
    "sky", "cloud", "star", "sun", "sunset", "tree", "bush", "bird", "sea", "ocean", "smoke", "wind", "breeze", "air",
    "dust", "darkness", "night", "shadow", "horizon", "ground", "floor", "wall", "ceiling", "roof", "grass", "mud",
    "sand", "pebble", "leaf", "flower", "weather", "cobweb", "spider", "insect", "wave", "hill", "mountain", "forest",
    "wood", "dirt", "corner", "noise", "sound", "smell", "puddle",
];

/// How many of the last answers a word is sought in.
const MEMORY: usize = 2;

/// A sentence below this length is told with those around it.
const SHORT: usize = 30;

/// How sentences begin that the narrator says of itself: what it says of a missing noun tells nothing about it.
const OWN: &[&str] = &[
    "You ",
    "Here,",
    "If there",
    "What ",
    "Of ",
    "There is an answer",
    "Nothing ",
    "Ask ",
    "From here",
    "The ways out",
    "It is open",
];

/// These are asked of every story, and their answers are elsewhere.
const GENERAL: &[&str] = &[
    "room",
    "place",
    "house",
    "time",
    "day",
    "date",
    "year",
    "month",
    "hour",
    "way",
    "direction",
    "smell",
    "sound",
    "noise",
    "music",
    "help",
    "exit",
    "person",
    "man",
    "woman",
    "story",
    "game",
    "name",
    "advice",
    "choice",
    "option",
];

impl View<'_> {
    /// The place that the player spoke of last, or that of the person.
    pub(crate) fn spoken_of_last(&self) -> Option<String> {
        let said = self.said.last()?;
        let said = said.split_once(": ").map_or(*said, |(_, said)| said).to_lowercase();
        self.absent_in(&said).and_then(|person| self.home_of_person(&person)).or_else(|| {
            let place = said.trim_end_matches(['?', '!', '.']).rsplit_once("the ")?.1.to_owned();
            (self.find(&place) != Found::Nothing).then_some(place)
        })
    }
}

impl Telling<'_> {
    /// That `noun` is scenery; `None` for what the story turns on, and for any other noun.
    pub(crate) fn in_the_background(&self, noun: &str) -> Option<String> {
        let noun = clean(without_article(noun));
        let said = words(&noun);
        let last = said.last().filter(|last| said.len() <= 2 && SCENERY.contains(&last.as_str()))?;
        if self.view.matters.contains(last) {
            return None;
        }
        let is = is_or_are(&noun);
        let it = it_or_them(&noun);
        if ["sky", "stars", "star", "clouds", "cloud"].contains(&last.as_str()) {
            let lines = [
                ("You look up", format!("You look up. What there is of {noun} tonight gives nothing away.")),
                ("where it always is", format!("The {noun} {is} where one expects {it}, and of no help.")),
            ];
            return Some(format!("{} {}", self.view.fresh_by_stem(&lines), self.could_try()));
        }
        let lines = [
            ("scenery, and no more", format!("There {is} {noun}, as anywhere: scenery, and no more.")),
            ("Nothing here hangs on", format!("You give the {noun} a thought. Nothing here hangs on {it}.")),
            ("can do nothing with the", format!("You can do nothing with the {noun} here, and need not.")),
        ];
        Some(format!("{} {}", self.view.fresh_by_stem(&lines), self.could_try()))
    }

    /// What one of the last answers said of `noun`, which is not here.
    pub(crate) fn only_heard_of(&self, noun: &str) -> Option<String> {
        let noun = clean(without_article(noun));
        let said = words(&noun);
        let last = said.last().filter(|last| said.len() <= 2 && last.len() > 2)?;
        if scraps::is_scrap(&noun) || said.iter().any(|word| vocabulary::direction(word).is_some()) {
            return None;
        }
        let recent = self.view.heard.iter().rev().take(MEMORY);
        let is_told = |sentence: &&str| {
            mentions(sentence, last) && !OWN.iter().any(|own| sentence.starts_with(own)) && !sentence.contains('`')
        };
        let told = recent.copied().find_map(|heard| Some((heard, sentences(heard).into_iter().find(is_told)?)));
        // `Had a winch.` says too little by itself.
        let told = told.map(|(heard, sentence)| if sentence.len() < SHORT { heard } else { sentence })?;
        let lines = [
            ("than what was told", format!("Of the {noun} you know no more than what was told: {told}")),
            ("All that you have heard of", format!("All that you have heard of the {noun} is this: {told}")),
            ("It was only spoken of:", format!("It was only spoken of: {told}")),
        ];
        Some(self.view.fresh_by_stem(&lines).to_owned())
    }

    /// The answer to `which rope?`, `what kind of proof?` and `what light?`: what is here, what somebody here says of it, or what was told.
    pub(crate) fn asked_which(&self, text: &str) -> Option<String> {
        const ASKS: &[&str] = &["what kind of ", "what sort of ", "what type of ", "which ", "what "];
        let noun = ASKS.iter().find_map(|asks| text.strip_prefix(asks))?;
        let ends = [" is it", " is that", " is this", " are they", " do you mean", " was it", " was that"];
        let noun = ends.iter().find_map(|end| noun.strip_suffix(end)).unwrap_or(noun);
        if words(noun).iter().any(|word| GENERAL.contains(&word.as_str())) {
            return None;
        }
        let is_noun = noun.split(' ').count() <= 2
            && matter(noun).is_some()
            && verbs::verb_at(&noun.split(' ').collect::<Vec<_>>()).is_none_or(|_| !noun.contains(' '));
        if !is_noun || vocabulary::QUESTION_WORDS.contains(&noun.split(' ').next()?) {
            return None;
        }
        let is_here = matches!(
            self.view.find(noun),
            Found::Held(_)
                | Found::Here(_)
                | Found::Carried(..)
                | Found::Inside(..)
                | Found::Scenery(_)
                | Found::Being(_)
                | Found::Way(_)
        );
        if is_here {
            return Some(self.describe(noun));
        }
        if scraps::is_scrap(noun) {
            return None;
        }
        let listener = self.view.speaker().filter(|listener| self.has_words_for(listener, noun));
        listener.map(|listener| self.talk_to(listener, noun, Verb::Ask)).or_else(|| self.only_heard_of(noun))
    }
}
