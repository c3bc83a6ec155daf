//! What can and cannot be done with items, as a table of rules.

use serde_json::{Value, json};

use super::testing::{conditional, model, story_event};
use super::{Change, Holder, apply};
use crate::content::Item;
use crate::patch::StatePatch;
use crate::prompt::Input;
use crate::state::{GameState, Rules};
use crate::testing::{library, new_state, patched};

fn event(event: &Value) -> Value {
    json!({ "item_events": [event] })
}

fn rejected(state: &GameState, changes: &Value) -> String {
    let applied = model(state, event(changes));
    assert_eq!(applied.state.user_inventory, state.user_inventory);
    assert_eq!(applied.rejections.len(), 1, "{:?}", applied.rejections);
    applied.rejections[0].reason.clone()
}

fn relaxed() -> GameState {
    patched(&StatePatch { rules: Some(Rules::Relaxed), ..StatePatch::default() })
}

#[test]
fn an_item_is_taken_from_a_location_by_key_name_or_just_from_here() {
    let froms = [
        json!({ "type": "location", "name": "JETTY" }),
        json!({ "type": "location", "name": "jetty" }),
        json!({ "type": "location" }),
        Value::Null,
    ];
    for from in froms {
        let applied = model(&new_state(), event(&json!({ "item": "Oar", "action": "acquire", "from": from })));
        assert_eq!(
            applied.state.user_inventory,
            ["lantern", "whistle", "oar"],
            "it keeps the spelling that it has in the world"
        );
        assert!(applied.state.locations["jetty"].items.is_empty());
        let moved = Change::ItemMoved {
            item: "oar".into(),
            from: Some(Holder::Location("jetty".into())),
            to: Some(Holder::Player),
        };
        assert_eq!(applied.changes, [moved]);
    }
}

#[test]
fn an_item_is_taken_from_an_npc_by_key_or_name() {
    for name in ["gull", "old gull"] {
        let applied = model(
            &new_state(),
            event(&json!({ "item": "net", "action": "acquire", "from": { "type": "npc", "name": name } })),
        );
        assert!(applied.state.user_inventory.contains(&"net".to_owned()));
        assert!(applied.state.npcs["gull"].items.is_empty());
    }
}

#[test]
fn an_item_cannot_be_taken_from_where_it_is_not() {
    let state = new_state();
    let from_gull = json!({ "item": "oar", "action": "acquire", "from": { "type": "npc", "name": "gull" } });
    assert_eq!(rejected(&state, &from_gull), "the NPC `gull` does not have `oar`");
    let from_nobody = json!({ "item": "oar", "action": "acquire", "from": { "type": "npc", "name": "gul" } });
    assert_eq!(rejected(&state, &from_nobody), "the world has no NPC `gul`; did you mean `gull`?");
    assert_eq!(
        rejected(&state, &json!({ "item": "crown", "action": "acquire" })),
        "`crown` is not within the player's reach"
    );
}

#[test]
fn an_item_cannot_be_taken_from_a_room_that_the_player_has_not_entered() {
    let matches =
        json!({ "item": "matches", "action": "acquire", "from": { "type": "location", "name": "lamp_room" } });
    assert_eq!(rejected(&new_state(), &matches), "the location `lamp_room` is not within the player's reach");

    let on_the_way = model(
        &new_state(),
        json!({ "user_location": "up", "item_events": [matches, { "item": "oar", "action": "acquire" }] }),
    );
    assert_eq!(
        on_the_way.state.user_inventory,
        ["lantern", "whistle", "matches", "oar"],
        "both rooms of the turn are within reach"
    );
}

#[test]
fn what_the_player_has_is_not_taken_twice() {
    assert_eq!(
        rejected(&new_state(), &json!({ "item": "LANTERN", "action": "acquire" })),
        "the player has `lantern` already"
    );
}

#[test]
fn in_relaxed_mode_a_new_thing_can_be_picked_up_but_no_copy_of_one_that_exists() {
    let applied = model(&relaxed(), event(&json!({ "item": "pebble", "action": "acquire" })));
    assert!(applied.state.user_inventory.contains(&"pebble".to_owned()));
    assert_eq!(
        rejected(
            &relaxed(),
            &json!({ "item": "buoy", "action": "acquire", "from": { "type": "npc", "name": "gull" } })
        ),
        "the NPC `gull` does not have `buoy`"
    );
    rejected(&relaxed(), &json!({ "item": "logbook", "action": "acquire", "from": { "type": "location" } }));
}

#[test]
fn a_story_event_may_hand_over_something_new() {
    let applied = story_event(&new_state(), event(&json!({ "item": "sealed letter", "action": "acquire" })));
    assert!(applied.state.user_inventory.contains(&"sealed letter".to_owned()));
}

#[test]
fn what_is_dropped_lies_where_the_player_is() {
    let applied = model(&new_state(), event(&json!({ "item": "lantern", "action": "drop" })));
    assert_eq!(applied.state.user_inventory, ["whistle"]);
    assert_eq!(applied.state.locations["jetty"].items, ["oar", "lantern"]);
    assert_eq!(rejected(&new_state(), &json!({ "item": "oar", "action": "drop" })), "the player does not have `oar`");
}

#[test]
fn a_thing_is_taken_where_the_turn_began_and_dropped_where_it_was_said() {
    for from in [json!({ "type": "location", "name": null }), Value::Null] {
        let events = json!([{ "item": "oar", "action": "acquire", "from": from }]);
        let applied = model(&new_state(), json!({ "user_location": "up", "item_events": events }));
        assert!(applied.state.user_inventory.contains(&"oar".to_owned()), "{:?}", applied.rejections);
    }
    let events = json!([{ "item": "lantern", "action": "drop", "from": { "type": "player" } }]);
    let applied = model(&new_state(), json!({ "user_location": "up", "item_events": events }));
    assert_eq!(applied.state.user_location, "lamp_room");
    assert_eq!(applied.state.locations["jetty"].items, ["oar", "lantern"]);
}

#[test]
fn a_thing_is_found_by_a_part_of_its_name_that_fits_nothing_else() {
    let up = patched(&StatePatch { user_location: Some("lamp_room".into()), ..StatePatch::default() });
    let applied = model(&up, event(&json!({ "item": "the can", "action": "acquire" })));
    assert!(applied.state.user_inventory.contains(&"oil can".to_owned()), "{:?}", applied.rejections);
    let mut two = up;
    two.locations.get_mut("lamp_room").unwrap().items.push("rusty can".into());
    assert_eq!(
        rejected(&two, &json!({ "item": "can", "action": "acquire" })),
        "`can` may mean oil can, rusty can; name one"
    );
}

#[test]
fn what_is_given_is_with_the_one_who_got_it() {
    let applied = model(
        &new_state(),
        event(&json!({ "item": "lantern", "action": "give", "to": { "type": "npc", "name": "Old Gull" } })),
    );
    assert_eq!(applied.state.npcs["gull"].items, ["net", "lantern"]);
    assert_eq!(
        rejected(&new_state(), &json!({ "item": "lantern", "action": "give" })),
        "it is not said who gets `lantern`; name a `to`"
    );
    let to_nobody = json!({ "item": "lantern", "action": "give", "to": { "type": "npc", "name": "Neptune" } });
    assert_eq!(rejected(&new_state(), &to_nobody), "the world has no NPC `Neptune`", "it does not vanish");
}

#[test]
fn an_item_moves_without_the_player() {
    let applied = model(
        &new_state(),
        event(
            &json!({ "item": "net", "action": "move", "from": { "type": "npc", "name": "gull" }, "to": { "type": "location" } }),
        ),
    );
    assert_eq!(applied.state.locations["jetty"].items, ["oar", "net"]);
    assert!(applied.state.npcs["gull"].items.is_empty());
}

#[test]
fn only_what_is_consumed_is_used_up() {
    let used = model(&new_state(), event(&json!({ "item": "whistle", "action": "use" })));
    assert_eq!((used.state.user_inventory.len(), used.rejections.len()), (2, 0));
    let consumed = model(&new_state(), event(&json!({ "item": "whistle", "action": "use", "consumed": true })));
    assert_eq!(consumed.state.user_inventory, ["lantern"]);
}

#[test]
fn a_conditional_takes_an_item_from_wherever_it_is_or_creates_it() {
    let fetched = conditional(&new_state(), event(&json!({ "item": "matches", "action": "acquire" }))).state;
    assert!(fetched.user_inventory.contains(&"matches".to_owned()));
    assert!(!fetched.locations["lamp_room"].items.contains(&"matches".to_owned()));
    let created = conditional(&new_state(), event(&json!({ "item": "flare", "action": "acquire" }))).state;
    assert!(created.user_inventory.contains(&"flare".to_owned()));
    let gone = conditional(&new_state(), event(&json!({ "item": "lantern", "action": "drop" }))).state;
    assert_eq!(gone.user_inventory, ["whistle"]);
    assert_eq!(gone.locations["jetty"].items, ["oar"], "what an author drops without saying where is gone");
}

#[test]
fn what_is_fixed_stays_where_it_is_unless_a_conditional_takes_it() {
    let mut library = library();
    library.rewrite_scenario("lighthouse", |scenario| {
        scenario.items.insert("oar".into(), Item { fixed: true, ..Item::default() });
    });
    let acquire = serde_json::from_value(event(&json!({ "item": "oar", "action": "acquire" }))).unwrap();
    let input = Input::Player { message: "I take the oar.".into(), actor: None };
    let applied = apply(&library, &new_state(), &acquire, &input).unwrap();
    assert_eq!(applied.rejections[0].reason, "`oar` is fixed where it is");
    assert!(applied.state.locations["jetty"].items.contains(&"oar".to_owned()));
    library.rewrite_scenario("lighthouse", |scenario| {
        let then = json!({ "when": { "min_turns": 0 }, "then": event(&json!({ "item": "oar", "action": "acquire" })) });
        let torn_off = serde_json::from_value(then).unwrap();
        scenario.scenes.get_mut("storm").unwrap().conditionals.insert("torn_off".into(), torn_off);
    });
    let applied = apply(&library, &new_state(), &crate::Delta::default(), &input).unwrap();
    assert!(applied.state.user_inventory.contains(&"oar".to_owned()));
}
