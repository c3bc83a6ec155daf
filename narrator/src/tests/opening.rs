//! Closed items and dark places, played offline by the rules alone.

use serde_json::json;
use story::{ContentKind, Library, Source};

use crate::OfflineNarrator;
use crate::Rehearsal;

fn attic() -> Rehearsal {
    let text = json!({
        "name": "Attic", "story": "A letter is somewhere in the attic.", "opening_location": "attic",
        "opening_inventory": ["candle"], "vars": { "candle_lit": "false" },
        "locations": {
            "attic": {
                "name": "Attic", "description": "Beams, and a tea chest under them. A hatch goes down.",
                "exits": { "down": "cellar" }, "items": ["tea chest", "hat box"]
            },
            "cellar": {
                "name": "Cellar", "description": "Shelves to the ceiling. The hatch is up.", "preview": "A hole.",
                "exits": { "up": "attic" }, "dark": true, "items": ["brass key"]
            }
        },
        "items": {
            "tea chest": { "description": "It has come a long way.", "contains": ["letter"], "locked": true, "key": "brass key", "fixed": true },
            "hat box": { "contains": ["straw hat"], "closed": true },
            "candle": { "lit": { "vars": { "candle_lit": "true" } } }
        },
        "contingency_rules": ["When the player lights the candle, set the variable \"candle_lit\" to \"true\"."],
        "conditionals": { "found": { "when": { "inventory": ["letter"] }, "then": { "prompt": "It is in her hand.", "game_ended": true } } }
    });
    let source =
        Source { kind: ContentKind::Scenario, id: "attic".into(), path: "attic.json".into(), text: text.to_string() };
    let library = Library::load([source]).unwrap();
    Rehearsal::new(library.clone(), OfflineNarrator::new(library, [].into()), "attic").unwrap()
}

/// What is answered to `message`, of which nothing may be refused.
fn say(game: &mut Rehearsal, message: &str) -> String {
    let answer = game.say(message).unwrap();
    assert_eq!(answer.refused, Vec::<String>::new(), "{message}");
    answer.narrations.join("\n")
}

#[test]
fn a_story_with_a_locked_chest_and_a_dark_cellar_is_played_to_its_end() {
    let mut game = attic();
    let reply = say(&mut game, "open the tea chest");
    assert!(reply.contains("It is locked, and you have no key for it."), "{reply}");
    let reply = say(&mut game, "look in the tea chest");
    assert!(reply.contains("long way") && reply.contains("locked") && !reply.contains("letter"), "{reply}");
    let reply = say(&mut game, "take the letter");
    assert!(!game.state().user_inventory.contains(&"letter".to_owned()), "{reply}");
    let reply = say(&mut game, "go down");
    assert!(!reply.contains("Shelves"), "{reply}");
    let reply = say(&mut game, "look");
    assert!(reply.contains("too dark") || reply.contains("dark"), "{reply}");
    let reply = say(&mut game, "take the brass key");
    assert!(!game.state().user_inventory.contains(&"brass key".to_owned()), "{reply}");
    say(&mut game, "light the candle");
    let reply = say(&mut game, "look");
    assert!(reply.contains("Shelves") && reply.contains("brass key"), "{reply}");
    say(&mut game, "take the key and go up");
    let reply = say(&mut game, "unlock the chest with the key and take the letter");
    assert!(reply.contains("You open the tea chest with the brass key. In it you find a letter."), "{reply}");
    assert!(game.state().is_ended, "{reply}");
}

#[test]
fn a_closed_box_is_opened_and_emptied_in_one_turn() {
    let mut game = attic();
    let reply = say(&mut game, "open the hat box, take the straw hat and go down");
    assert!(reply.contains("In it you find a straw hat."), "{reply}");
    assert_eq!(game.state().user_inventory, ["candle", "straw hat"]);
    assert_eq!(game.state().user_location, "cellar");
    say(&mut game, "go up");
    let reply = say(&mut game, "open the hat box");
    assert!(!reply.contains("In it you find"), "it is open already: {reply}");
}

#[test]
fn looking_into_a_closed_box_and_asking_about_it_opens_nothing() {
    for sentence in [
        "look in the hat box",
        "examine the hat box",
        "can I open the hat box?",
        "what is in the hat box?",
        "shake the hat box",
    ] {
        let mut game = attic();
        let reply = say(&mut game, sentence);
        assert!(!reply.contains("straw") && game.state().containers["hat box"].closed, "{sentence}: {reply}");
    }
}

#[test]
fn things_are_put_into_a_box_and_taken_out_and_the_box_is_closed_again() {
    let mut game = attic();
    say(&mut game, "open the hat box");
    let reply = say(&mut game, "put the candle in the hat box");
    assert!(reply.contains("You put the candle into the hat box."), "{reply}");
    assert_eq!(game.state().containers["hat box"].contains, ["straw hat", "candle"]);
    let reply = say(&mut game, "what is in the hat box?");
    assert!(reply.contains("In it you see a straw hat and a candle."), "{reply}");
    let reply = say(&mut game, "look");
    assert!(reply.contains("In the hat box you see a straw hat and a candle."), "{reply}");
    let reply = say(&mut game, "take the straw hat out of the box");
    assert!(reply.contains("You take the straw hat out of the hat box."), "{reply}");
    assert_eq!(game.state().user_inventory, ["straw hat"]);
    say(&mut game, "close the hat box");
    assert!(game.state().containers["hat box"].closed);
    let reply = say(&mut game, "take the candle");
    assert!(!game.state().user_inventory.contains(&"candle".to_owned()), "{reply}");
    let reply = say(&mut game, "put the hat back in the box");
    assert!(reply.contains("closed") && game.state().user_inventory == ["straw hat"], "{reply}");
    let reply = say(&mut game, "open the hat box");
    assert!(
        reply.contains("In it you find a candle.") && !reply.contains("straw"),
        "what was taken is not found again: {reply}"
    );
    say(&mut game, "put the straw hat in the box and close it");
    let vessel = &game.state().containers["hat box"];
    assert!(vessel.closed && vessel.contains == ["candle", "straw hat"], "{vessel:?}");
    say(&mut game, "open the box and take the straw hat");
    say(&mut game, "put the straw hat back");
    say(&mut game, "take everything out of the hat box");
    assert_eq!(game.state().user_inventory, ["candle", "straw hat"]);
}

#[test]
fn a_chest_is_locked_again_with_its_key_and_no_box_without_one() {
    let mut game = attic();
    let reply = say(&mut game, "lock the hat box");
    assert!(reply.contains("no lock"), "{reply}");
    say(&mut game, "light the candle");
    say(&mut game, "go down");
    say(&mut game, "take the brass key and go up");
    say(&mut game, "unlock the tea chest with the brass key");
    say(&mut game, "put the candle in the chest");
    let reply = say(&mut game, "close and lock the chest");
    assert!(game.state().containers["tea chest"].locked, "{reply}");
    let reply = say(&mut game, "lock the chest");
    assert!(reply.contains("locked already"), "{reply}");
    say(&mut game, "drop the key");
    let reply = say(&mut game, "open the chest");
    assert!(reply.contains("lies here") && game.state().containers["tea chest"].locked, "{reply}");
    say(&mut game, "take the key");
    let reply = say(&mut game, "open the chest");
    assert!(reply.contains("In it you find a letter and a candle."), "{reply}");
}

#[test]
fn looking_into_an_open_box_and_asking_about_it_moves_nothing() {
    for sentence in [
        "look in the hat box",
        "what is in the hat box?",
        "can I put the candle in the box?",
        "should I close the box?",
        "search the box",
    ] {
        let mut game = attic();
        say(&mut game, "open the hat box");
        let reply = say(&mut game, sentence);
        let vessel = &game.state().containers["hat box"];
        assert!(!vessel.closed && vessel.contains == ["straw hat"], "{sentence}: {reply}");
        assert_eq!(game.state().user_inventory, ["candle"], "{sentence}: {reply}");
    }
}
