//! What people write who have never played: each sentence is understood, or answered with what is here. See [`check`] for the notation.

use crate::tests::{Game, check};

#[test]
fn a_first_evening_at_marrow_house_is_understood() {
    let porch = [
        ("peek through the door", "stands ajar"),
        ("wipe my feet and go in", "> long_hall"),
        ("wipe my feet", "your feet"),
        ("go home", "a long way"),
        ("sit at the table", "table"),
        ("wind the music box", "music box"),
        ("look in the mirror", "mirror"),
        ("ring the doorbell", "doorbell"),
        ("is anyone there?", "go north"),
        ("walk inside, out of the rain", "> long_hall"),
        ("open the door", "stands ajar"),
        ("go to the gate", "north"),
        ("walk up to the front door", "> long_hall"),
    ];
    let hall = [
        ("step inside out of the rain", "Which way"),
        ("examine the tiles", "white tiles"),
        ("excuse me, where is the piano?", "west"),
        ("up the stairs", "> nursery"),
        ("take the keys from Mrs Vane", "Mrs Vane"),
        ("go see the piano", "> music_room"),
        ("talk to everyone", "Mrs Vane"),
        ("how do I get to the nursery?", "up"),
        ("which way is the piano?", "west"),
        ("run away", "> porch"),
    ];
    let nursery = [
        ("look for the music box", "keyhole"),
        ("get on the horse", "horse"),
        ("pick up the small key and hold it high", "+ music box key"),
        ("pick up the key and go down", "> long_hall"),
        ("eat something", "nothing to eat"),
    ];
    let music_room = [
        ("is the metronome running?", "brass catch"),
        ("open the little door behind the piano", "door"),
        ("put the new string on", "string"),
    ];
    for (place, sentences) in
        [("porch", &porch[..]), ("long_hall", &hall), ("nursery", &nursery), ("music_room", &music_room)]
    {
        let seed = serde_json::json!({ "user_location": place });
        assert_eq!(check("one_chair_too_many", &seed, sentences), Vec::<String>::new());
    }
}

#[test]
fn a_first_crossing_is_understood() {
    let landing = [
        ("yank the rope", "! bell_rung"),
        ("read the inscription on the bell", "green with age"),
        ("swim across the river", "river"),
        ("step aboard with the lantern", "> ferry"),
        ("climb onto the ferry", "> ferry"),
        ("how deep is the water?", "under the water"),
        ("jump overboard", "thud"),
        ("thank her", "thank"),
    ];
    let ferry = [
        ("here you go, one token", "- ferry token"),
        ("can I have the tea?", "Odile"),
        ("give me your tea", "Odile"),
        ("help her pull the chain", "Odile"),
        ("what's in your pockets?", "made mostly of pockets"),
    ];
    for (place, sentences) in [("landing", &landing[..]), ("ferry", &ferry)] {
        let seed = serde_json::json!({ "user_location": place });
        assert_eq!(check("ferry_crossing", &seed, sentences), Vec::<String>::new());
    }
}

#[test]
fn a_first_night_in_low_wick_is_understood() {
    let square = [
        ("go to the pub", "> pickled_gull"),
        ("go to the docks", "> quay"),
        ("go down to the boats", "> quay"),
        ("ask someone about the moon", "You"),
        ("take the mud shoes", "mud shoes are not"),
    ];
    let tavern = [
        ("talk to the bartender", "Nan Kettle"),
        ("help yourself to a kipper", "+ kipper"),
        ("sit down with the sailors", "You"),
        ("knock", "knock"),
        ("go to the square then up the stairs", "> harbour_square"),
    ];
    let office = [("open the ledger", "Six years"), ("read what it says in the ledger", "Six years")];
    for (place, sentences) in [("harbour_square", &square[..]), ("pickled_gull", &tavern), ("tide_office", &office)] {
        let seed = serde_json::json!({ "user_location": place, "user_inventory": ["tide ledger"] });
        assert_eq!(check("pawned_moon", &seed, sentences), Vec::<String>::new());
    }
}

#[test]
fn thanks_and_farewell_are_answered_once() {
    let mut game = Game::seeded("pawned_moon", serde_json::json!({ "user_location": "pickled_gull" }));
    for message in ["talk to Nan", "ask Nan about the moon", "ask Nan about the mayor"] {
        game.say(message);
    }
    let reply = game.say("thanks Nan, goodbye");
    let parts: Vec<_> = reply.split("\n\n").collect();
    assert!(parts.iter().enumerate().all(|(at, part)| !parts[..at].contains(part)), "{reply}");
}
