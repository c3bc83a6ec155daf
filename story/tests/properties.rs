//! What holds for every delta that a model could send and every conditional that an author could write, in any order.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use story::{
    Applied, Attack, ContentKind, Delta, GameState, HolderKind, HolderRef, Input, ItemAction, ItemEvent, Library,
    NewGame, NpcEvent, Rules, SceneChange, Source, StatePatch, apply, new_game, parse_delta, patch,
};

fn library() -> Library {
    library_with(include_str!("world/lighthouse.json"))
}

/// The lighthouse with fights: a crab on the jetty, and Old Gull, who can defend himself.
fn library_of_fights() -> Library {
    let mut scenario: serde_json::Value = serde_json::from_str(include_str!("world/lighthouse.json")).unwrap();
    scenario["conflict"] = serde_json::json!({});
    let crab = serde_json::json!({ "name": "Crab", "hp": 5, "max_hp": 5, "items": ["shell"] });
    scenario["locations"]["jetty"]["monsters"] = serde_json::json!({ "crab": crab });
    for (key, value) in [("max_hp", 4.into()), ("damage", "1d4".into())] {
        scenario["npcs"]["gull"][key] = value;
    }
    library_with(&scenario.to_string())
}

fn library_with(scenario: &str) -> Library {
    let source =
        |kind: ContentKind, id: &str, text: &str| Source { kind, id: id.into(), path: id.into(), text: text.into() };
    Library::load([
        source(ContentKind::Scenario, "lighthouse", scenario),
        source(ContentKind::Pc, "keeper", include_str!("world/keeper.json")),
        source(ContentKind::Narrator, "dry", include_str!("world/dry.json")),
        source(ContentKind::Monster, "eel", include_str!("world/eel.json")),
        source(ContentKind::Npc, "pilot", include_str!("world/pilot.json")),
    ])
    .unwrap()
}

fn start(library: &Library, rules: Rules) -> GameState {
    let new = NewGame { scenario: "lighthouse".into(), rules: Some(rules), ..NewGame::default() };
    new_game(library, &new).unwrap().0
}

/// Names that exist, names that nearly do, and nonsense.
fn place() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "jetty",
        "Lamp Room",
        "gallery",
        "cave",
        "causeway",
        "reef",
        "up",
        "north",
        "hatch",
        "boat",
        "",
    ]);
    prop_oneof![4 => known.prop_map(str::to_owned), 1 => ".{0,8}"]
}

fn person() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec!["gull", "The Inspector", "pilot", "MARA VOSS", "pc", ""]);
    prop_oneof![4 => known.prop_map(str::to_owned), 1 => ".{0,8}"]
}

fn item() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "oar", "Lantern", "net", "logbook", "matches", "buoy", "chart", "eelskin", "whistle",
    ]);
    prop_oneof![6 => known.prop_map(str::to_owned), 1 => ".{0,6}"]
}

fn holder() -> impl Strategy<Value = Option<HolderRef>> {
    let named = prop_oneof![
        Just(HolderRef { kind: HolderKind::Player, name: None }),
        prop::option::of(place()).prop_map(|name| HolderRef { kind: HolderKind::Location, name }),
        prop::option::of(person()).prop_map(|name| HolderRef { kind: HolderKind::Npc, name }),
    ];
    prop::option::of(named)
}

fn item_event() -> impl Strategy<Value = ItemEvent> {
    let action = prop::sample::select(vec![
        ItemAction::Acquire,
        ItemAction::Give,
        ItemAction::Drop,
        ItemAction::Move,
        ItemAction::Use,
    ]);
    (item(), action, holder(), holder(), any::<bool>()).prop_map(|(item, action, from, to, consumed)| ItemEvent {
        item,
        action,
        from,
        to,
        consumed,
    })
}

fn npc_event() -> impl Strategy<Value = NpcEvent> {
    (person(), prop::option::of(place()), prop::option::of(person()))
        .prop_map(|(npc_id, set_location, set_following)| NpcEvent { npc_id, set_location, set_following })
}

fn delta() -> impl Strategy<Value = Delta> {
    let scene = prop::sample::select(vec!["storm", "Rescue", "epilogue"]);
    let name = prop::sample::select(vec!["lamp_lit", "Beacon Answered", "oil", "tide"]);
    (
        prop::option::of(place()),
        prop::option::weighted(0.2, scene),
        prop::collection::vec(item_event(), 0..4),
        prop::collection::vec(npc_event(), 0..3),
        prop::collection::btree_map(
            name.prop_map(str::to_owned),
            prop::sample::select(vec!["true", "false", "2"]),
            0..3,
        ),
        prop::bool::weighted(0.05),
    )
        .prop_map(|(user_location, scene, item_events, npc_events, set_vars, game_ended)| Delta {
            user_location,
            scene_change: scene.map(|to| SceneChange { to: to.to_owned(), reason: String::new() }),
            item_events,
            npc_events,
            set_vars: set_vars.into_iter().map(|(name, value)| (name, value.to_owned())).collect(),
            game_ended,
            ..Delta::default()
        })
}

/// Who may be in a fight, and who may not.
fn fighter() -> impl Strategy<Value = String> {
    let known = vec!["player", "Ada Finch", "crab", "Crab", "gull", "OLD GULL", "eel_1", "eel", "inspector", ""];
    prop::sample::select(known).prop_map(str::to_owned)
}

fn fights() -> impl Strategy<Value = (Rules, Vec<(Delta, bool)>)> {
    let attack = (fighter(), fighter(), prop::option::weighted(0.3, item()))
        .prop_map(|(attacker, target, item)| Attack { attacker, target, item });
    let delta = (delta(), prop::collection::vec(attack, 0..5)).prop_map(|(delta, attacks)| Delta {
        attacks,
        game_ended: false,
        ..delta
    });
    let rules = prop::sample::select(vec![Rules::Strict, Rules::Relaxed]);
    (rules, prop::collection::vec((delta, prop::bool::weighted(0.2)), 1..10))
}

fn turns() -> impl Strategy<Value = (Rules, Vec<(Delta, bool)>)> {
    let rules = prop::sample::select(vec![Rules::Strict, Rules::Relaxed]);
    (rules, prop::collection::vec((delta(), prop::bool::weighted(0.2)), 1..8))
}

fn play(library: &Library, state: &GameState, delta: &Delta, is_event: bool) -> Applied {
    let input =
        if is_event { Input::story_event("A wave.") } else { Input::Player { message: "I act.".into(), actor: None } };
    apply(library, state, delta, &input).unwrap()
}

/// How often each item is somewhere in the world, monsters aside.
fn copies(state: &GameState) -> BTreeMap<&str, usize> {
    let mut copies = BTreeMap::new();
    let with_npcs = state.npcs.values().flat_map(|npc| &npc.items);
    let lying = state.locations.values().flat_map(|location| &location.items);
    for item in state.user_inventory.iter().chain(with_npcs).chain(lying) {
        *copies.entry(item.as_str()).or_default() += 1;
    }
    copies
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn items_are_never_duplicated((rules, turns) in turns()) {
        let library = library();
        let mut state = start(&library, rules);
        for (delta, is_event) in turns {
            state = play(&library, &state, &delta, is_event).state;
            for (item, count) in copies(&state) {
                prop_assert_eq!(count, 1, "{}", item);
            }
        }
    }

    #[test]
    fn the_same_turn_has_the_same_outcome((rules, turns) in turns()) {
        let library = library();
        let mut state = start(&library, rules);
        for (delta, is_event) in turns {
            let applied = play(&library, &state, &delta, is_event);
            prop_assert_eq!(&applied, &play(&library, &state, &delta, is_event));
            state = applied.state;
        }
    }

    #[test]
    fn hit_points_stay_in_their_bounds_and_a_fight_is_the_same_every_time((rules, turns) in fights()) {
        let library = library_of_fights();
        let mut state = start(&library, rules);
        for (delta, is_event) in turns {
            let applied = play(&library, &state, &delta, is_event);
            let stored: GameState = serde_json::from_str(&serde_json::to_string(&state).unwrap()).unwrap();
            prop_assert_eq!(&applied, &play(&library, &stored, &delta, is_event));
            state = applied.state;
            let pc = state.pc.as_ref().unwrap();
            prop_assert!((0..=pc.max_hp).contains(&pc.hp), "{}", pc.hp);
            prop_assert!(pc.hp > 0 || state.is_ended, "nobody said what comes of the fall");
            for (key, npc) in &state.npcs {
                prop_assert!((0..=npc.max_hp).contains(&npc.hp), "{}: {}", key, npc.hp);
                prop_assert!(!state.defeated.contains(key) || npc.hp == 0, "{}", key);
            }
            for (id, monster) in state.locations.values().flat_map(|place| &place.monsters) {
                prop_assert!((1..=monster.max_hp).contains(&monster.hp), "{}: {}", id, monster.hp);
                prop_assert!(!state.defeated.contains(id), "{}", id);
            }
            for (item, count) in copies(&state) {
                prop_assert_eq!(count, 1, "{}", item);
            }
        }
    }

    #[test]
    fn the_player_is_always_somewhere_and_so_is_who_follows((rules, turns) in turns()) {
        let library = library();
        let mut state = start(&library, rules);
        for (delta, is_event) in turns {
            state = play(&library, &state, &delta, is_event).state;
            prop_assert!(state.locations.contains_key(&state.user_location));
            for npc in state.npcs.values().filter(|npc| npc.following == "pc") {
                prop_assert_eq!(&npc.location, &state.user_location);
            }
        }
    }

    #[test]
    fn a_strict_step_goes_through_an_open_exit((_, turns) in turns()) {
        let library = library();
        let mut state = start(&library, Rules::Strict);
        for (delta, _) in turns {
            // In the lighthouse no conditional moves the player, so every step is the model's.
            let applied = play(&library, &state, &Delta { scene_change: None, ..delta }, false);
            if applied.state.user_location != state.user_location {
                let here = &state.locations[&state.user_location];
                let taken = here.exits.iter().any(|(direction, to)| {
                    *to == applied.state.user_location && !here.blocked_exits.contains_key(direction)
                });
                prop_assert!(taken, "{} -> {}", state.user_location, applied.state.user_location);
            }
            state = applied.state;
        }
    }

    #[test]
    fn a_state_survives_being_stored((rules, turns) in turns()) {
        let library = library();
        let mut state = start(&library, rules);
        for (delta, is_event) in turns {
            state = play(&library, &state, &delta, is_event).state;
            let stored = serde_json::to_string(&state).unwrap();
            prop_assert_eq!(&serde_json::from_str::<GameState>(&stored).unwrap(), &state);
        }
    }

    #[test]
    fn a_patch_to_a_scene_always_gives_the_same_world((rules, turns) in turns()) {
        let library = library();
        let fresh = start(&library, rules);
        let mut state = fresh.clone();
        for (delta, is_event) in turns {
            state = play(&library, &state, &delta, is_event).state;
        }
        let seed = StatePatch {
            scene_name: Some("storm".into()),
            user_location: Some("jetty".into()),
            user_inventory: Some(fresh.user_inventory.clone()),
            turn_counter: Some(0),
            is_ended: Some(false),
            ..StatePatch::default()
        };
        prop_assert_eq!(patch(&library, &state, &seed).unwrap(), fresh);
    }

    #[test]
    fn followers_converge(leaders in prop::collection::vec(0..7_usize, 6), places in prop::collection::vec(0..4_usize, 6)) {
        let library = library();
        let rooms = ["jetty", "gallery", "cave", "lamp_room"];
        let npcs: serde_json::Map<_, _> = leaders.iter().zip(&places).enumerate().map(|(index, (leader, place))| {
            let following = match leader { 6 => "pc".to_owned(), leader => format!("npc_{leader}") };
            let npc = serde_json::json!({ "name": format!("N{index}"), "location": rooms[*place], "following": following });
            (format!("npc_{index}"), npc)
        }).collect();
        let seed: StatePatch = serde_json::from_value(serde_json::json!({ "npcs": npcs })).unwrap();
        let once = patch(&library, &start(&library, Rules::Strict), &seed).unwrap();
        prop_assert_eq!(&patch(&library, &once, &StatePatch::default()).unwrap(), &once);
    }

    #[test]
    fn reading_a_delta_never_panics(text in r#"[\PC{}\[\]",:\\u0-9a-z_ \n]{0,60}"#) {
        let _ = parse_delta(&text);
    }

    #[test]
    fn a_delta_that_was_cut_anywhere_is_read_or_refused(delta in delta(), cut in 0.0..1.0_f64) {
        let text = serde_json::to_string(&delta).unwrap();
        let ends: Vec<_> = text.char_indices().map(|(at, _)| at).collect();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "an index from a fraction")]
        let end = ends.get((cut * ends.len() as f64) as usize).copied().unwrap_or_default();
        if let Ok(parsed) = parse_delta(&text[..end]) {
            prop_assert!(parsed.repaired);
            prop_assert!(parsed.delta.item_events.len() <= delta.item_events.len());
        }
    }
}
