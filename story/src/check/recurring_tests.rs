//! What the check says of turns that never come, of events that never stop, and of chances that are none.

use serde_json::{Value, json};

use super::tests::{assert_finding, findings, one_more, set};

const OF_SCENE: &str = "/scenes/storm/conditionals";

fn of_scene(conditional: Value) -> crate::Finding {
    one_more(set(OF_SCENE, "bell", conditional))
}

fn of_scenario(conditional: &Value) -> crate::Finding {
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
    let finding = of_scenario(&json!({ "every": 5, "when": { "turn_counter": 4 }, "then": { "prompt": "A bell." } }));
    assert_finding(&finding, "/conditionals/bell/when/turn_counter", "turn 4 is none of those", "leave out one");
}

#[test]
fn no_rule_of_the_scenario_is_tried_in_turn_0() {
    let finding = of_scenario(&json!({ "every": 5, "first_turn": 0, "then": { "prompt": "A bell." } }));
    assert_finding(&finding, "/conditionals/bell/first_turn", "none is turn 0", "use 1");
}

#[test]
fn a_rule_of_the_scenario_is_checked_like_one_of_a_scene() {
    let finding = of_scenario(&json!({ "when": { "location": "jety" }, "then": { "prompt": "A bell." } }));
    assert_finding(&finding, "/conditionals/bell/when/location", "no scene has a location", "`jetty`");
    let finding = of_scenario(&json!({ "when": { "min_turns": 1 }, "then": {} }));
    assert_finding(&finding, "/conditionals/bell/then", "nothing happens", "");
}

#[test]
fn a_chance_that_never_or_always_holds_is_none() {
    let at = "/scenes/storm/conditionals/bell/chance";
    let with = |chance: f64| of_scene(json!({ "chance": chance, "then": { "prompt": "A bell." } }));
    assert_finding(&with(0.0), at, "a chance of 0 never holds", "like 0.3");
    assert_finding(&with(1.0), at, "a chance of 1 always holds", "leave it out");
}

#[test]
fn a_roll_that_always_or_never_comes_to_its_number_is_none() {
    let at = "/scenes/storm/conditionals/bell/roll/at_least";
    let with = |at_least: i32| {
        of_scene(json!({ "roll": { "dice": "2d6+1", "at_least": at_least }, "then": { "prompt": "A bell." } }))
    };
    assert_finding(&with(14), at, "`2d6+1` shows at most 13, so this never holds", "13 or less");
    assert_finding(&with(3), at, "`2d6+1` shows at least 3, so this always holds", "more than 3");
    let misspelt =
        json!({ "roll": { "dice": "2d6", "at_least": 7, "adds": "strength" }, "then": { "prompt": "A bell." } });
    assert_finding(&of_scene(misspelt), "/scenes/storm/conditionals/bell/roll/adds", "unknown field", "`add`");
}

#[test]
fn chance_and_dice_that_make_sense_are_accepted_and_others_refused_with_their_form() {
    let bell = json!({ "chance": 0.3, "roll": { "dice": "1d20+2", "at_least": 12 }, "then": { "prompt": "A bell." } });
    assert_eq!(findings(set(OF_SCENE, "bell", bell)), findings(|_| {}));
    let refused = |conditional: Value| {
        let mut sources = crate::testing::sources();
        let mut scenario: Value = serde_json::from_str(&sources[0].text).unwrap();
        scenario.pointer_mut(OF_SCENE).unwrap()["bell"] = conditional;
        sources[0].text = scenario.to_string();
        let found = super::check_sources(&sources).into_iter().find(|finding| finding.pointer.contains("/bell"));
        found.map(|finding| (finding.pointer, finding.message)).unwrap()
    };
    let (at, dice) = refused(json!({ "roll": { "dice": "1d1", "at_least": 1 }, "then": { "prompt": "A bell." } }));
    assert_eq!(at, "/scenes/storm/conditionals/bell/roll/dice");
    assert!(dice.contains("`1d1` is no dice") && dice.contains("like `1d20+2`"), "{dice}");
    let (at, chance) = refused(json!({ "chance": 30, "then": { "prompt": "A bell." } }));
    assert_eq!(at, "/scenes/storm/conditionals/bell/chance");
    assert_eq!(chance, "expected a number from 0 to 1, found 30");
    let (at, every) = refused(json!({ "every": 0, "then": { "prompt": "A bell." } }));
    assert_eq!(
        (at.as_str(), every.as_str()),
        ("/scenes/storm/conditionals/bell/every", "expected at least 1, found 0")
    );
}

#[test]
fn what_no_character_has_adds_nothing() {
    let with = |add: &str| {
        let roll = json!({ "dice": "1d20", "at_least": 30, "add": add });
        json!({ "roll": roll, "then": { "prompt": "A bell." } })
    };
    let finding = of_scene(with("strenght"));
    assert_finding(&finding, "/scenes/storm/conditionals/bell/roll/add", "no character has `strenght`", "`strength`");
    assert_eq!(findings(set(OF_SCENE, "bell", with("strength"))), findings(|_| {}));
}
