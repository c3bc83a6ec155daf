//! Short ways to play one turn in the lighthouse.

use serde_json::Value;

use super::{Applied, apply};
use crate::content::{Conditional, Library};
use crate::delta::Delta;
use crate::prompt::Input;
use crate::state::GameState;
use crate::testing::library;

fn delta(json: Value) -> Delta {
    serde_json::from_value(json).unwrap()
}

fn player() -> Input {
    Input::Player { message: "…".into(), actor: None }
}

/// A player's turn from which the model extracted `changes`.
pub(crate) fn model(state: &GameState, changes: Value) -> Applied {
    apply(&library(), state, &delta(changes), &player()).unwrap()
}

/// A story event's turn from which the model extracted `changes`.
pub(crate) fn story_event(state: &GameState, changes: Value) -> Applied {
    apply(&library(), state, &delta(changes), &Input::story_event("A wave.")).unwrap()
}

/// A turn on which nothing happens but a conditional with this `then`.
pub(crate) fn conditional(state: &GameState, then: Value) -> Applied {
    let mut library = library();
    let always = serde_json::from_value(serde_json::json!({ "min_turns": 0 })).unwrap();
    let conditional = Conditional { when: always, then: delta(then), repeat: true, ..Conditional::default() };
    library.rewrite_scenario("lighthouse", |scenario| {
        for scene in scenario.scenes.values_mut() {
            scene.conditionals.clear();
            scene.conditionals.insert("test".into(), conditional.clone());
        }
    });
    quiet_turn(&library, state)
}

/// A turn from which the model extracted nothing, in another library.
pub(crate) fn quiet_turn(library: &Library, state: &GameState) -> Applied {
    apply(library, state, &Delta::default(), &player()).unwrap()
}
