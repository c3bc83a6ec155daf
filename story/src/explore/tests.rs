//! Small stories with known endings and known dead ends.

use super::*;
use crate::content::{ContentKind, Library, Source};
use crate::testing::shipped_sources;

fn story(scenario: &serde_json::Value) -> (Library, Vec<Source>) {
    let sources = vec![Source {
        kind: ContentKind::Scenario,
        id: "mill".into(),
        path: "scenarios/mill.json".into(),
        text: scenario.to_string(),
    }];
    (Library::load(sources.clone()).unwrap(), sources)
}

/// A key that lies on an island of the first scene, a door of the second that needs it.
fn mill(leave: &serde_json::Value) -> serde_json::Value {
    serde_json::json!({
        "name": "The Mill", "rating": "G", "story": "A mill.", "opening_scene": "flood", "opening_location": "bank",
        "vars": { "wheel": "still" },
        "locations": { "bank": { "name": "Bank", "description": "A bank.", "exits": { "north": "isle", "east": "mill" } },
                       "mill": { "name": "Mill", "description": "A mill.", "exits": { "west": "bank" } } },
        "scenes": {
            "flood": {
                "story": "Water.",
                "locations": { "isle": { "name": "Isle", "description": "An isle.", "exits": { "south": "bank" }, "items": ["key"] } },
                "contingency_rules": ["When the player turns the wheel in the Mill, set wheel to turned."],
                "conditionals": { "ebb": { "when": leave, "then": { "scene_change": { "to": "ebb" } } } }
            },
            "ebb": {
                "story": "Mud.",
                "conditionals": { "in": { "when": { "location": "mill", "inventory": ["key"] }, "then": { "game_ended": true } },
                                  "never": { "when": { "vars": { "wheel": "broken" } }, "then": { "ending": "lost" } } }
            }
        },
        "endings": { "lost": { "name": "Lost" } }
    })
}

#[test]
fn a_dead_end_is_found_with_the_shortest_way_to_it() {
    let (library, sources) = story(&mill(&serde_json::json!({ "vars": { "wheel": "turned" } })));
    let found = explore(&library, "mill", DEFAULT_BUDGET).unwrap();
    assert!(found.is_complete);
    assert_eq!(found.dead_end.unwrap(), ["go east", "turns the wheel in the Mill"], "the key was left on the isle");
    assert_eq!(found.endings["ebb/in"].last().unwrap(), "turns the wheel in the Mill");
    let findings: Vec<_> =
        check(&library, &sources, DEFAULT_BUDGET).into_iter().map(|finding| finding.message).collect();
    assert!(findings[0].contains("go east, turns the wheel"), "{findings:?}");
    assert!(findings[1].contains("no way leads to the ending of `never`"), "{findings:?}");
}

#[test]
fn a_scene_that_asks_for_what_it_needs_has_no_dead_end() {
    let (library, _) =
        story(&mill(&serde_json::json!({ "vars": { "wheel": "turned" }, "inventory": ["key"], "location": "mill" })));
    let found = explore(&library, "mill", DEFAULT_BUDGET).unwrap();
    assert_eq!((found.dead_end, found.dead_ends), (None, 0));
}

#[test]
fn what_is_put_down_in_a_place_that_goes_away_is_lost() {
    let (library, _) = story(&mill(&serde_json::json!({ "vars": { "wheel": "turned" }, "inventory": ["key"] })));
    let way = explore(&library, "mill", DEFAULT_BUDGET).unwrap().dead_end.unwrap();
    assert_eq!(way[way.len() - 3..], ["take the key", "put down the key", "go south"], "the scene ends on the isle");
}

#[test]
fn a_search_that_did_not_finish_says_only_what_it_is_sure_of() {
    let (library, sources) =
        story(&mill(&serde_json::json!({ "vars": { "wheel": "turned" }, "inventory": ["key"], "location": "mill" })));
    let found = explore(&library, "mill", 3).unwrap();
    assert!(!found.is_complete);
    assert_eq!(found.dead_end, None);
    assert!(check(&library, &sources, 3).is_empty());
}

#[test]
fn the_same_seed_walks_the_same_ways() {
    let (library, _) =
        story(&mill(&serde_json::json!({ "vars": { "wheel": "turned" }, "inventory": ["key"], "location": "mill" })));
    let walks = |seed| walk(&library, "mill", 500, 60, seed).unwrap();
    assert_eq!(format!("{:?}", walks(7)), format!("{:?}", walks(7)));
    assert!(walks(7).endings["in"] > 0 && walks(7).turns == 500);
    assert!(walks(7).refused.is_empty());
}

#[test]
fn the_shipped_adventures_have_no_dead_end_and_every_ending_is_reached() {
    const BUDGET: usize = 1_000;
    let library = Library::load(shipped_sources()).unwrap();
    for (id, scenario) in library.scenarios() {
        let found = explore(&library, id, BUDGET).unwrap();
        assert_eq!(found.dead_end, None, "{id}");
        // The moon has more states than a test can look at; its endings have transcripts.
        if id == "pawned_moon" {
            continue;
        }
        assert!(found.is_complete, "{id}: more than {BUDGET} states");
        let can_end = scenario
            .conditionals()
            .filter(|conditional| conditional.then.game_ended || conditional.then.ending.is_some());
        assert_eq!(found.endings.len(), can_end.count(), "{id}: {:?}", found.endings.keys());
    }
}

#[test]
fn random_walks_of_the_shipped_adventures_come_to_endings_and_contradict_nothing() {
    let library = Library::load(shipped_sources()).unwrap();
    for (id, _) in library.scenarios() {
        let walks = walk(&library, id, 3_000, 1_000, 1).unwrap();
        assert!(walks.refused.is_empty(), "{id}: {:#?}", walks.refused);
        assert!(walks.contradictions.is_empty(), "{id}: {:#?}", walks.contradictions);
        // A random player needs more turns than these to hang the moon.
        assert!(id == "pawned_moon" || !walks.endings.is_empty(), "{id}: {} games without an end", walks.unfinished);
    }
}

#[test]
fn a_description_that_speaks_of_what_is_elsewhere_is_found() {
    let contradictions = |description: serde_json::Value| {
        let mut scenario = mill(&serde_json::json!({ "location": "mill" }));
        scenario["scenes"]["flood"]["locations"]["isle"]["items"] = serde_json::json!(["iron key"]);
        scenario["scenes"]["flood"]["locations"]["isle"]["description"] = description;
        let (library, _) = story(&scenario);
        let new = crate::NewGame { scenario: "mill".into(), ..crate::NewGame::default() };
        let mut state = crate::new_game(&library, &new).unwrap().0;
        state.user_location = "isle".into();
        let texts = texts::Texts::of(&library, "mill");
        assert!(texts.contradictions(&state).is_empty(), "the key hangs there");
        state.locations.get_mut("isle").unwrap().items.clear();
        texts.contradictions(&state)
    };
    assert_eq!(contradictions("An iron key hangs on a nail.".into()), ["`isle` speaks of `iron key`"]);
    let varies = serde_json::json!({ "when": { "item_locations": { "iron key": "isle" } }, "text": "An iron key hangs on a nail." });
    assert!(contradictions(serde_json::json!([varies])).is_empty());
}

#[test]
fn a_search_waits_for_what_recurs_and_ends_when_nothing_new_comes() {
    let mut scenario = mill(&serde_json::json!({ "location": "mill" }));
    scenario["scenes"] = serde_json::json!({ "flood": { "story": "Water.", "conditionals": {
        "out": { "every": 3, "first_turn": 0, "when": { "location": "mill" }, "then": { "game_ended": true } }
    } } });
    scenario["conditionals"] = serde_json::json!({ "lost": { "every": 4, "first_turn": 0, "when": { "location": "bank" }, "then": { "ending": "lost" } } });
    let (library, _) = story(&scenario);
    let found = explore(&library, "mill", DEFAULT_BUDGET).unwrap();
    assert!(found.is_complete, "{} states", found.states);
    assert_eq!(found.dead_end, None);
    assert_eq!(found.endings.keys().collect::<Vec<_>>(), ["flood/out", "lost"]);
    assert_eq!((found.endings["flood/out"].len(), found.endings["lost"].len()), (3, 4));
}

/// The mill, where these conditionals are all there is.
fn with(conditionals: serde_json::Value) -> serde_json::Value {
    let mut scenario = mill(&serde_json::json!({}));
    scenario["scenes"] = serde_json::json!({ "flood": { "story": "Water." } });
    scenario["conditionals"] = conditionals;
    scenario
}

#[test]
fn a_search_takes_both_outcomes_of_chance_to_be_possible() {
    let roll = serde_json::json!({ "dice": "1d1000", "at_least": 1000 });
    let (library, _) = story(&with(serde_json::json!({
        "flooded": { "chance": 0.000_001, "when": { "location": "bank" }, "then": { "set_vars": { "wheel": "gone" } } },
        "saved": { "roll": roll, "when": { "location": "mill", "vars": { "wheel": "still" } }, "then": { "game_ended": true } },
        "lost": { "chance": 0, "then": { "ending": "lost" } }
    })));
    let found = explore(&library, "mill", DEFAULT_BUDGET).unwrap();
    assert!(found.is_complete);
    assert_eq!(found.endings["saved"], ["go east (by chance: saved)"], "however rarely the dice show it");
    assert_eq!(found.dead_end.unwrap(), ["wait (by chance: flooded)"], "however rarely it happens");
    assert!(!found.endings.contains_key("lost"), "a chance of 0 is no outcome");
}

#[test]
fn a_search_goes_on_where_what_is_nearly_certain_does_not_happen() {
    let (library, _) = story(&with(serde_json::json!({
        "lost": { "chance": 0.999_999, "when": { "turn_counter": 1 }, "then": { "ending": "lost" } },
        "saved": { "when": { "min_turns": 2, "location": "mill" }, "then": { "game_ended": true } }
    })));
    let found = explore(&library, "mill", DEFAULT_BUDGET).unwrap();
    assert_eq!(found.endings.keys().collect::<Vec<_>>(), ["lost", "saved"]);
}

#[test]
fn chance_that_opens_the_only_way_is_no_dead_end() {
    let (library, _) = story(&with(serde_json::json!({
        "saved": { "chance": 0.01, "when": { "location": "mill" }, "then": { "game_ended": true } }
    })));
    let found = explore(&library, "mill", DEFAULT_BUDGET).unwrap();
    assert_eq!((found.dead_end, found.is_complete), (None, true));
}

#[test]
fn more_outcomes_than_a_search_looks_at_leave_it_unfinished() {
    let coin = |index: usize| {
        let then = serde_json::json!({ "set_vars": { format!("coin_{index}"): "heads" } });
        (format!("coin_{index}"), serde_json::json!({ "chance": 0.5, "then": then }))
    };
    let (library, _) = story(&with((0..9).map(coin).collect::<serde_json::Map<_, _>>().into()));
    let found = explore(&library, "mill", 200).unwrap();
    assert!(!found.is_complete);
    assert_eq!(found.dead_end, None, "what was not looked at may lead to an ending");
}
