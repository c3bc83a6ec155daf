//! The names that a delta may hold: those of the world as it is, and of the scenes that may begin in this turn.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::content::{Library, Location, Npc, Scenario};
use crate::prompt::Input;
use crate::state::{GameState, Rules};
use crate::world::{PLAYER, make_location, make_npc, opponents};

/// The most names of one enumeration. Vendors take a thousand values in a schema, and each name is in it up to four times.
const MOST: usize = 64;
/// The most bytes of all names of one enumeration.
const MOST_BYTES: usize = 3000;

/// The most characters of a name that the world does not have yet.
pub(super) const LONGEST_NAME: u32 = 80;

/// A text of so many characters at most.
pub(super) fn text(longest: u32) -> Value {
    json!({ "type": "string", "maxLength": longest })
}

/// The names that a delta may hold.
pub(super) struct Names {
    locations: BTreeSet<String>,
    npcs: BTreeSet<String>,
    items: BTreeSet<String>,
    scenes: BTreeSet<String>,
    vars: BTreeSet<String>,
    /// The player and their opponents; nobody where there are none.
    fighters: BTreeSet<String>,
    /// The items that hold others.
    containers: BTreeSet<String>,
    /// Whether the turn may bring an item into the world that is not in it.
    takes_new_items: bool,
}

/// Whether the turn may bring anything into the world, whatever the scenario's rules say.
fn is_relaxed(state: &GameState, input: &Input) -> bool {
    matches!(input, Input::StoryEvent { .. }) || state.rules == Rules::Relaxed
}

/// All that [`Names::of`] takes from the game and the turn.
pub(super) fn key(state: &GameState, input: &Input) -> String {
    let mut key = String::with_capacity(2048);
    let mut put = |mark: char, text: &str| {
        key.push(mark);
        key.push_str(text);
    };
    // Control characters, which no name has: a name cannot pass for two.
    put('\u{1}', &state.scenario);
    put('\u{1}', &state.scene_name);
    put('\u{1}', if is_relaxed(state, input) { "relaxed" } else { "strict" });
    for (name, location) in &state.locations {
        put('\u{2}', name);
        let carried = location.monsters.values().flat_map(|monster| &monster.items);
        location.items.iter().chain(carried).for_each(|item| put('\u{6}', item));
    }
    for (name, npc) in &state.npcs {
        put('\u{3}', name);
        npc.items.iter().for_each(|item| put('\u{6}', item));
    }
    state.user_inventory.iter().for_each(|item| put('\u{4}', item));
    state.vars.keys().for_each(|name| put('\u{5}', name));
    opponents(state).for_each(|fighter| put('\u{7}', fighter.key()));
    for (name, item) in &state.containers {
        put('\u{8}', name);
        item.contains.iter().for_each(|item| put('\u{6}', item));
    }
    key
}

impl Names {
    pub(super) fn of(library: &Library, scenario: &Scenario, state: &GameState, input: &Input) -> Self {
        let has_rules = !scenario.contingency_rules.is_empty()
            || scenario.scenes.values().any(|scene| !scene.contingency_rules.is_empty());
        let mut names = Self {
            locations: state.locations.keys().cloned().collect(),
            npcs: state.npcs.keys().cloned().collect(),
            items: state.user_inventory.iter().cloned().collect(),
            scenes: scenario.scenes.keys().cloned().collect(),
            vars: scenario.settable_vars().into_iter().chain(state.vars.keys().cloned()).collect(),
            fighters: opponents(state).map(|fighter| fighter.key().to_owned()).collect(),
            containers: state.containers.keys().cloned().collect(),
            takes_new_items: is_relaxed(state, input) || has_rules,
        };
        if !names.fighters.is_empty() {
            names.fighters.insert(PLAYER.to_owned());
        }
        state.locations.values().for_each(|location| names.lies(location));
        state.npcs.values().for_each(|npc| names.carries(npc));
        names.items.extend(state.containers.values().flat_map(|item| &item.contains).cloned());
        for (_, scene) in scenario.scenes.iter().filter(|(key, _)| **key != state.scene_name) {
            for (key, location) in &scene.locations {
                names.locations.insert(key.clone());
                names.lies(&make_location(library, key, location));
            }
            for (key, npc) in &scene.npcs {
                names.npcs.insert(key.clone());
                names.carries(&make_npc(library, npc));
            }
        }
        names
    }

    /// A monster's items lie where it was once it is gone.
    fn lies(&mut self, location: &Location) {
        let carried = location.monsters.values().flat_map(|monster| &monster.items);
        self.items.extend(location.items.iter().chain(carried).cloned());
    }

    fn carries(&mut self, npc: &Npc) {
        self.items.extend(npc.items.iter().cloned());
    }

    /// What may be done with an item.
    pub(super) fn actions(&self) -> Value {
        const ACTIONS: [&str; 8] = ["acquire", "give", "drop", "move", "use", "open", "close", "lock"];
        let actions = if self.containers.is_empty() { &ACTIONS[..5] } else { &ACTIONS[..] };
        json!({ "type": "string", "enum": actions })
    }

    pub(super) fn locations(&self) -> Value {
        closed(&self.locations)
    }

    pub(super) fn npcs(&self) -> Value {
        closed(&self.npcs)
    }

    pub(super) fn vars(&self) -> Value {
        closed(&self.vars)
    }

    /// `None` where nobody can be fought.
    pub(super) fn fighters(&self) -> Option<Value> {
        (!self.fighters.is_empty()).then(|| closed(&self.fighters))
    }

    /// The kinds of holder.
    pub(super) fn holder_kinds(&self) -> Value {
        const KINDS: [&str; 4] = ["player", "npc", "location", "item"];
        let kinds = if self.containers.is_empty() { &KINDS[..3] } else { &KINDS[..] };
        json!({ "type": "string", "enum": kinds })
    }

    /// People, places and containers, who may hold an item.
    pub(super) fn holders(&self) -> Value {
        let holders = self.npcs.union(&self.locations).chain(&self.containers);
        closed(&holders.cloned().collect())
    }

    /// Nothing in a scenario without scenes.
    pub(super) fn scenes(&self) -> Option<Value> {
        (!self.scenes.is_empty()).then(|| closed(&self.scenes))
    }

    pub(super) fn items(&self) -> Value {
        match enumeration(&self.items) {
            Some(known) if self.takes_new_items => json!({ "anyOf": [known, text(LONGEST_NAME)] }),
            Some(known) => known,
            None => text(LONGEST_NAME),
        }
    }
}

/// One of these names; any text where there are none, or too many.
fn closed(names: &BTreeSet<String>) -> Value {
    enumeration(names).unwrap_or_else(|| text(LONGEST_NAME))
}

fn enumeration(names: &BTreeSet<String>) -> Option<Value> {
    let bytes: usize = names.iter().map(String::len).sum();
    // Some servers make a grammar of the schema without escaping what is in quotes.
    let is_plain =
        |name: &String| !name.trim().is_empty() && !name.contains(|c: char| c.is_control() || matches!(c, '"' | '\\'));
    let fits = !names.is_empty() && names.len() <= MOST && bytes <= MOST_BYTES && names.iter().all(is_plain);
    fits.then(|| json!({ "type": "string", "enum": names }))
}
