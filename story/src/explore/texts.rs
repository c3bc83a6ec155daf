//! Whether what is described is so: a description that speaks of an item which is then somewhere else.

use std::collections::BTreeSet;

use crate::content::{Library, Location, Scenario};
use crate::state::GameState;
use crate::world::{inside_open, words};

/// The descriptions of a scenario's places, and the items that they may speak of.
pub(super) struct Texts {
    scenario: Scenario,
    items: BTreeSet<String>,
}

impl Texts {
    pub(super) fn of(library: &Library, id: &str) -> Self {
        let scenario = library.scenario(id).cloned().unwrap_or_default();
        let places =
            scenario.locations.values().chain(scenario.scenes.values().flat_map(|scene| scene.locations.values()));
        // A name of one word is too often something else: a boat is not always the boat.
        let items = places.flat_map(|place| &place.items).filter(|item| words(item).len() > 1).cloned().collect();
        Self { scenario, items }
    }

    /// What the description of the place where the player is says of items that are neither there nor with the player.
    pub(super) fn contradictions(&self, state: &GameState) -> Vec<String> {
        let Some(here) = state.current_location() else { return Vec::new() };
        let Some(definition) = self.definition(state) else { return Vec::new() };
        let described = words(&definition.description.read(state));
        let is_near = |item: &String| {
            here.items.contains(item)
                || state.user_inventory.contains(item)
                || state.npcs_here().any(|(_, npc)| npc.items.contains(item))
                || inside_open(state, &here.items).iter().any(|(_, inside)| *inside == item)
        };
        let is_named = |item: &&String| {
            let name = words(item);
            described.windows(name.len()).any(|window| window == name)
        };
        let absent = self.items.iter().filter(|item| !is_near(item)).filter(is_named);
        absent.map(|item| format!("`{}` speaks of `{item}`", state.user_location)).collect()
    }

    fn definition(&self, state: &GameState) -> Option<&Location> {
        let of_scene = self.scenario.scenes.get(&state.scene_name);
        let of_scene = of_scene.and_then(|scene| scene.locations.get(&state.user_location));
        of_scene.or_else(|| self.scenario.locations.get(&state.user_location))
    }
}
