//! Ways of more than one step: through open exits and places that the player has visited.

use std::collections::{BTreeMap, VecDeque};

use super::exits::open_exits_of;
use crate::state::GameState;

/// The shortest way from where the player is to the location `to`, as the keys of the places on it, `to` last. Every place before `to`
/// has been visited. `None` if there is no such way; empty if the player is there.
pub(crate) fn path(state: &GameState, to: &str) -> Option<Vec<String>> {
    let start = state.user_location.as_str();
    let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(here) = queue.pop_front() {
        if here == to {
            return Some(steps(&came_from, start, here));
        }
        if here != start && !state.visited_locations.contains(here) {
            continue;
        }
        for (_, next, _) in open_exits_of(state, here) {
            if next != start && !came_from.contains_key(next) {
                came_from.insert(next, here);
                queue.push_back(next);
            }
        }
    }
    None
}

fn steps(came_from: &BTreeMap<&str, &str>, start: &str, end: &str) -> Vec<String> {
    let mut steps = Vec::new();
    let mut at = end;
    while at != start
        && let Some(before) = came_from.get(at)
    {
        steps.push(at.to_owned());
        at = before;
    }
    steps.reverse();
    steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::new_state;

    #[test]
    fn a_way_leads_through_visited_places_only() {
        let mut state = new_state();
        assert_eq!(path(&state, "jetty"), Some(vec![]));
        assert_eq!(path(&state, "lamp_room"), Some(vec!["lamp_room".to_owned()]));
        assert_eq!(path(&state, "gallery"), None, "the lamp room has not been visited");
        state.visited_locations.insert("lamp_room".into());
        assert_eq!(path(&state, "gallery"), Some(vec!["lamp_room".to_owned(), "gallery".to_owned()]));
        assert_eq!(path(&state, "causeway"), None, "the way there is blocked");
    }
}
