//! What is said of fights: in the story that the documentation shows, with one thing wrong.

use serde_json::{Value, json};

use super::tests::{assert_finding, findings, one_more, set};
use super::*;
use crate::testing::weir_sources;

fn of_weir(change: impl FnOnce(&mut Value)) -> Vec<Finding> {
    let mut sources = weir_sources();
    let mut scenario: Value = serde_json::from_str(&sources[0].text).unwrap();
    change(&mut scenario);
    sources[0].text = scenario.to_string();
    check_sources(&sources)
}

fn one(change: impl FnOnce(&mut Value)) -> Finding {
    let mut found = of_weir(change);
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}

#[test]
fn the_story_of_the_documentation_has_no_flaws() {
    assert_eq!(of_weir(|_| {}), []);
}

#[test]
fn what_comes_of_the_players_fall_must_be_said() {
    let finding = one(|weir| drop(weir["conditionals"].as_object_mut().unwrap().remove("warden_falls")));
    assert_finding(&finding, "/conflict", "no conditional says what then", "\"defeated\": [\"player\"]");
    assert_eq!(finding.severity, Severity::Error);
    let finding = one(set("/conditionals/warden_falls", "then", json!({ "user_location": "bank" })));
    assert_finding(&finding, "/conditionals/warden_falls/then", "ends without a word", "set_hp");
    let finding = one(|weir| drop(weir["conditionals"]["warden_falls"].as_object_mut().unwrap().remove("once")));
    assert_finding(&finding, "/conditionals/warden_falls", "once in a game", "\"once\": false");
    let by_hp = set("/conditionals/warden_falls", "when", json!({ "any": [{ "hp": { "player": "< 1" } }] }));
    assert_eq!(of_weir(by_hp), []);
    assert_eq!(of_weir(set("/conditionals/warden_falls", "then", json!({ "ending": "ring" }))), []);
}

#[test]
fn a_scene_with_somebody_to_fight_is_named_if_nothing_catches_the_fall_there() {
    let finding = one(|weir| {
        let falls = weir["conditionals"].as_object_mut().unwrap().remove("warden_falls").unwrap();
        let monsters = weir["locations"]["weir"].as_object_mut().unwrap().remove("monsters").unwrap();
        let mut weir_at_night = weir["locations"]["weir"].clone();
        weir_at_night["monsters"] = monsters;
        weir["opening_scene"] = json!("dusk");
        weir["scenes"] = json!({
            "dusk": { "conditionals": { "warden_falls": falls, "night": { "when": { "location": "weir" }, "then": { "scene_change": { "to": "night" } } } } },
            "night": { "locations": { "weir": weir_at_night } }
        });
    });
    assert_finding(&finding, "/scenes/night", "in the scene `night`", "set_hp");
}

#[test]
fn a_fight_needs_somebody_on_both_sides() {
    let finding = one(|weir| weir["locations"]["weir"]["monsters"]["eel"]["max_hp"] = json!(0));
    assert_finding(&finding, "/conflict", "nobody to fight", "max_hp");
    let mut sources = weir_sources();
    sources[1].text = json!({ "name": "Wren" }).to_string();
    let found = check(&Library::load(sources.clone()).unwrap(), &sources);
    assert_finding(&found[0], "/default_pc", "`warden` has no hit points", "max_hp");
}

#[test]
fn whom_conditions_and_effects_name_must_exist() {
    let finding = one(set("/conditionals/eel_falls/when", "defeated", json!(["eal"])));
    assert_finding(&finding, "/conditionals/eel_falls/when/defeated/0", "`eal` is neither", "`eel`");
    let finding = one(set("/conditionals/ring_is_home/when", "hp", json!({ "plyer": "> 1" })));
    assert_finding(&finding, "/conditionals/ring_is_home/when/hp/plyer", "`plyer`", "`player`");
    let finding = one(set("/conditionals/eel_falls/then", "add_hp", json!({ "ell": 1 })));
    assert_finding(&finding, "/conditionals/eel_falls/then/add_hp/ell", "`ell`", "`eel`");
    let attacks = json!([{ "attacker": "eel", "target": "eel" }]);
    let finding = one(set("/conditionals/eel_falls/then", "attacks", attacks));
    assert_finding(&finding, "/conditionals/eel_falls/then/attacks/0/target", "themselves", "");
    let finding = one(set("/items/oar", "damage", json!("a lot")));
    assert_finding(&finding, "/items/oar/damage", "no dice", "");
}

#[test]
fn words_of_fights_in_a_story_without_them_are_found() {
    assert!(findings(|_| {}).iter().all(|finding| !finding.message.contains("conflict")), "its eels have hit points");
    let finding = one_more(set("/scenes/storm/conditionals/answer/when", "defeated", json!(["eel_9"])));
    assert_finding(&finding, "/scenes/storm/conditionals/answer/when", "never holds", "\"conflict\": {}");
    let finding = one_more(set("/scenes/storm/conditionals/answer/then", "set_hp", json!({ "player": 1 })));
    assert_finding(&finding, "/scenes/storm/conditionals/answer/then", "rejected", "\"conflict\": {}");
    let finding = one_more(set("", "items", json!({ "oar": { "damage": "1d6" } })));
    assert_finding(&finding, "/items/oar/damage", "does nothing", "\"conflict\": {}");
}
