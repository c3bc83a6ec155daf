//! The state of a game: everything that a turn reads and changes. The history of messages is kept apart, because it only grows; ids,
//! providers and time stamps belong to the store.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::content::{Conflict, ContingencyPrompt, Language, Lit, Location, Narrator, Npc, Pc};
use crate::memory::Memory;
use crate::serde_util::{is_default, is_false};

/// An item that holds others.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Container {
    /// What is in it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contains: Vec<String>,
    /// Whether it is closed: what is in it can be neither seen nor taken.
    #[serde(skip_serializing_if = "is_false")]
    pub closed: bool,
    /// Whether it is locked as well.
    #[serde(skip_serializing_if = "is_false")]
    pub locked: bool,
    /// The item that locks and unlocks it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// The temperature of a game that does not say otherwise.
pub const DEFAULT_TEMPERATURE: f64 = 0.6;

/// How closely a game keeps to its map.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Rules {
    /// Only what the world holds exists, and the player moves one open exit at a time. Also what an empty string means.
    #[default]
    #[serde(alias = "")]
    Strict,
    /// The player may introduce things, and go to any known place.
    Relaxed,
}

/// The ending that a game has come to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Reached {
    /// The key of the ending in the scenario.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it remembers of the player's choices, line by line.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub score: Vec<String>,
}

/// A game as it stands between two turns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct GameState {
    /// The scenario's file name, `pirate.json`.
    pub scenario: String,
    /// The key of the current scene; empty in a scenario without scenes.
    pub scene_name: String,
    /// How closely the game keeps to its map.
    pub rules: Rules,
    /// How freely the narrator writes, 0 to 1.
    pub temperature: f64,
    /// The language in which the story is told, where one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// The narrator, copied at the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub narrator: Option<Narrator>,
    /// The player character, copied at the start, without inventory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pc: Option<Pc>,
    /// The people, by NPC key.
    pub npcs: BTreeMap<String, Npc>,
    /// The map, by location key.
    pub locations: BTreeMap<String, Location>,
    /// The key of the location where the player is.
    pub user_location: String,
    /// The keys of the locations where the player is or has been.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub visited_locations: BTreeSet<String>,
    /// Those of them to which the player has come back.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub returned_to: BTreeSet<String>,
    /// What the player carries.
    pub user_inventory: Vec<String>,
    /// What chance begins with in this game: the same seed and the same turns give the same texts and dice.
    #[serde(skip_serializing_if = "is_default")]
    pub seed: u32,
    /// Turns since the game began.
    pub turn_counter: u64,
    /// Turns since the scene began.
    pub scene_turn_counter: u64,
    /// The variables.
    pub vars: BTreeMap<String, String>,
    /// Ids of conditionals that have fired and never fire again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fired_story_events: Vec<String>,
    /// Ids of the current scene's conditionals that have fired and wait for their condition to be false before they may fire again.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub latched_conditionals: BTreeSet<String>,
    /// How the rules decide fights, copied at the start; without it there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conflict: Option<Conflict>,
    /// The keys of the NPCs and the ids of the monsters that were defeated.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub defeated: BTreeSet<String>,
    /// What the rules decided of fights in the last turn: it is in the next prompt.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub decided: Vec<String>,
    /// Items that hold others, open or closed, by name.
    // Games are kept under the name that it had when only closed ones were in it.
    #[serde(rename = "closed_items", skip_serializing_if = "BTreeMap::is_empty")]
    pub containers: BTreeMap<String, Container>,
    /// Items that give light, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub lights: BTreeMap<String, Lit>,
    /// Whether the game is over.
    pub is_ended: bool,
    /// The ending that it came to, if the story names its endings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ending: Option<Reached>,
    /// Hints for the narrator that belong to this game alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contingency_prompts: Vec<ContingencyPrompt>,
    /// Whether the last turn brought the player to where they are.
    #[serde(skip_serializing_if = "is_false")]
    pub just_entered: bool,
    /// What the rules did not let happen in the last turn: it is in the next prompt.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rejected: Vec<String>,
    /// What happened before the messages that prompts still show.
    #[serde(skip_serializing_if = "Memory::is_empty")]
    pub memory: Memory,
}

impl Default for GameState {
    fn default() -> Self {
        Self {
            scenario: String::new(),
            scene_name: String::new(),
            rules: Rules::default(),
            temperature: DEFAULT_TEMPERATURE,
            language: None,
            narrator: None,
            pc: None,
            npcs: BTreeMap::new(),
            locations: BTreeMap::new(),
            user_location: String::new(),
            visited_locations: BTreeSet::new(),
            returned_to: BTreeSet::new(),
            seed: 0,
            user_inventory: Vec::new(),
            turn_counter: 0,
            scene_turn_counter: 0,
            vars: BTreeMap::new(),
            fired_story_events: Vec::new(),
            latched_conditionals: BTreeSet::new(),
            conflict: None,
            defeated: BTreeSet::new(),
            decided: Vec::new(),
            containers: BTreeMap::new(),
            lights: BTreeMap::new(),
            is_ended: false,
            ending: None,
            contingency_prompts: Vec::new(),
            just_entered: false,
            rejected: Vec::new(),
            memory: Memory::default(),
        }
    }
}

/// Two states without most of that in which they are equal: what is to be written or compared of them is a fraction of the whole. A member that is
/// left out has its default in both; of people and locations those are left that differ.
#[must_use]
pub fn apart(one: &GameState, other: &GameState) -> [GameState; 2] {
    fn differing<T: Clone + PartialEq>(all: &BTreeMap<String, T>, others: &BTreeMap<String, T>) -> BTreeMap<String, T> {
        let changed = all.iter().filter(|(key, value)| others.get(*key) != Some(value));
        changed.map(|(key, value)| (key.clone(), value.clone())).collect()
    }
    let part = |of: &GameState, than: &GameState| GameState {
        // Large, and seldom changed by a turn.
        narrator: of.narrator.as_ref().filter(|_| of.narrator != than.narrator).cloned(),
        pc: of.pc.as_ref().filter(|_| of.pc != than.pc).cloned(),
        npcs: differing(&of.npcs, &than.npcs),
        locations: differing(&of.locations, &than.locations),
        memory: if of.memory == than.memory { Memory::default() } else { of.memory.clone() },
        contingency_prompts: if of.contingency_prompts == than.contingency_prompts {
            Vec::new()
        } else {
            of.contingency_prompts.clone()
        },
        // Small.
        scenario: of.scenario.clone(),
        scene_name: of.scene_name.clone(),
        rules: of.rules,
        temperature: of.temperature,
        language: of.language.clone(),
        user_location: of.user_location.clone(),
        visited_locations: of.visited_locations.clone(),
        returned_to: of.returned_to.clone(),
        user_inventory: of.user_inventory.clone(),
        seed: of.seed,
        conflict: of.conflict,
        turn_counter: of.turn_counter,
        scene_turn_counter: of.scene_turn_counter,
        vars: of.vars.clone(),
        fired_story_events: of.fired_story_events.clone(),
        latched_conditionals: of.latched_conditionals.clone(),
        defeated: of.defeated.clone(),
        decided: of.decided.clone(),
        containers: of.containers.clone(),
        lights: of.lights.clone(),
        is_ended: of.is_ended,
        ending: of.ending.clone(),
        just_entered: of.just_entered,
        rejected: of.rejected.clone(),
    };
    [part(one, other), part(other, one)]
}

impl GameState {
    /// The location where the player is, if it exists.
    #[must_use]
    pub fn current_location(&self) -> Option<&Location> {
        self.locations.get(&self.user_location)
    }

    /// Whether the player has not left the place where they are since they first came to it.
    #[must_use]
    pub fn is_first_visit(&self) -> bool {
        !self.returned_to.contains(&self.user_location)
    }

    /// The NPCs that are where the player is, sorted by key.
    pub fn npcs_here(&self) -> impl Iterator<Item = (&str, &Npc)> {
        self.npcs.iter().filter(|(_, npc)| npc.location == self.user_location).map(|(key, npc)| (key.as_str(), npc))
    }
}
