//! What a story adds to the offline narrator: prose, beats, talk and hints. The narrator plays a story without any of it; with it, the
//! story is told as its author would. One file for each scenario, with the scenario's id as its name.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::world::{fit, words};

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

impl Thing {
    /// Whether `noun` is one of its names, or ends with one.
    #[must_use]
    pub fn is_called(&self, noun: &str) -> bool {
        self.names.iter().any(|name| fit(noun, name).is_some() || ends_with(noun, name))
    }
}

/// `the old brass bell` ends with `bell`.
fn ends_with(noun: &str, name: &str) -> bool {
    let (noun, name) = (words(noun), words(name));
    !name.is_empty() && noun.ends_with(&name)
}
