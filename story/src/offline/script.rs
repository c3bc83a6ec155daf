//! What a story adds to the offline narrator: prose, beats, talk and hints. The narrator plays a story without any of it; with it, the
//! story is told as its author would. One file for each scenario, with the scenario's id as its name.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::view::View;
use crate::world::{Fit, fit, words};

/// A story's own words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Script {
    /// Where editors find the schema; not used here.
    #[serde(rename = "$schema")]
    pub schema: Option<String>,
    /// What a player reads on coming to a place; the first that fits.
    pub arrivals: Vec<Arrival>,
    /// Deeds that the story answers.
    pub beats: Vec<Beat>,
    /// What people say; the first that fits.
    pub talk: Vec<Talk>,
    /// What a thing or a part of a place looks like; the first that fits.
    pub things: Vec<Thing>,
    /// What may be said to a question that nobody here is asked.
    pub lore: Vec<Lore>,
    /// Help in stages; the first that fits.
    pub hints: Vec<Hint>,
    /// What is added to the last story event of a game, by a part of its text.
    pub endings: BTreeMap<String, String>,
}

/// When an entry fits. All that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Moment {
    /// The key of the scene.
    pub scene: Option<String>,
    /// The key of the location.
    pub at: Option<String>,
    /// NPCs and monsters that are here, by name.
    pub with: Vec<String>,
    /// NPCs and monsters that are not here, by name.
    pub without: Vec<String>,
    /// Items that the player holds.
    pub holding: Vec<String>,
    /// Items that the player does not hold.
    pub lacking: Vec<String>,
    /// Items that lie here.
    pub lying: Vec<String>,
    /// Parts of text that the description of the place or of somebody here has now.
    pub shows: Vec<String>,
    /// Parts of text that no such description has now.
    pub hides: Vec<String>,
}

/// A deed and what comes of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Beat {
    /// When it can be done.
    pub when: Moment,
    /// How players say it: `feed cat`, `give kipper to cat`. The verb stands for its synonyms; each noun must be named.
    pub does: Vec<String>,
    /// What the narrator answers; a text is not repeated while there is another.
    pub text: Vec<String>,
    /// The variables that it sets.
    pub set: BTreeMap<String, String>,
    /// Items of the player that it uses up.
    pub uses_up: Vec<String>,
}

/// What somebody says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Talk {
    /// The name of the person.
    pub to: String,
    /// When it can be heard.
    pub when: Moment,
    /// One of these words must be asked about; if there are none, it answers everything.
    pub about: Vec<String>,
    /// What is said.
    pub text: Vec<String>,
}

/// What something looks like.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Thing {
    /// What it is called, in any of these ways.
    pub names: Vec<String>,
    /// When it looks so.
    pub when: Moment,
    /// What is seen.
    pub text: Vec<String>,
}

/// An answer to a question.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Lore {
    /// One of these words must be asked about.
    pub about: Vec<String>,
    /// When it holds.
    pub when: Moment,
    /// What the player character knows of it.
    pub text: Vec<String>,
}

/// What a player reads on coming to a place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Arrival {
    /// The key of the place.
    pub to: String,
    /// When it is told so; `at` is where the player comes from.
    pub when: Moment,
    /// What is told.
    pub text: Vec<String>,
}

/// Help in stages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Hint {
    /// When it helps.
    pub when: Moment,
    /// From a nudge to the answer. Each asking gives the next.
    pub stages: Vec<String>,
}

impl Moment {
    /// Whether this is the moment.
    pub(super) fn fits(&self, view: &View<'_>) -> bool {
        self.scene.as_deref().is_none_or(|scene| view.scene == Some(scene))
            && self.at.as_deref().is_none_or(|at| view.here_key() == Some(at))
            && self.with.iter().all(|name| view.has_being(name))
            && !self.without.iter().any(|name| view.has_being(name))
            && self.holding.iter().all(|item| view.holds(item))
            && !self.lacking.iter().any(|item| view.holds(item))
            && self.lying.iter().all(|item| view.items.contains(item))
            && self.shows.iter().all(|text| view.shows(text))
            && !self.hides.iter().any(|text| view.shows(text))
    }
}

impl Thing {
    pub(super) fn is_called(&self, noun: &str) -> bool {
        self.names.iter().any(|name| fit(noun, name).is_some() || ends_with(noun, name))
    }
}

/// Whether `about` names one of `topics`.
pub(super) fn is_about(about: &str, topics: &[String]) -> bool {
    let about = words(about);
    topics.iter().any(|topic| words(topic).iter().all(|word| about.contains(word)))
}

/// `the old brass bell` ends with `bell`.
fn ends_with(noun: &str, name: &str) -> bool {
    let (noun, name) = (words(noun), words(name));
    !name.is_empty() && noun.ends_with(&name)
}

impl<'a> View<'a> {
    /// Learns the other names that `script` has for what is here.
    pub(super) fn learn_names(&mut self, script: &'a Script) {
        let deeds = script.beats.iter().filter(|beat| beat.when.at.is_some() && beat.when.fits(self));
        let ways = deeds.flat_map(|beat| &beat.does).flat_map(|does| super::sentence::clauses(does));
        let does =
            |way: &super::clause::Clause| way.verb.is_some_and(|verb| !verb.is_speech() && !verb.is_perception());
        let nouns = ways.filter(does).flat_map(|way| way.objects).filter_map(|noun| words(&noun).pop());
        self.deed_nouns = nouns.filter(|noun| noun.len() > 3 && !super::naming::is_abstract(noun)).collect();
        let beings = self.beings.iter().map(|being| &being.name);
        let own: Vec<String> = self.items.iter().chain(&self.held).chain(beings).cloned().collect();
        for thing in script.things.iter().filter(|thing| thing.when.fits(self)).collect::<Vec<_>>() {
            let named = |name: &&String| thing.names.iter().any(|other| fit(other, name) == Some(Fit::Whole));
            if let Some(name) = own.iter().find(named) {
                self.aliases.extend(thing.names.iter().map(|other| (other.as_str(), name.clone())));
            }
        }
    }
}
