//! What one turn does of several sentences, and what it says that it did not do.

use crate::tests::Game;

fn deeds(game: &Game) -> Vec<&str> {
    game.deeds.iter().map(String::as_str).collect()
}

#[test]
fn a_second_move_is_named_as_the_next_one() {
    let mut game = Game::new("one_chair_too_many");
    let reply = game.say("go north to the hall, then west");
    assert_eq!(deeds(&game), ["> long_hall"]);
    assert!(reply.ends_with("west.") && reply.contains("go west"), "{reply}");
}

#[test]
fn what_can_be_done_in_one_turn_is_done_in_order() {
    let mut game = Game::new("ferry_crossing");
    let reply = game.say("take the lantern and go north and look");
    assert_eq!(deeds(&game), ["+ brass lantern", "> ferry"]);
    assert!(!reply.contains("look."), "the arrival has answered it: {reply}");

    let mut game = Game::new("ferry_crossing");
    game.say("take the lantern, then put it down, and drop the token");
    assert_eq!(deeds(&game), ["+ brass lantern", "- brass lantern", "- ferry token"]);
    assert!(game.state.user_inventory.is_empty());
}

#[test]
fn what_is_taken_a_clause_earlier_is_at_hand_for_the_deed() {
    let seed = serde_json::json!({ "user_location": "nursery" });
    let mut game = Game::seeded("one_chair_too_many", seed);
    game.say("take the key and wind the music box with it");
    assert_eq!(deeds(&game), ["! box_wound", "+ music box key"]);
}

#[test]
fn behind_a_deed_small_things_are_done_and_the_rest_is_named() {
    let mut game = Game::new("ferry_crossing");
    let reply = game.say("ring the bell, take the lantern and go north");
    assert_eq!(deeds(&game), ["! bell_rung", "+ brass lantern"]);
    assert!(reply.contains("go north."), "{reply}");
}

#[test]
fn behind_a_closed_way_nothing_is_done_and_the_rest_is_named() {
    let mut game = Game::new("ferry_crossing");
    let reply = game.say("go west and take the lantern");
    assert!(deeds(&game).is_empty() && reply.contains("take the lantern"), "{reply}");
}

#[test]
fn no_part_of_a_long_message_is_dropped_without_a_word() {
    let mut game = Game::new("ferry_crossing");
    let reply = game.say(&["look at the bell"; 20].join(", then "));
    assert!(reply.contains("whatever else"), "{reply}");
}

#[test]
fn who_is_there_already_goes_on_from_there() {
    let mut game = Game::new("one_chair_too_many");
    game.say("go to the porch, then north");
    assert_eq!(deeds(&game), ["> long_hall"]);
}

#[test]
fn what_is_put_somewhere_is_not_set_going() {
    for said in ["put the metronome on the chair", "put the metronome on the floor"] {
        let mut game = Game::seeded("one_chair_too_many", serde_json::json!({ "user_location": "music_room" }));
        let reply = game.say(said);
        assert!(game.deeds.is_empty(), "{said}: {reply}");
    }
    for said in ["set the metronome going", "wind the metronome", "push the pendulum"] {
        let mut game = Game::seeded("one_chair_too_many", serde_json::json!({ "user_location": "music_room" }));
        game.say(said);
        assert_eq!(deeds(&game), ["! metronome_started"], "{said}");
    }
}
