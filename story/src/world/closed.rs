//! What cannot be reached or seen: what is in a closed item, and what is in the dark.

use super::ownership::{exists, matching};
use crate::content::Scenario;
use crate::state::{ClosedItem, GameState};

/// Notes which items are closed and which give light, as the scenario has them at the beginning.
pub(crate) fn close_items(scenario: &Scenario, state: &mut GameState) {
    let closed = scenario.items.iter().filter(|(_, item)| item.is_container()).map(|(name, item)| {
        let closed = ClosedItem {
            contains: item.contains.clone(),
            closed: item.closed || item.locked,
            locked: item.locked,
            key: item.key.clone(),
        };
        (name.clone(), closed)
    });
    state.closed_items = closed.collect();
    let lights = scenario.items.iter().filter_map(|(name, item)| Some((name.clone(), item.lit.clone()?)));
    state.lights = lights.collect();
    lay_open(state);
}

/// Lays what is in an open item next to it: an open item hides nothing. One that is nowhere yet keeps what it contains until it comes.
pub(crate) fn lay_open(state: &mut GameState) {
    let open: Vec<String> =
        state.closed_items.iter().filter(|(_, item)| !item.closed).map(|(name, _)| name.clone()).collect();
    for name in open {
        let Some(opened) = state.closed_items.get(&name) else { continue };
        // A conditional may have handed out the one or the other already, and there is one of each item.
        let inside: Vec<String> = opened.contains.iter().filter(|item| !exists(state, item)).cloned().collect();
        let Some(beside) = items_beside(state, &name) else { continue };
        beside.extend(inside);
        state.closed_items.remove(&name);
    }
}

/// The items among which `item` is.
fn items_beside<'s>(state: &'s mut GameState, item: &str) -> Option<&'s mut Vec<String>> {
    if matching(&state.user_inventory, item).is_some() {
        return Some(&mut state.user_inventory);
    }
    let of_npcs = state.npcs.values_mut().map(|npc| &mut npc.items);
    let of_places = state.locations.values_mut().map(|location| &mut location.items);
    of_npcs.chain(of_places).find(|items| matching(items, item).is_some())
}

/// How `item` is closed; `None` if it is open, or cannot be closed.
pub(crate) fn closed<'s>(state: &'s GameState, item: &str) -> Option<&'s ClosedItem> {
    state.closed_items.get(item).filter(|item| item.closed)
}

/// Whether nothing can be seen at the location under `key`: it is dark, and nothing that gives light is there.
pub(crate) fn is_dark(state: &GameState, key: &str) -> bool {
    is_dark_with(state, key, key == state.user_location)
}

/// The same, when it is known whether the player, with what they carry, is or was there: in the course of a turn they may have gone.
pub(crate) fn is_dark_with(state: &GameState, key: &str, has_player: bool) -> bool {
    let Some(location) = state.locations.get(key).filter(|location| location.dark) else { return false };
    let is_there = |item: &String| {
        (has_player && state.user_inventory.contains(item))
            || location.items.contains(item)
            || state.npcs.values().any(|npc| npc.location == key && npc.items.contains(item))
    };
    !state.lights.iter().any(|(item, lit)| is_there(item) && lit.holds(state))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn cellar() -> GameState {
        serde_json::from_value(json!({
            "user_location": "cellar",
            "locations": { "cellar": { "name": "Cellar", "dark": true, "items": ["chest"] }, "yard": { "name": "Yard" } },
            "npcs": { "eva": { "name": "Eva", "location": "cellar" } },
            "closed_items": { "chest": { "contains": ["ring"], "closed": true }, "sack": { "contains": ["flour"] } },
            "lights": { "lantern": { "vars": { "lantern_lit": "true" } }, "torch": true },
            "vars": { "lantern_lit": "false" }
        }))
        .unwrap()
    }

    #[test]
    fn it_is_dark_until_something_that_gives_light_is_there() {
        let mut state = cellar();
        assert!(is_dark(&state, "cellar") && !is_dark(&state, "yard"));
        state.user_inventory.push("lantern".into());
        assert!(is_dark(&state, "cellar"), "the lantern is not lit");
        state.vars.insert("lantern_lit".into(), "true".into());
        assert!(!is_dark(&state, "cellar"));
        state.user_inventory.clear();
        state.npcs.get_mut("eva").unwrap().items.push("torch".into());
        assert!(!is_dark(&state, "cellar"), "somebody else may carry the light");
    }

    #[test]
    fn what_is_in_an_open_item_lies_next_to_it_and_of_a_closed_one_nothing_does() {
        let mut state = cellar();
        lay_open(&mut state);
        assert_eq!(state.locations["cellar"].items, ["chest"]);
        assert!(state.closed_items.contains_key("sack"), "the sack is nowhere yet");
        state.user_inventory.push("sack".into());
        state.closed_items.get_mut("chest").unwrap().closed = false;
        lay_open(&mut state);
        assert_eq!(
            (state.user_inventory.join(" "), state.locations["cellar"].items.join(" ")),
            ("sack flour".into(), "chest ring".into())
        );
        assert!(state.closed_items.is_empty());
    }
}
