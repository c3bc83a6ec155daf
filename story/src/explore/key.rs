//! What tells two states apart, as one string: everything that a condition can read, and nothing else.

use std::fmt::Write as _;

use super::relevant::Relevant;
use crate::state::GameState;
use crate::world::{hp_of, opponents};

/// The key of `state`.
pub(super) fn key(state: &GameState, relevant: &Relevant) -> String {
    let mut key = format!(
        "{}@{}#{}.{}",
        state.scene_name,
        state.user_location,
        relevant.scene_cycle.fold(state.scene_turn_counter, relevant.scene_turns),
        relevant.cycle.fold(state.turn_counter, relevant.turns)
    );
    if state.is_ended {
        let ending = state.ending.as_ref().map_or("", |ending| &ending.id);
        let _ = write!(key, "!{ending}");
    }
    let mut held: Vec<&String> =
        state.user_inventory.iter().filter(|item| relevant.asks_for(&state.scene_name, item)).collect();
    held.sort();
    let _ = write!(key, "{held:?}");
    for (place, location) in &state.locations {
        let mut items: Vec<&String> =
            location.items.iter().filter(|item| relevant.asks_for(&state.scene_name, item)).collect();
        items.sort();
        if !items.is_empty() || !location.monsters.is_empty() {
            let _ = write!(key, "|{place}{items:?}{:?}", location.monsters.keys());
        }
    }
    for (name, npc) in &state.npcs {
        let mut items: Vec<&String> =
            npc.items.iter().filter(|item| relevant.asks_for(&state.scene_name, item)).collect();
        items.sort();
        let _ = write!(key, "|{name}{}{}{items:?}", npc.location, npc.following);
    }
    for (name, container) in &state.containers {
        let items: Vec<&String> =
            container.contains.iter().filter(|item| relevant.asks_for(&state.scene_name, item)).collect();
        let _ = write!(key, "|{name}{}{}{items:?}", container.closed, container.locked);
    }
    for fighter in opponents(state) {
        let _ = write!(key, "|{}:{}", fighter.key(), hp_of(state, fighter.key()).unwrap_or_default());
    }
    for who in relevant.hit_points.keys().filter(|_| state.conflict.is_some()) {
        let _ = write!(key, "|{who}:{}", hp_of(state, who).unwrap_or_default());
    }
    for (name, value) in state.vars.iter().filter(|(name, _)| relevant.vars.contains(*name)) {
        let _ = write!(key, "|{name}={value}");
    }
    for id in state
        .fired_story_events
        .iter()
        .chain(&state.latched_conditionals)
        .filter(|id| relevant.conditionals.contains(*id))
    {
        let _ = write!(key, "|{id}");
    }
    key
}
