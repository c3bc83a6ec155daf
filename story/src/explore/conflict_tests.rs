//! The search in the story with a fight that the documentation shows.

use serde_json::{Value, json};

use super::{DEFAULT_BUDGET, Exploration, explore, walk};
use crate::content::Library;
use crate::testing::weir_sources;

fn library(change: impl FnOnce(&mut Value)) -> Library {
    let mut sources = weir_sources();
    let mut scenario: Value = serde_json::from_str(&sources[0].text).unwrap();
    change(&mut scenario);
    sources[0].text = scenario.to_string();
    Library::load(sources).unwrap()
}

fn explored(change: impl FnOnce(&mut Value)) -> Exploration {
    let found = explore(&library(change), "eel_weir", DEFAULT_BUDGET).unwrap();
    assert!(found.is_complete, "{} states", found.states);
    found
}

#[test]
fn a_search_is_finite_and_takes_a_fight_to_be_won_or_lost() {
    let found = explored(|_| {});
    assert_eq!(found.dead_end, None);
    assert_eq!(
        found.endings["ring"],
        ["go east", "attack Old Eel (by chance: the player defeats Old Eel)", "take the silver ring", "go west"]
    );
    assert!(found.states < 300, "{} states", found.states);
}

#[test]
fn a_fall_that_costs_what_the_story_needs_is_a_dead_end() {
    let found = explored(|weir| {
        weir["conditionals"]["warden_falls"]["then"]["monster_events"] =
            json!([{ "action": "despawn", "instance_id": "eel" }]);
    });
    assert_eq!(
        found.dead_end.unwrap(),
        ["go east", "are attacked by Old Eel (by chance: Old Eel defeats the player)"],
        "the eel swims away with the ring"
    );
}

#[test]
fn an_ending_that_asks_for_hit_points_is_reached_however_the_dice_would_fall() {
    let found = explored(|weir| {
        weir["conditionals"]["close"] =
            json!({ "when": { "hp": { "player": "= 3" }, "defeated": ["eel"] }, "then": { "ending": "close" } });
        weir["endings"]["close"] = json!({ "name": "Close" });
    });
    assert!(found.endings.contains_key("close"), "{:?}", found.endings);
}

#[test]
fn an_opponent_that_strikes_on_every_turn_leaves_the_search_finite() {
    let strikes = json!({
        "every": 1, "when": { "location": "weir", "not": { "defeated": ["eel"] } },
        "then": { "attacks": [{ "attacker": "eel", "target": "player" }] }
    });
    let change = |weir: &mut Value| weir["conditionals"]["a_bite"] = strikes.clone();
    let found = explored(change);
    assert_eq!((found.dead_end, found.endings.len()), (None, 1));
    let walks = walk(&library(change), "eel_weir", 2_000, 200, 3).unwrap();
    assert!(walks.refused.is_empty() && walks.endings["ring"] > 0, "{walks:?}");
}
