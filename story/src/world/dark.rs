//! Dark places: nothing is seen there while no light is.

use super::containers::inside_open;
use crate::state::GameState;

/// Whether nothing can be seen at the location under `key`: it is dark, and nothing that gives light is there.
pub(crate) fn is_dark(state: &GameState, key: &str) -> bool {
    is_dark_with(state, key, key == state.user_location)
}

/// The same, when it is known whether the player, with what they carry, is or was there: in the course of a turn they may have gone.
pub(crate) fn is_dark_with(state: &GameState, key: &str, has_player: bool) -> bool {
    let Some(location) = state.locations.get(key).filter(|location| location.dark) else { return false };
    let carried = state.npcs.values().filter(|npc| npc.location == key).flat_map(|npc| &npc.items);
    let held = state.user_inventory.iter().filter(|_| has_player);
    let at_hand: Vec<&String> = held.chain(&location.items).chain(carried).collect();
    // A lantern shines out of an open box, and not out of a closed one.
    let inside = inside_open(state, at_hand.iter().copied());
    let is_there = |item: &String| at_hand.contains(&item) || inside.iter().any(|(_, inside)| *inside == item);
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
            "closed_items": { "chest": { "contains": ["torch"], "closed": true } },
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
    fn a_light_shines_out_of_an_open_chest_and_not_out_of_a_closed_one() {
        let mut state = cellar();
        assert!(is_dark(&state, "cellar"));
        state.containers.get_mut("chest").unwrap().closed = false;
        assert!(!is_dark(&state, "cellar"));
    }
}
