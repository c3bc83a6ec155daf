//! Whole turns: counting, cascades, latches, scene changes, endings.

use crate::{Input, apply};
use serde_json::{Value, json};

use super::testing::{model, quiet_turn, story_event};
use super::{Applied, Author, Change, StoryEvent};
use crate::content::Library;
use crate::patch::StatePatch;
use crate::state::GameState;
use crate::testing::{library, new_state, patched, state_in_scene};

/// The lighthouse with other conditionals in its first scene.
fn with_conditionals(conditionals: Value) -> Library {
    let mut library = library();
    library.rewrite_scenario("lighthouse", |scenario| {
        scenario.scenes.get_mut("storm").unwrap().conditionals = serde_json::from_value(conditionals).unwrap();
    });
    library
}

fn fired(applied: &Applied) -> Vec<&str> {
    let ids = applied.changes.iter().filter_map(|change| match change {
        Change::ConditionalFired { id, .. } => Some(id.as_str()),
        _ => None,
    });
    ids.collect()
}

fn with_var(state: &GameState, name: &str, value: &str) -> GameState {
    let mut state = state.clone();
    state.vars.insert(name.into(), value.into());
    state
}

#[test]
fn every_turn_is_counted_a_story_events_too() {
    let once = model(&new_state(), json!({})).state;
    let twice = story_event(&once, json!({})).state;
    assert_eq!((twice.turn_counter, twice.scene_turn_counter), (2, 2));
}

#[test]
fn an_effect_cascades_through_conditionals_and_scenes_in_one_turn() {
    let applied = model(
        &patched(&StatePatch { user_location: Some("lamp_room".into()), ..StatePatch::default() }),
        json!({ "set_vars": { "lamp_lit": "true" } }),
    );
    assert_eq!(fired(&applied), ["answer", "eel_in", "to_rescue", "arrive"], "round by round, in the order of the ids");
    assert_eq!(
        applied.story_events,
        [StoryEvent { id: "answer".into(), prompt: "Far out, a ship answers with three flashes.".into() }]
    );
    let state = &applied.state;
    assert_eq!((state.scene_name.as_str(), state.turn_counter, state.scene_turn_counter), ("rescue", 1, 0));
    assert_eq!(state.vars["ship_seen"], "true", "the initialiser of the new scene ran in the same turn");
    assert_eq!(state.npcs["gull"].location, "lamp_room", "and the fisher follows");
    assert_eq!(state.fired_story_events, ["answer"]);
}

#[test]
fn the_models_delta_is_applied_once_however_long_the_cascade() {
    let library = with_conditionals(json!({
        "a": { "when": { "vars": { "oil": "2" } }, "then": { "set_vars": { "oil": "1" } } },
        "b": { "when": { "vars": { "oil": "1" } }, "then": { "set_vars": { "oil": "0" } } }
    }));
    let delta = serde_json::from_value(json!({
        "set_vars": { "oil": "2" }, "item_events": [{ "item": "lantern", "action": "drop" }]
    }))
    .unwrap();
    let input = crate::Input::Player { message: "Pour.".into(), actor: None };
    let applied = super::apply(&library, &new_state(), &delta, &input).unwrap();
    assert_eq!(applied.state.vars["oil"], "0");
    assert_eq!(applied.state.locations["jetty"].items, ["oar", "lantern"]);
    assert_eq!(applied.rejections, []);
}

#[test]
fn a_conditional_fires_when_its_condition_becomes_true_and_not_while_it_stays_so() {
    let library = with_conditionals(json!({
        "drip": { "when": { "vars": { "lamp_lit": "true" } }, "then": { "set_vars": { "oil": "2" } } }
    }));
    let lit = with_var(&new_state(), "lamp_lit", "true");
    let first = quiet_turn(&library, &lit);
    assert_eq!(fired(&first), ["drip"]);
    let second = quiet_turn(&library, &first.state);
    assert!(fired(&second).is_empty());
    let dark = quiet_turn(&library, &with_var(&second.state, "lamp_lit", "false"));
    assert!(fired(&dark).is_empty());
    assert_eq!(
        fired(&quiet_turn(&library, &with_var(&dark.state, "lamp_lit", "true"))),
        ["drip"],
        "it was armed again"
    );
}

#[test]
fn a_repeating_conditional_fires_once_on_every_turn() {
    let library = with_conditionals(json!({
        "tick": { "when": { "min_turns": 1 }, "then": { "prompt": "Tick." }, "repeat": true }
    }));
    let first = quiet_turn(&library, &new_state());
    let second = quiet_turn(&library, &first.state);
    assert_eq!((first.story_events.len(), second.story_events.len()), (1, 1));
}

#[test]
fn a_story_event_fires_once_in_a_game_even_if_its_condition_comes_true_again() {
    let library = with_conditionals(json!({
        "boom": { "when": { "vars": { "lamp_lit": "true" } }, "then": { "prompt": "Boom." } }
    }));
    let lit = quiet_turn(&library, &with_var(&new_state(), "lamp_lit", "true"));
    assert_eq!(lit.story_events.len(), 1);
    let dark = quiet_turn(&library, &with_var(&lit.state, "lamp_lit", "false"));
    let lit = quiet_turn(&library, &with_var(&dark.state, "lamp_lit", "true"));
    assert!(lit.story_events.is_empty());
}

#[test]
fn conditionals_that_trigger_each_other_end_with_the_turn() {
    let library = with_conditionals(json!({
        "off": { "when": { "vars": { "lamp_lit": "true" } }, "then": { "set_vars": { "lamp_lit": "false" } } },
        "on": { "when": { "vars": { "lamp_lit": "false" } }, "then": { "set_vars": { "lamp_lit": "true" } } }
    }));
    let applied = quiet_turn(&library, &new_state());
    assert_eq!(fired(&applied), ["on", "off"]);
}

#[test]
fn of_two_that_fire_together_the_later_id_wins() {
    let library = with_conditionals(json!({
        "b": { "when": { "min_turns": 0 }, "then": { "user_location": "gallery" } },
        "a": { "when": { "min_turns": 0 }, "then": { "user_location": "cave" } }
    }));
    assert_eq!(quiet_turn(&library, &new_state()).state.user_location, "gallery");
}

#[test]
fn a_conditional_can_move_the_player_in_the_turn_that_begins_its_scene() {
    let applied = model(&new_state(), json!({ "scene_change": { "to": "Rescue" } }));
    assert_eq!(applied.state.scene_name, "rescue");
    assert_eq!(fired(&applied), ["arrive"]);
    assert!(fired(&model(&applied.state, json!({}))).is_empty(), "turn 0 of the scene is over");
}

#[test]
fn an_unknown_scene_is_rejected_and_the_current_one_does_not_begin_again() {
    let applied = model(&new_state(), json!({ "scene_change": { "to": "resque" } }));
    assert_eq!(applied.rejections[0].reason, "the scenario has no scene `resque`; did you mean `rescue`?");
    assert_eq!(applied.rejections[0].author, Author::Model);
    let applied = model(&state_in_scene("rescue"), json!({ "scene_change": { "to": "rescue" } }));
    assert_eq!((applied.state.scene_turn_counter, applied.changes.len()), (1, 0));
}

#[test]
fn a_rejection_names_its_conditional() {
    let library =
        with_conditionals(json!({ "lost": { "when": { "min_turns": 0 }, "then": { "user_location": "atlantis" } } }));
    assert_eq!(quiet_turn(&library, &new_state()).rejections[0].author, Author::Conditional("lost".into()));
}

#[test]
fn an_ended_game_does_not_change_any_more() {
    let ended = model(&new_state(), json!({ "game_ended": true }));
    assert!(ended.state.is_ended);
    assert_eq!(ended.changes, [Change::GameEnded { ending: None }]);
    let after = model(
        &ended.state,
        json!({ "user_location": "lamp_room", "game_ended": false, "set_vars": { "lamp_lit": "true" } }),
    );
    assert_eq!(after.state, ended.state);
    assert!(after.changes.is_empty() && after.rejections.is_empty());
}

#[test]
fn an_ending_has_a_name_and_remembers_what_was_done() {
    let with_ending = |then: serde_json::Value| {
        let mut library =
            with_conditionals(json!({ "over": { "when": { "vars": { "lamp_lit": "true" } }, "then": then } }));
        library.rewrite_scenario("lighthouse", |scenario| {
            scenario.endings = serde_json::from_value(json!({ "saved": {
                "name": "The Ship Is Saved", "text": "The ship turns.",
                "score": [
                    { "text": "The lamp was lit." , "when": { "vars": { "lamp_lit": "true" } } },
                    { "text": "The oar was kept.", "when": { "inventory": ["oar"] } }
                ]
            } }))
            .unwrap();
        });
        library
    };
    let delta = |value| serde_json::from_value(value).unwrap();
    let input = Input::Player { message: "…".into(), actor: None };
    let library = with_ending(json!({ "ending": "saved" }));
    let ended = apply(&library, &new_state(), &delta(json!({ "set_vars": { "lamp_lit": "true" } })), &input).unwrap();
    assert!(ended.state.is_ended);
    assert_eq!(ended.changes.last(), Some(&Change::GameEnded { ending: Some("saved".into()) }));
    let reached = ended.state.ending.unwrap();
    assert_eq!((reached.name.as_str(), reached.score), ("The Ship Is Saved", vec!["The lamp was lit.".to_owned()]));
    assert_eq!(ended.story_events[0].prompt, "The ship turns.", "its text is told");

    let model = apply(&library, &new_state(), &delta(json!({ "ending": "saved" })), &input).unwrap();
    assert!(!model.state.is_ended, "a model cannot choose an ending");
    let library = with_ending(json!({ "ending": "safed" }));
    let lost = apply(&library, &new_state(), &delta(json!({ "set_vars": { "lamp_lit": "true" } })), &input).unwrap();
    assert!(lost.state.is_ended && lost.state.ending.is_none());
    assert!(lost.rejections[0].reason.ends_with("did you mean `saved`?"), "{:?}", lost.rejections);
}

#[test]
fn a_conditional_can_end_the_game() {
    let state = patched(&StatePatch {
        scene_name: Some("rescue".into()),
        user_location: Some("lamp_room".into()),
        user_inventory: Some(vec!["buoy".into()]),
        scene_turn_counter: Some(3),
        ..StatePatch::default()
    });
    assert!(model(&state, json!({})).state.is_ended);
}
