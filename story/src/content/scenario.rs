//! A scenario as its author writes it: premise, places, people, scenes and the conditionals that drive them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::actor::{Monster, Npc};
use super::conditional::{Conditional, Placed};
use super::conflict::Conflict;
use super::contingency::ContingencyPrompt;
use super::ending::Ending;
use super::item::Item;
use super::language::Language;
use super::lore::{Lore, is_lore_budget, lore_budget};
use super::text::Text;
use crate::serde_util::{is_default, is_false};
use crate::world::{Fit, fit};

/// One story to play: the content of a file in `scenarios/`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub struct Scenario {
    /// The title.
    pub name: String,
    /// Kept for files that carry it; the file's real name counts.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub file_name: String,
    /// Kept for files that carry it; `opening_inventory` counts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inventory: Vec<String>,
    /// The premise, in the third person.
    pub story: String,
    /// `G`, `PG`, `PG-13` or `R`; anything else counts as `PG-13`.
    pub rating: String,
    /// The narrator unless the player chooses another.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub narrator_id: String,
    /// The player character unless the player chooses another.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub default_pc: String,
    /// The scene that the game starts in; without scenes, empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub opening_scene: String,
    /// The key of the location that the player starts in.
    pub opening_location: String,
    /// The first message, in the second person; `%s` is where the character's own opening goes.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub opening_prompt: String,
    /// How far one turn may lead in a strict game.
    #[serde(skip_serializing_if = "is_default")]
    pub travel: Travel,
    /// What every player character carries at the start.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub opening_inventory: Vec<String>,
    /// The map, by location key.
    pub locations: BTreeMap<String, Location>,
    /// What items are beyond their names, by the name that lists of items have.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub items: BTreeMap<String, Item>,
    /// The people, by NPC key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub npcs: BTreeMap<String, Npc>,
    /// The scenes, by scene key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub scenes: BTreeMap<String, Scene>,
    /// The variables with their first values.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub vars: BTreeMap<String, String>,
    /// Hints for the narrator in every scene.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contingency_prompts: Vec<ContingencyPrompt>,
    /// What the narrator's prompt holds while the story speaks of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lore: Vec<Lore>,
    /// How many tokens of lore a prompt holds at most, counted as four bytes each.
    #[serde(default = "lore_budget", skip_serializing_if = "is_lore_budget")]
    pub lore_budget: u32,
    /// The language in which the story is told, unless a game has one of its own; in English, or as its speakers call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// Rules in plain language for the model that extracts what changed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contingency_rules: Vec<String>,
    /// What happens by itself whatever scene plays, by conditional id. A scene's conditional of the same id replaces it there.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub conditionals: BTreeMap<String, Conditional>,
    /// Has the rules decide fights; without it there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conflict: Option<Conflict>,
    /// The endings that conditionals name, by key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub endings: BTreeMap<String, Ending>,
    /// How the narrator takes leave.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub game_end_prompt: String,
}

impl Scenario {
    /// Every conditional: the scenario's own, then those of each scene.
    pub(crate) fn placed_conditionals(&self) -> impl Iterator<Item = Placed<'_>> {
        let of_scenes = self.scenes.iter().map(|(key, scene)| (key.as_str(), &scene.conditionals));
        std::iter::once(("", &self.conditionals)).chain(of_scenes).flat_map(|(scene, conditionals)| {
            conditionals.iter().map(move |(id, conditional)| Placed { scene, id, conditional })
        })
    }

    /// The conditionals that are tried while `scene` plays, in the order of their ids. One of the scene replaces one of the scenario with
    /// the same id, as its places and people do; to try both would make one latch of two.
    pub fn conditionals_in(&self, scene: &str) -> impl Iterator<Item = Placed<'_>> {
        let of_scenario = self.conditionals.iter().map(|(id, conditional)| Placed { scene: "", id, conditional });
        let of_scene = self.scenes.get_key_value(scene).into_iter().flat_map(|(scene, definition)| {
            definition.conditionals.iter().map(move |(id, conditional)| Placed { scene, id, conditional })
        });
        let by_id: BTreeMap<&str, Placed<'_>> = of_scenario.chain(of_scene).map(|placed| (placed.id, placed)).collect();
        by_id.into_values()
    }

    /// Takes away what only a narrator reads.
    pub(super) fn strip(&mut self) {
        self.contingency_prompts.clear();
        self.items.values_mut().for_each(|item| item.description = Text::default());
        let scenes = self.scenes.values_mut().map(|scene| {
            scene.contingency_prompts.clear();
            (&mut scene.locations, &mut scene.npcs)
        });
        for (locations, npcs) in std::iter::once((&mut self.locations, &mut self.npcs)).chain(scenes) {
            for location in locations.values_mut() {
                location.description = Text::default();
                location.preview = Text::default();
                location.contingency_prompts.clear();
            }
            for npc in npcs.values_mut() {
                npc.description = Text::default();
                npc.contingency_prompts.clear();
            }
        }
    }

    /// What the author says of the item of this name, in any spelling.
    #[must_use]
    pub fn item(&self, name: &str) -> Option<&Item> {
        self.items.get(name).or_else(|| {
            let found = self.items.iter().find(|(known, _)| fit(name, known) == Some(Fit::Whole));
            found.map(|(_, item)| item)
        })
    }

    /// Every definition of the location `key`: the scenario's and each scene's.
    pub fn definitions_of_location<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a Location> {
        let scenes = self.scenes.values().filter_map(move |scene| scene.locations.get(key));
        self.locations.get(key).into_iter().chain(scenes)
    }
}

/// How far one turn of a strict game may lead.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Travel {
    /// Through one open exit.
    #[default]
    Adjacent,
    /// Through open exits and locations that the player has visited, to a location that is known or next to a known one.
    Known,
}

/// A part of a scenario. What it defines replaces what the scenario defines under the same key.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub struct Scene {
    /// What this part is about, which the narrator reads after the scenario's premise.
    pub story: String,
    /// Places that are new or different here.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub locations: BTreeMap<String, Location>,
    /// People who are new or different here.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub npcs: BTreeMap<String, Npc>,
    /// Variables that get these values whenever the scene begins.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub vars: BTreeMap<String, String>,
    /// Hints for the narrator.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contingency_prompts: Vec<ContingencyPrompt>,
    /// Rules in plain language for the model that extracts what changed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contingency_rules: Vec<String>,
    /// What happens by itself, by conditional id; evaluated in the order of the ids.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub conditionals: BTreeMap<String, Conditional>,
}

/// A place, both as written in a file and as it is in a game.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub struct Location {
    /// The name that players read.
    pub name: String,
    /// What it is like to be there.
    pub description: Text,
    /// What a player sees of it from next door, in one sentence.
    #[serde(skip_serializing_if = "Text::is_empty")]
    pub preview: Text,
    /// Ways out: direction or door to location key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub exits: BTreeMap<String, String>,
    /// Ways that are closed: direction or door to the reason.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub blocked_exits: BTreeMap<String, String>,
    /// What lies there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<String>,
    /// The monsters there, by instance id.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub monsters: BTreeMap<String, Monster>,
    /// Whether nothing can be seen there, unless something that gives light is there: see `lit` of an item.
    #[serde(skip_serializing_if = "is_false")]
    pub dark: bool,
    /// Whether the narrator knows of it even from far away.
    #[serde(skip_serializing_if = "is_false")]
    pub important: bool,
    /// Hints for the narrator while the player is there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contingency_prompts: Vec<ContingencyPrompt>,
}
