//! What of the world a model is shown: the player's surroundings one step far, and what is important wherever it is. Nothing from two
//! rooms away reaches a prompt by accident.

use std::collections::BTreeMap;

use crate::content::{ContingencyPrompt, Location, Npc, Scenario, Scene};
use crate::state::GameState;
use crate::world::open_exits;

/// A place one open exit away.
pub(super) struct Neighbour<'a> {
    /// The directions that lead there, sorted.
    pub(super) directions: Vec<&'a str>,
    pub(super) location: &'a Location,
}

/// The places that open exits lead to, sorted by key.
pub(super) fn neighbours(state: &GameState) -> BTreeMap<&str, Neighbour<'_>> {
    let mut neighbours = BTreeMap::new();
    for (direction, key, location) in open_exits(state) {
        if key != state.user_location {
            let neighbour = neighbours.entry(key).or_insert_with(|| Neighbour { directions: Vec::new(), location });
            neighbour.directions.push(direction);
        }
    }
    neighbours
}

/// The important places that are neither here nor next door.
pub(super) fn far_places(state: &GameState) -> impl Iterator<Item = (&str, &Location)> {
    let near = neighbours(state);
    let far = state.locations.iter().filter(move |(key, location)| {
        location.important && **key != state.user_location && !near.contains_key(key.as_str())
    });
    far.map(|(key, location)| (key.as_str(), location))
}

/// The important NPCs that are elsewhere.
pub(super) fn far_npcs(state: &GameState) -> impl Iterator<Item = (&str, &Npc)> {
    state
        .npcs
        .iter()
        .filter(|(_, npc)| npc.important && npc.location != state.user_location)
        .map(|(key, npc)| (key.as_str(), npc))
}

/// The hints that hold now: of the scenario, the character, this game, the scene, the NPCs here, the location.
pub(super) fn hints<'a>(scenario: &'a Scenario, scene: Option<&'a Scene>, state: &'a GameState) -> Vec<&'a str> {
    let of_scene = scene.iter().flat_map(|scene| &scene.contingency_prompts);
    let of_pc = state.pc.iter().flat_map(|pc| &pc.contingency_prompts);
    let of_npcs = state.npcs_here().flat_map(|(_, npc)| &npc.contingency_prompts);
    let of_location = state.current_location().into_iter().flat_map(|location| &location.contingency_prompts);
    scenario
        .contingency_prompts
        .iter()
        .chain(of_pc)
        .chain(&state.contingency_prompts)
        .chain(of_scene)
        .chain(of_npcs)
        .chain(of_location)
        .filter(|hint| holds(hint, state))
        .map(|hint| hint.prompt.as_str())
        .collect()
}

fn holds(hint: &ContingencyPrompt, state: &GameState) -> bool {
    hint.when.as_ref().is_none_or(|when| when.holds(state))
}
