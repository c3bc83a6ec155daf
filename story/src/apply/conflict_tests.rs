//! Fights, in the story that the documentation shows.

use serde_json::{Value, json};

use super::change::Change;
use super::{Applied, apply};
use crate::content::{ContentKind, Library, Source};
use crate::new_game::{NewGame, new_game};
use crate::prompt::Input;
use crate::state::GameState;
use crate::testing::weir_sources;
use crate::{Health, Rejection};

fn library() -> Library {
    Library::load(weir_sources()).unwrap()
}

/// The weir with `change` made to its scenario.
fn changed(change: impl FnOnce(&mut Value)) -> Library {
    let mut sources = weir_sources();
    let mut scenario: Value = serde_json::from_str(&sources[0].text).unwrap();
    change(&mut scenario);
    sources[0].text = scenario.to_string();
    Library::load(sources).unwrap()
}

fn start(library: &Library, seed: u32) -> GameState {
    let new = NewGame { scenario: "eel_weir".into(), seed: Some(seed), ..NewGame::default() };
    new_game(library, &new).unwrap().0
}

/// With the player at the weir, and the oar in hand.
fn at_the_weir(library: &Library, seed: u32) -> GameState {
    let mut state = start(library, seed);
    state.user_location = "weir".into();
    let lying = &mut state.locations.get_mut("bank").unwrap().items;
    state.user_inventory = std::mem::take(lying);
    state
}

fn play(library: &Library, state: &GameState, delta: Value) -> Applied {
    let input = Input::Player { message: "I fight.".into(), actor: None };
    apply(library, state, &serde_json::from_value(delta).unwrap(), &input).unwrap()
}

fn attack(attacker: &str, target: &str, item: Option<&str>) -> Value {
    json!({ "attacks": [{ "attacker": attacker, "target": target, "item": item }] })
}

/// Turns of `delta` until `is_enough`, from the first seed on that brings it within 30 turns.
fn until(library: &Library, delta: &Value, is_enough: impl Fn(&Applied) -> bool) -> Applied {
    for seed in 0..40 {
        let mut state = at_the_weir(library, seed);
        for _ in 0..30 {
            let applied = play(library, &state, delta.clone());
            if is_enough(&applied) {
                return applied;
            }
            state = applied.state;
        }
    }
    panic!("it never comes to that");
}

fn reasons(applied: &Applied) -> Vec<&str> {
    applied.rejections.iter().map(|Rejection { reason, .. }| reason.as_str()).collect()
}

fn hp(state: &GameState) -> (i64, Option<i64>) {
    (state.pc.as_ref().unwrap().hp, state.locations["weir"].monsters.get("eel").map(|eel| eel.hp))
}

#[test]
fn the_dice_of_a_seed_decide_an_attack_and_a_replay_decides_the_same() {
    let library = library();
    let series = |seed| {
        let mut state = at_the_weir(&library, seed);
        (0..6)
            .map(|_| {
                let delta = json!({ "attacks": [
                    { "attacker": "player", "target": "eel", "item": "the oar" }, { "attacker": "Old Eel", "target": "Wren Alder" }
                ] });
                // As it is stored between two turns.
                let stored = serde_json::from_value(serde_json::to_value(&state).unwrap()).unwrap();
                let applied = play(&library, &stored, delta.clone());
                assert_eq!(applied, play(&library, &state, delta));
                state = applied.state;
                (hp(&state), state.decided.clone())
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(series(1), series(1));
    assert_ne!(series(1), series(2));
    insta::assert_json_snapshot!(series(1));
}

#[test]
fn a_twenty_hits_whatever_the_armour_and_a_one_misses_whoever_strikes() {
    for (ac, share) in [(1_000, 20), (-1_000, 380)] {
        let library = changed(|scenario| scenario["locations"]["weir"]["monsters"]["eel"]["ac"] = json!(ac));
        let hits = (0..400).filter(|seed| {
            let applied = play(&library, &at_the_weir(&library, *seed), attack("player", "eel", None));
            applied.changes.iter().any(|change| matches!(change, Change::Attacked { hit: true, .. }))
        });
        let hits = hits.count();
        assert!(hits.abs_diff(share) <= 15, "{hits} of 400 against {ac}");
    }
}

#[test]
fn a_hit_costs_at_least_one_hit_point_and_none_are_left_below_zero() {
    let library = changed(|scenario| {
        scenario["items"]["oar"]["damage"] = json!("1d2-5");
        scenario["locations"]["weir"]["monsters"]["eel"]["ac"] = json!(1);
    });
    let delta = attack("player", "eel", Some("oar"));
    let first = until(&library, &delta, |applied| hp(&applied.state).1 != Some(8));
    assert_eq!(hp(&first.state).1, Some(7));
    let library = changed(|scenario| scenario["items"]["oar"]["damage"] = json!("1d2+900"));
    let last = until(&library, &delta, |applied| hp(&applied.state).1.is_none());
    assert!(last.changes.contains(&Change::HitPoints { who: "eel".into(), from: 8, to: 0 }), "{:?}", last.changes);
}

#[test]
fn a_monster_that_is_defeated_is_gone_and_leaves_all_that_it_carried() {
    let library = library();
    let applied = until(&library, &attack("player", "eel", Some("oar")), |applied| {
        applied.changes.contains(&Change::Defeated { who: "eel".into() })
    });
    assert_eq!(applied.state.locations["weir"].items, ["silver ring"]);
    assert!(applied.state.defeated.contains("eel") && applied.state.locations["weir"].monsters.is_empty());
    assert_eq!(applied.story_events[0].id, "eel_falls");
    assert_eq!(applied.state.decided, ["The player attacked Old Eel with the oar and hit; that defeated Old Eel."]);
    let again = play(&library, &applied.state, attack("player", "eel", None));
    assert_eq!(reasons(&again), ["`eel` is defeated already"]);
    assert!(again.state.decided.is_empty(), "what was decided is told once");
}

#[test]
fn a_person_who_is_defeated_stays_without_what_they_carried_and_does_nothing_more() {
    let library = changed(|scenario| {
        scenario["npcs"] = json!({ "poacher": {
            "name": "Tam Rush", "location": "weir", "following": "pc", "hp": 1, "max_hp": 4, "damage": "1d4", "items": ["knife"]
        } });
        scenario["conditionals"]["tam_wakes"] =
            json!({ "when": { "vars": { "dawn": "true" } }, "then": { "set_hp": { "poacher": 9 } } });
        scenario["vars"] = json!({ "dawn": "false" });
    });
    let applied = until(&library, &attack("player", "Tam", None), |applied| applied.state.defeated.contains("poacher"));
    let tam = &applied.state.npcs["poacher"];
    assert_eq!((tam.hp, tam.location.as_str(), tam.items.len()), (0, "weir", 0));
    let gone = play(&library, &applied.state, json!({ "user_location": "bank" })).state;
    assert_eq!((gone.user_location.as_str(), gone.npcs["poacher"].location.as_str()), ("bank", "weir"));
    assert_eq!(applied.state.locations["weir"].items, ["knife"]);
    let delta = json!({
        "attacks": [{ "attacker": "poacher", "target": "player" }],
        "npc_events": [{ "npc_id": "poacher", "set_location": "bank" }]
    });
    let refused = play(&library, &applied.state, delta);
    assert_eq!(reasons(&refused), ["`poacher` is defeated already", "`poacher` is defeated already"]);
    let sight = crate::sight(&applied.state);
    assert_eq!(sight.people[0].health, Some(Health::Defeated));
    let woken = play(&library, &applied.state, json!({ "set_vars": { "dawn": "true" } })).state;
    assert_eq!((woken.npcs["poacher"].hp, woken.defeated.len()), (4, 0), "no more than the highest, and on their feet");
}

#[test]
fn a_player_who_falls_wakes_where_the_author_says_and_falls_again_another_time() {
    let library = library();
    let delta = attack("eel", "player", None);
    let fell = |applied: &Applied| applied.changes.contains(&Change::Defeated { who: "player".into() });
    let first = until(&library, &delta, fell);
    assert_eq!((hp(&first.state).0, first.state.user_location.as_str(), first.state.is_ended), (1, "bank", false));
    assert!(first.state.decided.last().unwrap().ends_with("hit; the player fell."));
    let mut state = GameState { user_location: "weir".into(), ..first.state };
    for _ in 0..60 {
        let applied = play(&library, &state, delta.clone());
        if fell(&applied) {
            assert_eq!(applied.state.user_location, "bank");
            return;
        }
        state = applied.state;
    }
    panic!("the eel never hits");
}

#[test]
fn who_falls_takes_no_more_part_in_the_turn_and_that_is_no_mistake() {
    let library = changed(|scenario| {
        scenario["locations"]["weir"]["monsters"]["eel"]["damage"] = json!("1d2+50");
        scenario["conditionals"]["a_bite"] = json!({
            "when": { "location": "weir" }, "repeat": true,
            "then": { "attacks": [{ "attacker": "eel", "target": "player" }] }
        });
    });
    let fell = |applied: &Applied| applied.changes.iter().any(|change| matches!(change, Change::Defeated { .. }));
    let applied = until(&library, &attack("Old Eel", "Wren Alder", None), fell);
    assert_eq!(reasons(&applied), [""; 0]);
    let falls = applied.changes.iter().filter(|change| matches!(change, Change::Defeated { .. }));
    assert_eq!((falls.count(), hp(&applied.state).0), (1, 1));
    let first = attack("player", "eel", Some("oar"))["attacks"][0].clone();
    let answered = json!({ "attacks": [first, { "attacker": "Old Eel", "target": "player" }, { "attacker": "eel", "target": "player" }] });
    let library = self::library();
    let won = until(&library, &answered, |applied| hp(&applied.state).1.is_none());
    assert_eq!((reasons(&won), won.state.decided.len()), (vec![], 1));
}

#[test]
fn who_is_said_to_strike_again_and_again_strikes_once_in_a_turn() {
    let library = library();
    let blows = vec![json!({ "attacker": "player", "target": "eel" }); 40];
    let applied = play(&library, &at_the_weir(&library, 1), json!({ "attacks": blows }));
    assert_eq!((applied.state.decided.len(), applied.rejections.len()), (1, 39));
    assert_eq!(reasons(&applied)[0], "`player` has attacked in this turn already; each strikes once");
    assert_eq!(applied.state.rejected.len(), 5, "and the narrator reads some of it");
}

#[test]
fn a_fall_that_no_conditional_speaks_of_ends_the_game() {
    let library = changed(|scenario| drop(scenario["conditionals"].as_object_mut().unwrap().remove("warden_falls")));
    let applied = until(&library, &attack("eel", "player", None), |applied| applied.state.is_ended);
    assert_eq!((hp(&applied.state).0, applied.state.ending), (0, None));
}

#[test]
fn an_attack_that_cannot_be_is_rejected_with_its_reason() {
    let library = changed(|scenario| {
        scenario["npcs"] = json!({ "clerk": { "name": "The Clerk", "location": "weir", "hp": 4, "max_hp": 4 } });
    });
    let here = at_the_weir(&library, 1);
    for (delta, reason) in [
        (attack("player", "el", None), "nobody who fights is called `el`; did you mean `eel`?"),
        (attack("player", "clerk", None), "`clerk` does not fight"),
        (attack("clerk", "player", None), "`clerk` does not fight"),
        (attack("player", "me", None), "nobody who fights is called `me`"),
        (attack("eel", "Old Eel", None), "`eel` cannot attack itself"),
        (attack("player", "eel", Some("harpoon")), "the player does not have `harpoon`"),
        (json!({ "set_hp": { "eel": 0 } }), "a model cannot send `set_hp`; only conditionals can"),
    ] {
        let applied = play(&library, &here, delta.clone());
        assert_eq!(reasons(&applied), [reason], "{delta}");
        assert_eq!((applied.changes, hp(&applied.state)), (vec![], (10, Some(8))), "{delta}");
    }
    let elsewhere = play(&library, &start(&library, 1), attack("player", "eel", None));
    assert_eq!(reasons(&elsewhere), ["`player` and `eel` are not both where the player is"]);
    let before = changed(|scenario| drop(scenario.as_object_mut().unwrap().remove("conflict")));
    let applied = play(&before, &at_the_weir(&before, 1), attack("player", "eel", None));
    assert_eq!(reasons(&applied), ["the story has no fights: its scenario has no `conflict`"]);
}

#[test]
fn a_move_and_an_attack_in_one_turn_are_both_possible() {
    let library = library();
    let delta = json!({ "user_location": "weir", "attacks": [{ "attacker": "player", "target": "eel" }] });
    let applied = play(&library, &start(&library, 1), delta);
    assert_eq!((reasons(&applied), applied.state.decided.len()), (vec![], 1));
}

#[test]
fn a_remedy_is_used_up_and_gives_back_no_more_than_was_lost() {
    let library = library();
    for (lost, left) in [(10, 0), (1, 9)] {
        let mut state = at_the_weir(&library, 1);
        state.pc.as_mut().unwrap().hp -= lost - 1;
        let before = hp(&state).0;
        let applied = play(&library, &state, json!({ "item_events": [{ "item": "bitter tonic", "action": "use" }] }));
        assert_eq!(applied.state.user_inventory, ["oar"], "also where the model does not say that it is consumed");
        let after = hp(&applied.state).0;
        assert!(after <= 10 && (left == 9 || after >= before + 2), "{before} to {after}");
    }
}

#[test]
fn bonuses_are_those_of_the_weapon_else_of_the_score_and_the_numbers_are_told_where_the_author_wants_them() {
    let shown = |pc: Value, item: Option<&str>| {
        let mut sources = weir_sources();
        let mut scenario: Value = serde_json::from_str(&sources[0].text).unwrap();
        scenario["conflict"] = json!({ "numbers": true });
        scenario["items"]["oar"]["add"] = json!("dexterity");
        sources[0].text = scenario.to_string();
        sources[1] = Source { kind: ContentKind::Pc, text: pc.to_string(), ..sources[1].clone() };
        let library = Library::load(sources).unwrap();
        let applied = play(&library, &at_the_weir(&library, 1), attack("player", "eel", item));
        let told = &applied.state.decided[0];
        let number = told.split_once('(').unwrap().1.split(' ').next().unwrap();
        assert!(told.contains(" against 11"), "{told}");
        number.parse::<i64>().unwrap()
    };
    let pc = |modifiers: Value| {
        json!({
            "name": "Wren", "max_hp": 10, "stats": { "strength": 14, "dexterity": 18 }, "combat_modifiers": modifiers
        })
    };
    let plain = shown(json!({ "name": "Wren", "max_hp": 10 }), None);
    assert_eq!(shown(pc(json!({})), None), plain + 2);
    assert_eq!(shown(pc(json!({})), Some("oar")), plain + 4);
    assert_eq!(shown(pc(json!({ "proficiency": 3 })), Some("oar")), plain + 7);
    assert_eq!(shown(pc(json!({ "dexterity": 1, "proficiency": 3 })), Some("oar")), plain + 4);
    assert_eq!(shown(pc(json!({ "oar": 9, "proficiency": 3 })), Some("oar")), plain + 9);
    assert_eq!(shown(pc(json!({ "unarmed": 6 })), None), plain + 6);
}

#[test]
fn the_numbers_of_a_hit_are_what_it_cost_and_what_is_left() {
    let library = changed(|scenario| scenario["conflict"] = json!({ "numbers": true }));
    let mut hits = 0;
    for seed in 0..40 {
        let state = at_the_weir(&library, seed);
        let applied = play(&library, &state, attack("player", "eel", None));
        let (Some(before), Some(left)) = (hp(&state).1, hp(&applied.state).1) else { continue };
        if left < before {
            hits += 1;
            let numbers = format!("; {} of damage, {left} of {before} hit points left).", before - left);
            let decided = applied.state.decided.join(" ");
            assert!(decided.contains(&numbers), "{decided}: {numbers}");
        } else {
            assert!(!applied.state.decided.join(" ").contains("of damage"), "{:?}", applied.state.decided);
        }
    }
    assert!(hits > 5, "only {hits} of 40 hit");
}

#[test]
fn who_was_defeated_does_not_come_back_with_a_scene_but_by_an_authors_word() {
    let library = changed(|scenario| {
        let weir = scenario["locations"]["weir"].clone();
        scenario["npcs"] = json!({});
        scenario["opening_scene"] = json!("dusk");
        scenario["scenes"] = json!({
            "dusk": { "conditionals": { "night": { "when": { "vars": { "night": "true" } }, "then": { "scene_change": { "to": "dark" } } } } },
            "dark": { "locations": { "weir": weir }, "conditionals": { "back": {
                "when": { "min_scene_turns": 1 }, "then": { "monster_events": [
                    { "action": "spawn", "instance_id": "eel", "name": "Old Eel", "location": "weir", "max_hp": 3, "damage": "1d4" }
                ] }
            } } }
        });
        scenario["vars"] = json!({ "night": "false" });
    });
    let won = until(&library, &attack("player", "eel", Some("oar")), |applied| applied.state.defeated.contains("eel"));
    let dark = play(&library, &won.state, json!({ "set_vars": { "night": "true" } })).state;
    assert_eq!((dark.scene_name.as_str(), dark.locations["weir"].monsters.len()), ("dark", 0));
    assert_eq!(dark.locations["weir"].items, ["silver ring"]);
    let back = play(&library, &dark, json!({})).state;
    assert!(back.locations["weir"].monsters["eel"].hp == 3 && back.defeated.is_empty());
}
