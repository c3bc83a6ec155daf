//! What recurs, and what holds in every scene.

use serde_json::{Value, json};

use super::testing::quiet_turn;
use super::{Applied, Change};
use crate::content::Library;
use crate::state::GameState;
use crate::testing::{library, new_state};

/// The lighthouse with these conditionals of its own, and `of_scene` in place of those of its first scene.
fn with(of_scenario: Value, of_scene: Value) -> Library {
    let mut library = library();
    library.rewrite_scenario("lighthouse", |scenario| {
        scenario.conditionals = serde_json::from_value(of_scenario).unwrap();
        for scene in scenario.scenes.values_mut() {
            scene.conditionals.clear();
        }
        scenario.scenes.get_mut("storm").unwrap().conditionals = serde_json::from_value(of_scene).unwrap();
    });
    library
}

fn fired(applied: &Applied) -> Vec<String> {
    let ids = applied.changes.iter().filter_map(|change| match change {
        Change::ConditionalFired { scene, id } => Some(format!("{scene}/{id}")),
        _ => None,
    });
    ids.collect()
}

/// What fires on each of the next turns.
fn play(library: &Library, state: &mut GameState, turns: usize) -> Vec<Vec<String>> {
    let turn = |_| {
        let applied = quiet_turn(library, state);
        state.clone_from(&applied.state);
        fired(&applied)
    };
    (0..turns).map(turn).collect()
}

#[test]
fn a_recurring_event_fires_once_on_each_due_turn_and_never_between() {
    let bell = json!({ "bell": { "every": 3, "first_turn": 2, "then": { "prompt": "A bell." } } });
    let library = with(json!({}), bell);
    let fired = play(&library, &mut new_state(), 8);
    let turns: Vec<_> = (1..).zip(&fired).filter(|(_, ids)| !ids.is_empty()).collect();
    let bell = vec!["storm/bell".to_owned()];
    assert_eq!(turns, [(2, &bell), (5, &bell), (8, &bell)]);
}

#[test]
fn a_due_turn_that_is_undone_or_retried_fires_as_before() {
    let library = with(json!({}), json!({ "oil": { "every": 2, "then": { "add_vars": { "oil": 1 } } } }));
    let mut before = new_state();
    play(&library, &mut before, 1);
    let first = quiet_turn(&library, &before);
    assert_eq!((fired(&first).len(), quiet_turn(&library, &before)), (1, first.clone()), "the same turn again");
    let stored: GameState = serde_json::from_value(serde_json::to_value(&before).unwrap()).unwrap();
    assert_eq!(quiet_turn(&library, &stored), first, "the state carries all that it takes");
    assert!(fired(&quiet_turn(&library, &first.state)).is_empty());
}

#[test]
fn every_turn_means_every_turn_also_without_a_prompt() {
    let library = with(json!({}), json!({ "drip": { "every": 1, "then": { "add_vars": { "water": 1 } } } }));
    let mut state = new_state();
    play(&library, &mut state, 4);
    assert_eq!(state.vars["water"], "4");
}

#[test]
fn a_rule_of_the_scenario_counts_the_games_turns_through_every_scene() {
    let of_scene =
        json!({ "on": { "when": { "scene_turn_counter": 2 }, "then": { "scene_change": { "to": "rescue" } } } });
    let library = with(json!({ "tide": { "every": 3, "then": { "add_vars": { "tide": 1 } } } }), of_scene);
    let fired = play(&library, &mut new_state(), 6);
    assert_eq!(fired[1], ["storm/on"]);
    assert_eq!((&fired[2], &fired[5]), (&vec!["/tide".to_owned()], &vec!["/tide".to_owned()]));
    assert!(fired[3].is_empty() && fired[4].is_empty());
}

#[test]
fn a_rule_of_the_scenario_fires_once_in_a_turn_that_changes_the_scene_and_stays_latched() {
    let of_scenario = json!({
        "a": { "when": { "min_turns": 1 }, "then": { "scene_change": { "to": "rescue" } } },
        "b": { "when": { "min_turns": 1 }, "then": { "add_vars": { "storms": 1 } } }
    });
    let library = with(of_scenario, json!({}));
    let mut state = new_state();
    assert_eq!(play(&library, &mut state, 2), [vec!["/a".to_owned(), "/b".to_owned()], vec![]]);
    assert_eq!((state.scene_name.as_str(), state.vars["storms"].as_str()), ("rescue", "1"));
}

#[test]
fn a_rule_of_the_scenario_stays_latched_when_a_scene_begins_later() {
    let of_scenario = json!({ "b": { "when": { "min_turns": 1 }, "then": { "add_vars": { "storms": 1 } } } });
    let of_scene =
        json!({ "on": { "when": { "scene_turn_counter": 2 }, "then": { "scene_change": { "to": "rescue" } } } });
    let library = with(of_scenario, of_scene);
    let mut state = new_state();
    play(&library, &mut state, 4);
    assert_eq!((state.scene_name.as_str(), state.vars["storms"].as_str()), ("rescue", "1"));
}

#[test]
fn a_scenario_without_scenes_has_conditionals_of_its_own() {
    let mut library =
        with(json!({ "end": { "when": { "turn_counter": 2 }, "then": { "game_ended": true } } }), json!({}));
    library.rewrite_scenario("lighthouse", |scenario| scenario.scenes.clear());
    let mut state = GameState { scene_name: String::new(), ..new_state() };
    play(&library, &mut state, 1);
    assert!(!state.is_ended);
    play(&library, &mut state, 1);
    assert!(state.is_ended);
}
