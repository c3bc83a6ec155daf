//! Why things in a game are as they are: which part of each conditional and of each exit holds, and which does not.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::apply::Change;
use crate::content::{Latch, Placed, Scenario};
use crate::state::GameState;
use crate::when_explain::Part;
use crate::world::{Exit, exits, location_key};

/// What the scene waits for, and the ways out of where the player is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Explained {
    /// The conditionals of the scene and of the scenario, by id.
    pub conditionals: Vec<ConditionalExplained>,
    /// The exits of the place, by direction.
    pub exits: Vec<ExitExplained>,
}

/// A conditional, and what is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConditionalExplained {
    /// Its id in the scene or in the scenario.
    pub id: String,
    /// Its state.
    pub standing: Standing,
    /// The parts of its condition as they are after the turn, in the order of the documentation.
    pub parts: Vec<Part>,
}

/// The state of a conditional.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It fired in this turn.
    Fired,
    /// It has fired, once and for all.
    Spent,
    /// It has fired, and waits for its condition to be false before it may fire again.
    Latched,
    /// Its condition holds: it fires in the next turn if that is still so then.
    Due,
    /// Its condition does not hold.
    Waiting,
}

impl Standing {
    /// As a sentence about the conditional says it.
    #[must_use]
    pub const fn verb(self) -> &'static str {
        match self {
            Self::Fired => "fired in this turn",
            Self::Spent => "has fired, once and for all",
            Self::Latched => "has fired, and waits until it does not hold",
            Self::Due => "holds",
            Self::Waiting => "does not hold",
        }
    }
}

/// A way out, and why it is open or closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExitExplained {
    /// Direction or door.
    pub direction: String,
    /// The key of the place behind it, where the map says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leads_to: Option<String>,
    /// Whether it can be taken.
    pub is_open: bool,
    /// What that takes.
    pub parts: Vec<Part>,
    /// The scenes whose map of this place has it open: a closed way opens when one of them begins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open_in: Vec<String>,
}

/// Explains `state`, to which `changes` have just led; without them, no conditional is said to have fired in this turn.
#[must_use]
pub fn explain(scenario: &Scenario, state: &GameState, changes: &[Change]) -> Explained {
    let fired: BTreeSet<(&str, &str)> = changes
        .iter()
        .filter_map(|change| match change {
            Change::ConditionalFired { scene, id } => Some((scene.as_str(), id.as_str())),
            _ => None,
        })
        .collect();
    let ways = state.current_location().map(exits).unwrap_or_default();
    Explained {
        conditionals: scenario
            .conditionals_in(&state.scene_name)
            .map(|placed| ConditionalExplained {
                id: placed.id.to_owned(),
                standing: standing(placed, state, fired.contains(&(placed.scene, placed.id))),
                parts: placed.explain(state),
            })
            .collect(),
        exits: ways.into_iter().map(|exit| explain_exit(scenario, state, exit)).collect(),
    }
}

fn standing(placed: Placed<'_>, state: &GameState, fired: bool) -> Standing {
    if fired {
        return Standing::Fired;
    }
    match (placed.conditional.latch(), placed.holds(state)) {
        (Latch::Once, _) if state.fired_story_events.iter().any(|fired| fired == placed.id) => Standing::Spent,
        (Latch::Edge, true) if state.latched_conditionals.contains(placed.id) => Standing::Latched,
        (_, true) => Standing::Due,
        (_, false) => Standing::Waiting,
    }
}

fn explain_exit(scenario: &Scenario, state: &GameState, exit: Exit<'_>) -> ExitExplained {
    let Exit { direction, leads_to, blocked } = exit;
    let mut parts = vec![match leads_to {
        Some(place) => Part::met(format!("the map says where it leads: `{place}`")),
        None => Part::unmet("the map says where it leads"),
    }];
    if let Some(place) = leads_to {
        let exists = location_key(&state.locations, place).is_some();
        parts.push(Part::top(exists, format!("the scene has the place `{place}`")));
    }
    parts.push(match blocked {
        None => Part::met("it is not blocked"),
        Some(reason) => Part::unmet(format!("it is not blocked; it is: {reason}")),
    });
    let here = state.user_location.as_str();
    let opens = scenario.scenes.iter().filter(|(_, scene)| {
        scene
            .locations
            .get(here)
            .is_some_and(|place| place.exits.contains_key(direction) && !place.blocked_exits.contains_key(direction))
    });
    ExitExplained {
        direction: direction.to_owned(),
        leads_to: leads_to.map(str::to_owned),
        is_open: parts.iter().all(|part| part.holds),
        parts,
        open_in: opens.map(|(key, _)| key.clone()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn scenario() -> Scenario {
        serde_json::from_value(json!({ "scenes": {
            "ebb": {
                "locations": { "jetty": { "exits": { "north": "causeway" } } },
                "conditionals": {
                    "a": { "when": { "vars": { "lit": "true" } }, "then": { "prompt": "Light." } },
                    "b": { "when": { "location": "jetty" }, "then": { "set_vars": { "x": "1" } } },
                    "c": { "when": { "location": "jetty" }, "then": { "prompt": "Once." } },
                    "d": { "when": { "location": "jetty" }, "then": { "set_vars": { "y": "1" } }, "repeat": true }
                }
            },
            "flood": { "locations": { "jetty": { "blocked_exits": { "north": "Under water." } } } }
        } }))
        .unwrap()
    }

    fn state() -> GameState {
        serde_json::from_value(json!({
            "scene_name": "ebb", "user_location": "jetty", "latched_conditionals": ["b"], "fired_story_events": ["c"],
            "locations": {
                "jetty": { "exits": { "up": "lamp_room", "west": "reef" }, "blocked_exits": { "north": "Under water." } },
                "lamp_room": {}
            }
        }))
        .unwrap()
    }

    #[test]
    fn a_conditional_waits_is_latched_spent_or_has_just_fired() {
        let fired = [Change::ConditionalFired { scene: "ebb".into(), id: "d".into() }];
        let of = |changes: &[Change]| {
            let explained = explain(&scenario(), &state(), changes);
            explained.conditionals.into_iter().map(|one| (one.id, one.standing)).collect::<Vec<_>>()
        };
        let named = |d| [("a", Standing::Waiting), ("b", Standing::Latched), ("c", Standing::Spent), ("d", d)];
        let named = |d| named(d).map(|(id, standing)| (id.to_owned(), standing));
        assert_eq!(of(&fired), named(Standing::Fired));
        assert_eq!(of(&[]), named(Standing::Due));
        let elsewhere = [Change::ConditionalFired { scene: "flood".into(), id: "d".into() }];
        assert_eq!(of(&elsewhere), named(Standing::Due), "another scene's conditional of that id");
    }

    #[test]
    fn an_exit_says_what_closes_it_and_which_scene_opens_it() {
        let exits = explain(&scenario(), &state(), &[]).exits;
        let shown: Vec<_> = exits.iter().map(|exit| (exit.direction.as_str(), exit.is_open)).collect();
        assert_eq!(shown, [("north", false), ("up", true), ("west", false)]);
        let parts = |exit: &ExitExplained| {
            exit.parts.iter().filter(|part| !part.holds).map(|part| part.text.clone()).collect::<Vec<_>>()
        };
        assert_eq!(parts(&exits[0]), ["the map says where it leads", "it is not blocked; it is: Under water."]);
        assert_eq!(exits[0].open_in, ["ebb"]);
        assert_eq!(parts(&exits[2]), ["the scene has the place `reef`"]);
    }
}
