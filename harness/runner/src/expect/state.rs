//! Expectations on a game's state.

use harness_case::Expect;
use harness_events::Mismatch;
use serde_json::Value;

use super::{compare, compare_members, compare_places};

pub(super) fn check(expect: &Expect, state: Option<&Value>, wrong: &mut Vec<Mismatch>) {
    let nothing = Value::Null;
    let state = state.unwrap_or(&nothing);
    let text = |key: &str| state.get(key).and_then(Value::as_str).map(str::to_owned);
    let number = |key: &str| state.get(key).and_then(Value::as_u64);
    compare(wrong, "expect.location", expect.location.clone(), text("user_location"));
    compare(wrong, "expect.scene_name", expect.scene_name.clone(), text("scene_name"));
    compare(wrong, "expect.turn_counter", expect.turn_counter, number("turn_counter"));
    compare(wrong, "expect.scene_turn_counter", expect.scene_turn_counter, number("scene_turn_counter"));
    compare(wrong, "expect.is_ended", expect.is_ended, state.get("is_ended").and_then(Value::as_bool));
    if let Some(expected) = &expect.inventory {
        inventory(expected, state.get("user_inventory"), wrong);
    }
    wrong.extend(compare_members("expect.vars", &expect.vars, state.get("vars").unwrap_or(&nothing)));
    for (npc, expected) in &expect.npc_locations {
        let actual = state.get("npcs").and_then(|npcs| npcs.get(npc)?.get("location")?.as_str());
        compare(wrong, &format!("expect.npc_locations.{npc}"), Some(expected.as_str()), actual);
    }
    wrong.extend(compare_places("expect.state", &expect.state, state));
}

/// The same things in any order; a thing that is there twice is not the same as once.
fn inventory(expected: &[String], actual: Option<&Value>, wrong: &mut Vec<Mismatch>) {
    let Some(Value::Array(items)) = actual else {
        wrong.push(Mismatch::new("expect.inventory", expected.join(", "), "not known"));
        return;
    };
    let mut carried: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
    let mut wanted: Vec<&str> = expected.iter().map(String::as_str).collect();
    carried.sort_unstable();
    wanted.sort_unstable();
    if carried != wanted {
        // Of something that is there twice, once is another number.
        let beyond = |items: &[&str], others: &[&str], sign: char| -> Vec<String> {
            let mut others = others.to_vec();
            let left = items.iter().filter(|item| match others.iter().position(|other| other == *item) {
                Some(at) => {
                    others.swap_remove(at);
                    false
                }
                None => true,
            });
            left.map(|item| format!("{sign}{item}")).collect()
        };
        let (missing, extra) = (beyond(&wanted, &carried, '-'), beyond(&carried, &wanted, '+'));
        let difference = [missing, extra].concat().join(", ");
        let actual = format!("[{}] ({difference})", carried.join(", "));
        wrong.push(Mismatch::new("expect.inventory", format!("[{}]", wanted.join(", ")), actual));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::expect::{Observed, check};

    fn wrong(expect: Value, state: Value) -> Vec<String> {
        let expect: Expect = serde_json::from_value(expect).unwrap();
        let seen = Observed { state: Some(state), ..Observed::default() };
        check(&expect, &seen).into_iter().map(|mismatch| mismatch.what).collect()
    }

    #[test]
    fn an_item_that_is_expected_twice_and_carried_once_is_the_difference() {
        let expect: Expect = serde_json::from_value(json!({"inventory": ["token", "token"]})).unwrap();
        let state = json!({"user_inventory": ["token", "rope"]});
        let wrong = check(&expect, &Observed { state: Some(state), ..Observed::default() });
        assert_eq!(wrong[0].actual, "[rope, token] (-token, +rope)");
    }

    #[test]
    fn what_holds_is_not_reported() {
        let state = json!({
            "user_location": "pier", "scene_name": "dusk", "user_inventory": ["rope", "lamp"], "turn_counter": 3,
            "scene_turn_counter": 0, "is_ended": false, "vars": {"lit": "true", "x": "y"},
            "npcs": {"gull": {"location": "mast"}},
        });
        let expect = json!({
            "location": "pier", "scene_name": "dusk", "inventory": ["lamp", "rope"], "turn_counter": 3,
            "scene_turn_counter": 0, "is_ended": false, "vars": {"lit": "true"}, "npc_locations": {"gull": "mast"},
            "state": {"/npcs/gull/location": "mast"},
        });
        assert!(wrong(expect, state).is_empty());
    }

    #[test]
    fn everything_that_does_not_hold_is_reported() {
        let expect = json!({
            "user_location": "pier", "user_inventory": [], "turn_counter": 3, "game_ended": true, "vars": {"lit": "true"},
            "npc_locations": {"gull": "mast"},
        });
        let state = json!({"user_location": "deck", "user_inventory": ["rope"], "turn_counter": 4, "is_ended": false});
        assert_eq!(
            wrong(expect, state),
            [
                "expect.location",
                "expect.turn_counter",
                "expect.is_ended",
                "expect.inventory",
                "expect.vars.lit",
                "expect.npc_locations.gull"
            ]
        );
    }

    #[test]
    fn a_thing_carried_twice_is_not_the_same_as_once() {
        assert_eq!(
            wrong(json!({"inventory": ["rope"]}), json!({"user_inventory": ["rope", "rope"]})),
            ["expect.inventory"]
        );
    }

    #[test]
    fn nothing_holds_of_a_game_that_cannot_be_seen() {
        let expect: Expect = serde_json::from_value(json!({"location": "pier", "inventory": []})).unwrap();
        assert_eq!(check(&expect, &Observed::default()).len(), 2);
    }
}
