//! What the check says of turns that never come and of events that never stop.

use serde_json::{Value, json};

use super::tests::{assert_finding, findings, one_more, set};

const OF_SCENE: &str = "/scenes/storm/conditionals";

fn of_scene(conditional: Value) -> crate::Finding {
    one_more(set(OF_SCENE, "bell", conditional))
}

fn of_scenario(conditional: Value) -> crate::Finding {
    one_more(set("", "conditionals", json!({ "bell": conditional })))
}

#[test]
fn a_recurring_conditional_needs_no_when_in_a_scene_or_in_the_scenario() {
    let bell = json!({ "every": 4, "first_turn": 2, "then": { "prompt": "A bell." } });
    assert_eq!(findings(set(OF_SCENE, "bell", bell.clone())), findings(|_| {}));
    assert_eq!(findings(set("", "conditionals", json!({ "bell": bell }))), findings(|_| {}));
    let finding = of_scene(json!({ "then": { "prompt": "A bell." } }));
    assert_finding(&finding, "/scenes/storm/conditionals/bell/when", "an empty `when` never holds", "");
}

#[test]
fn a_first_turn_without_every_says_nothing() {
    let finding = of_scene(json!({ "when": { "min_turns": 1 }, "first_turn": 3, "then": { "prompt": "A bell." } }));
    assert_finding(&finding, "/scenes/storm/conditionals/bell/first_turn", "says nothing", "give it `every`");
}

#[test]
fn an_event_on_every_turn_never_stops() {
    let finding = of_scene(json!({ "every": 1, "then": { "prompt": "A bell." } }));
    assert_finding(&finding, "/scenes/storm/conditionals/bell/every", "each event causes the next", "2 or more");
}

#[test]
fn what_fires_once_does_not_recur() {
    let finding = of_scene(json!({ "every": 2, "once": true, "then": { "prompt": "A bell." } }));
    assert_finding(&finding, "/scenes/storm/conditionals/bell/once", "fires once in a game", "leave out `once`");
}

#[test]
fn a_turn_that_every_passes_over_never_comes() {
    let never = json!({ "every": 5, "when": { "scene_turn_counter": 4 }, "then": { "prompt": "A bell." } });
    let finding = of_scene(never);
    let at = "/scenes/storm/conditionals/bell/when/scene_turn_counter";
    assert_finding(&finding, at, "turn 4 is none of those", "leave out one");
    let finding = of_scenario(json!({ "every": 5, "when": { "turn_counter": 4 }, "then": { "prompt": "A bell." } }));
    assert_finding(&finding, "/conditionals/bell/when/turn_counter", "turn 4 is none of those", "leave out one");
}

#[test]
fn no_rule_of_the_scenario_is_tried_in_turn_0() {
    let finding = of_scenario(json!({ "every": 5, "first_turn": 0, "then": { "prompt": "A bell." } }));
    assert_finding(&finding, "/conditionals/bell/first_turn", "none is turn 0", "use 1");
}

#[test]
fn a_rule_of_the_scenario_is_checked_like_one_of_a_scene() {
    let finding = of_scenario(json!({ "when": { "location": "jety" }, "then": { "prompt": "A bell." } }));
    assert_finding(&finding, "/conditionals/bell/when/location", "no scene has a location", "`jetty`");
    let finding = of_scenario(json!({ "when": { "min_turns": 1 }, "then": {} }));
    assert_finding(&finding, "/conditionals/bell/then", "nothing happens", "");
}
