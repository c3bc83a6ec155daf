//! An item is in one place. Items are plain names; who holds one takes precedence over who merely keeps it: player before NPC before
//! location before container.

use std::collections::BTreeSet;

use super::names::{Fit, fit};
use crate::state::GameState;

/// Takes away every copy of an item but the one that counts. The first NPC, by key, keeps what two of them carry. Two locations may
/// show the same item, because authors furnish rooms alike, until somebody holds it.
pub(crate) fn keep_one_place(state: &mut GameState) {
    let mut held = BTreeSet::new();
    state.user_inventory.retain(|item| held.insert(item.clone()));
    for npc in state.npcs.values_mut() {
        npc.items.retain(|item| held.insert(item.clone()));
    }
    for location in state.locations.values_mut() {
        let mut here = BTreeSet::new();
        location.items.retain(|item| !held.contains(item) && here.insert(item.clone()));
    }
    if !state.containers.is_empty() {
        held.extend(state.locations.values().flat_map(|location| &location.items).cloned());
        for container in state.containers.values_mut() {
            container.contains.retain(|item| held.insert(item.clone()));
        }
    }
}

/// Whether `item` is anywhere: with the player, an NPC, at a location or in a container. What a monster carries is not yet an item of the world.
pub(crate) fn exists(state: &GameState, item: &str) -> bool {
    matching(&state.user_inventory, item).is_some()
        || state.npcs.values().any(|npc| matching(&npc.items, item).is_some())
        || state.locations.values().any(|location| matching(&location.items, item).is_some())
        || state.containers.values().any(|container| matching(&container.contains, item).is_some())
}

/// The item in `items` that is called `name`, as it is spelled there; case, articles and plural do not matter.
#[must_use]
pub fn matching<'a>(items: &'a [String], name: &str) -> Option<&'a String> {
    let name = name.trim();
    items
        .iter()
        .find(|item| *item == name)
        .or_else(|| items.iter().find(|item| item.to_lowercase() == name.to_lowercase()))
        .or_else(|| items.iter().find(|item| fit(name, item) == Some(Fit::Whole)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::content::{Location, Npc};

    #[test]
    fn the_player_keeps_an_item_before_an_npc_and_an_npc_before_a_location() {
        let npc = |items: &[&str]| Npc { items: items.iter().map(ToString::to_string).collect(), ..Npc::default() };
        let mut state = GameState {
            user_inventory: vec!["oar".into(), "oar".into()],
            npcs: BTreeMap::from([("a".into(), npc(&["oar", "net"])), ("b".into(), npc(&["net", "pipe"]))]),
            locations: BTreeMap::from([(
                "jetty".into(),
                Location {
                    items: vec!["oar".into(), "net".into(), "rope".into(), "rope".into()],
                    ..Location::default()
                },
            )]),
            ..GameState::default()
        };
        keep_one_place(&mut state);
        assert_eq!(state.user_inventory, ["oar"]);
        assert_eq!(state.npcs["a"].items, ["net"]);
        assert_eq!(state.npcs["b"].items, ["pipe"]);
        assert_eq!(state.locations["jetty"].items, ["rope"]);
    }
}
