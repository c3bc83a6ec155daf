//! Fights without a model, in the story that the documentation shows and in those that have none.

use std::collections::BTreeMap;

use story::{ContentKind, Library, Source};

use crate::OfflineNarrator;
use crate::Rehearsal;
use crate::tests::shipped;

fn weir() -> Rehearsal {
    let source = |kind: ContentKind, id: &str, text: &str| Source {
        kind,
        id: id.to_owned(),
        path: format!("{}/{id}.json", kind.dir()),
        text: text.to_owned(),
    };
    let library = Library::load([
        source(
            ContentKind::Scenario,
            "eel_weir",
            include_str!("../../../fixtures/worlds/eel_weir/scenarios/eel_weir.json"),
        ),
        source(ContentKind::Pc, "warden", include_str!("../../../fixtures/worlds/eel_weir/pcs/warden.json")),
    ])
    .unwrap();
    Rehearsal::new(library.clone(), OfflineNarrator::new(library, BTreeMap::new()), "eel_weir").unwrap()
}

/// With the oar in hand, before the eel.
fn before_the_eel() -> Rehearsal {
    let mut game = weir();
    for words in ["take the oar and the tonic", "go east"] {
        assert!(game.say(words).unwrap().refused.is_empty(), "{words}");
    }
    game
}

fn say(game: &mut Rehearsal, words: &str) -> String {
    let answer = game.say(words).unwrap();
    assert!(answer.refused.is_empty(), "{words}: {:?}", answer.refused);
    answer.narrations.join("\n\n")
}

#[test]
fn an_attack_is_told_and_the_next_answer_tells_how_it_turned_out() {
    for words in [
        "attack the eel with the oar",
        "I hit the old eel with my oar!",
        "strike the eel",
        "fight",
        "hit it",
        "fight back",
    ] {
        let mut game = before_the_eel();
        say(&mut game, "look at the eel");
        let reply = say(&mut game, words);
        assert!(reply.contains("You attack the Old Eel with the oar. The Old Eel strikes back."), "{words}: {reply}");
        let decided = game.state().decided.clone();
        assert!(decided.len() == 2 || game.state().locations["weir"].monsters.is_empty(), "{words}: {decided:?}");
        assert!(decided[0].starts_with("The player attacked Old Eel with the oar and "), "{decided:?}");
        let reply = say(&mut game, "wait");
        assert!(reply.starts_with("You attacked Old Eel with the oar and "), "{reply}");
    }
}

#[test]
fn the_story_of_the_documentation_is_played_to_its_end() {
    let mut game = before_the_eel();
    let mut narrations = Vec::new();
    for _ in 0..40 {
        if !game.state().locations["weir"].monsters.contains_key("eel") {
            break;
        }
        if game.state().user_location == "bank" {
            say(&mut game, "go east");
        }
        narrations.push(say(&mut game, "attack the eel with the oar"));
    }
    assert!(narrations.last().unwrap().contains("The eel rolls over once"), "{narrations:#?}");
    for words in ["take the ring", "go west"] {
        say(&mut game, words);
    }
    assert_eq!(game.state().ending.as_ref().map(|ending| ending.id.as_str()), Some("ring"));
}

#[test]
fn looking_and_asking_never_strike() {
    let mut game = before_the_eel();
    for words in [
        "look at the eel",
        "can I attack the eel?",
        "what happens if I hit the eel?",
        "should I fight?",
        "talk to the eel",
        "wait",
    ] {
        say(&mut game, words);
        assert!(game.state().decided.is_empty(), "{words}");
    }
}

#[test]
fn a_weapon_must_be_in_hand_and_bare_hands_will_do() {
    let mut game = weir();
    say(&mut game, "go east");
    let reply = say(&mut game, "hit the eel with the oar");
    assert!(!reply.contains("You attack") && game.state().decided.is_empty(), "{reply}");
    let reply = say(&mut game, "hit the eel with my fists");
    assert!(reply.contains("You attack the Old Eel. "), "{reply}");
    assert_eq!(game.state().decided.len(), 2);
}

#[test]
fn a_remedy_is_used_up() {
    let mut game = before_the_eel();
    for words in ["drink the tonic", "use the bitter tonic"] {
        let reply = say(&mut game, words);
        assert!(reply.contains("You use up the bitter tonic."), "{reply}");
        assert_eq!(game.state().user_inventory, ["oar"]);
        assert!(game.undo());
    }
}

#[test]
fn where_there_is_nobody_to_fight_a_fight_is_declined_and_changes_nothing() {
    let mut bank = weir();
    let (library, scripts) = shipped();
    let narrator = OfflineNarrator::new(library.clone(), scripts);
    let ferry = Rehearsal::new(library.clone(), narrator.clone(), "ferry_crossing").unwrap();
    let chairs = Rehearsal::new(library, narrator, "one_chair_too_many").unwrap();
    let declined = say(&mut bank, "fight");
    assert!(declined.starts_with("There is nobody here to fight, and that is as well."), "{declined}");
    for mut game in [bank, ferry, chairs] {
        for words in ["fight", "attack", "attack the eel", "hit the chair"] {
            let before = game.state().clone();
            let reply = say(&mut game, words);
            let of = |state: &story::GameState| {
                let state = state.clone();
                (
                    state.pc,
                    state.npcs,
                    state.locations,
                    state.user_location,
                    state.user_inventory,
                    state.vars,
                    state.decided,
                )
            };
            assert_eq!(of(game.state()), of(&before), "{words}");
            assert!(!reply.contains("You attack") && !reply.contains("strikes back"), "{words}: {reply}");
        }
    }
}
