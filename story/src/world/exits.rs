//! The ways out of a location. A direction that is blocked is closed, even if the map also says where it would lead.

use std::collections::BTreeMap;

use super::lookup::location_key;
use crate::content::Location;
use crate::state::GameState;

/// A way out of a location.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exit<'a> {
    /// Direction or door.
    pub(crate) direction: &'a str,
    /// The key of the location that it leads to, as far as the map says.
    pub(crate) leads_to: Option<&'a str>,
    /// Why it cannot be taken.
    pub(crate) blocked: Option<&'a str>,
}

/// Every exit of `location`, sorted by direction.
pub(crate) fn exits(location: &Location) -> Vec<Exit<'_>> {
    let mut exits: BTreeMap<&str, Exit<'_>> = location
        .exits
        .iter()
        .map(|(direction, key)| (direction.as_str(), Exit { direction, leads_to: Some(key), blocked: None }))
        .collect();
    for (direction, reason) in &location.blocked_exits {
        exits.entry(direction).or_insert(Exit { direction, leads_to: None, blocked: None }).blocked = Some(reason);
    }
    exits.into_values().collect()
}

/// The exits that the player can take now, with the key and the definition of where they lead; sorted by direction. An exit to a place
/// that the current scene does not have is not one.
pub(crate) fn open_exits(state: &GameState) -> Vec<(&str, &str, &Location)> {
    open_exits_of(state, &state.user_location)
}

/// The same for the location `key`, wherever the player is.
pub(crate) fn open_exits_of<'a>(state: &'a GameState, key: &str) -> Vec<(&'a str, &'a str, &'a Location)> {
    let Some(here) = state.locations.get(key) else { return Vec::new() };
    exits(here)
        .into_iter()
        .filter(|exit| exit.blocked.is_none())
        .filter_map(|exit| {
            let key = location_key(&state.locations, exit.leads_to?)?;
            Some((exit.direction, key, state.locations.get(key)?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blocked_exit_is_closed_even_if_the_map_says_where_it_leads() {
        let location: Location = serde_json::from_value(serde_json::json!({
            "exits": { "up": "lamp_room", "north": "causeway" },
            "blocked_exits": { "north": "Under water.", "down": "Nailed shut." }
        }))
        .unwrap();
        let found: Vec<_> = exits(&location).iter().map(|exit| (exit.direction, exit.blocked.is_some())).collect();
        assert_eq!(found, [("down", true), ("north", true), ("up", false)]);
    }
}
