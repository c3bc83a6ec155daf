//! Conditionals that chance decides, in whole turns.

use serde_json::{Value, json};

use super::testing::quiet_turn;
use crate::content::Library;
use crate::state::GameState;
use crate::testing::{library, new_state};
use crate::{Standing, explain};

/// The lighthouse with this one conditional in its first scene.
fn with(conditional: &Value) -> Library {
    let mut library = library();
    library.rewrite_scenario("lighthouse", |scenario| {
        let conditionals = serde_json::from_value(json!({ "wave": conditional })).unwrap();
        scenario.scenes.get_mut("storm").unwrap().conditionals = conditionals;
    });
    library
}

/// The turns of the next 40 on which it fires.
fn turns(library: &Library, mut state: GameState) -> Vec<u64> {
    let mut turns = Vec::new();
    for _ in 0..40 {
        let applied = quiet_turn(library, &state);
        turns.extend((!applied.changes.is_empty()).then_some(applied.state.turn_counter));
        state = applied.state;
    }
    turns
}

fn seeded(seed: u32) -> GameState {
    GameState { seed, ..new_state() }
}

#[test]
fn a_replay_of_a_game_has_the_same_luck_and_another_seed_has_another() {
    for by in [json!({ "chance": 0.3 }), json!({ "roll": { "dice": "1d20+2", "at_least": 15 } })] {
        let mut wave = json!({ "repeat": true, "then": { "add_vars": { "waves": 1 } } });
        wave.as_object_mut().unwrap().extend(by.as_object().unwrap().clone());
        let library = with(&wave);
        let first = turns(&library, seeded(5));
        assert!((4..25).contains(&first.len()), "{first:?}");
        assert_eq!(turns(&library, seeded(5)), first);
        assert_ne!(turns(&library, seeded(6)), first);
    }
}

#[test]
fn a_turn_that_is_undone_has_the_same_luck_and_what_is_explained_is_what_was_drawn() {
    let roll = json!({ "dice": "1d20", "at_least": 11 });
    let library = with(&json!({ "repeat": true, "chance": 0.9, "roll": roll, "then": { "add_vars": { "waves": 1 } } }));
    let scenario = library.scenario("lighthouse").unwrap();
    let mut state = seeded(3);
    for _ in 0..20 {
        let applied = quiet_turn(&library, &state);
        let stored: GameState = serde_json::from_value(serde_json::to_value(&state).unwrap()).unwrap();
        assert_eq!(quiet_turn(&library, &stored), applied);
        let explained = explain(scenario, &applied.state, &applied.changes).conditionals.remove(0);
        let fired = explained.standing == Standing::Fired;
        assert_eq!(explained.parts.iter().all(|part| part.holds), fired, "{:?}", explained.parts);
        assert!(explained.parts[0].text.starts_with("a draw below 0.9; this turn's is 0."), "{:?}", explained.parts);
        assert!(explained.parts[1].text.starts_with("1d20 is at least 11; this turn's is "), "{:?}", explained.parts);
        state = applied.state;
    }
}

#[test]
fn chance_does_not_help_a_condition_that_does_not_hold() {
    let wave = json!({ "chance": 1.0, "when": { "location": "attic" }, "then": { "add_vars": { "waves": 1 } } });
    assert_eq!(turns(&with(&wave), seeded(5)), [0; 0]);
    let wave = json!({ "chance": 0.0, "then": { "add_vars": { "waves": 1 } } });
    assert_eq!(turns(&with(&wave), seeded(5)), [0; 0]);
    let wave = json!({ "chance": 1.0, "every": 10, "then": { "add_vars": { "waves": 1 } } });
    assert_eq!(turns(&with(&wave), seeded(5)), [10, 20, 30, 40]);
}
