//! Items that hold others: which there are, what is in them, and what of it can be reached.

use std::collections::BTreeSet;

use super::names::meant;
use super::ownership::{keep_one_place, matching};
use crate::content::Scenario;
use crate::state::{Container, GameState};

/// Fills the containers as the scenario has them at the beginning, and notes which items give light.
pub(crate) fn fill_containers(scenario: &Scenario, state: &mut GameState) {
    let containers = scenario.items.iter().filter(|(_, item)| item.is_container()).map(|(name, item)| {
        let container = Container {
            contains: item.contains.clone(),
            closed: item.closed || item.locked,
            locked: item.locked,
            key: item.key.clone(),
        };
        (name.clone(), container)
    });
    state.containers = containers.collect();
    let lights = scenario.items.iter().filter_map(|(name, item)| Some((name.clone(), item.lit.clone()?)));
    state.lights = lights.collect();
    keep_one_place(state);
}

/// The container that is called `name`, with its name as it is spelled.
pub(crate) fn container_named<'s>(state: &'s GameState, name: &str) -> Option<(&'s String, &'s Container)> {
    let names: Vec<String> = state.containers.keys().cloned().collect();
    let by_part = || meant(name, names.iter().map(|own| (own.as_str(), own.as_str()))).ok().flatten();
    let key = matching(&names, name).map(String::as_str).or_else(by_part)?;
    state.containers.get_key_value(key)
}

/// What can be reached in the open containers among `items`, at any depth, each with the container that it is in.
pub(crate) fn inside_open<'s>(
    state: &'s GameState,
    items: impl IntoIterator<Item = &'s String>,
) -> Vec<(&'s String, &'s String)> {
    let open = open_containers(state, items);
    open.into_iter().flat_map(|(name, container)| container.contains.iter().map(move |item| (name, item))).collect()
}

/// The open containers among `items`, and those that stand open in them.
pub(crate) fn open_containers<'s>(
    state: &'s GameState,
    items: impl IntoIterator<Item = &'s String>,
) -> Vec<(&'s String, &'s Container)> {
    if state.containers.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    let mut next: Vec<&String> = items.into_iter().collect();
    next.reverse();
    while let Some(item) = next.pop() {
        let Some((name, container)) = state.containers.get_key_value(item) else { continue };
        if !container.closed && seen.insert(name) {
            next.extend(container.contains.iter().rev());
            found.push((name, container));
        }
    }
    found
}

/// Whether `item` is `container` or in it, at any depth.
pub(crate) fn is_within(state: &GameState, item: &str, container: &str) -> bool {
    let mut seen = BTreeSet::new();
    let mut next = vec![container];
    while let Some(name) = next.pop() {
        if name == item {
            return true;
        }
        if let Some(inner) = state.containers.get(name).filter(|_| seen.insert(name)) {
            next.extend(inner.contains.iter().map(String::as_str));
        }
    }
    false
}

/// Whether the player can open the container: it is not locked, or its key is in their hand, or lies or is carried where they are.
pub(crate) fn can_be_opened(state: &GameState, container: &Container) -> bool {
    !container.locked
        || container.key.as_ref().is_some_and(|key| {
            let here = state.current_location().into_iter().flat_map(|place| &place.items);
            let at_hand: Vec<&String> = state.user_inventory.iter().chain(here).collect();
            let inside = inside_open(state, at_hand.iter().copied());
            at_hand.contains(&key) || inside.iter().any(|(_, item)| *item == key)
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn attic() -> GameState {
        serde_json::from_value(json!({
            "user_location": "attic",
            "locations": { "attic": { "name": "Attic", "items": ["tea chest", "hat box"] } },
            "closed_items": {
                "tea chest": { "contains": ["tin", "letter"] },
                "tin": { "contains": ["ring"] },
                "hat box": { "contains": ["hat"], "closed": true }
            }
        }))
        .unwrap()
    }

    #[test]
    fn what_is_in_an_open_container_is_reached_at_any_depth_and_what_is_in_a_closed_one_is_not() {
        let mut state = attic();
        let reached = |state: &GameState| {
            let items = state.locations["attic"].items.clone();
            let pairs = inside_open(state, &items).into_iter().map(|(_, item)| item.clone());
            pairs.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(reached(&state), "tin letter ring");
        state.containers.get_mut("tin").unwrap().closed = true;
        assert_eq!(reached(&state), "tin letter");
        assert!(is_within(&state, "ring", "tea chest") && !is_within(&state, "hat", "tea chest"));
    }

    #[test]
    fn a_container_is_found_by_a_part_of_its_name_that_fits_no_other() {
        let state = attic();
        assert_eq!(container_named(&state, "the chest").map(|(name, _)| name.as_str()), Some("tea chest"));
        assert!(container_named(&state, "letter").is_none());
    }
}
