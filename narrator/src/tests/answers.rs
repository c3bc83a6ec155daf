//! What players write between the deeds: questions of what there is to do and how long, a locked door, oaths, thanks, and company that
//! does not answer.

use crate::tests::Game;

fn at(scenario: &str, place: &str) -> Game {
    Game::seeded(scenario, serde_json::json!({ "user_location": place }))
}

#[test]
fn how_long_there_is_is_no_question_of_what_is_carried() {
    for question in ["how long have I got?", "how long have we got", "how much time do I have?", "how long until nine?"]
    {
        let reply = at("drowned_parish", "shingle").say(question);
        assert!(reply.contains("Going on for nine") && !reply.contains("carrying"), "{question}: {reply}");
    }
    let reply = at("drowned_parish", "shingle").say("what have I got?");
    assert!(reply.contains("spanner"), "{reply}");
}

#[test]
fn turns_that_a_story_counts_are_named() {
    use crate::Script;
    use crate::telling::Telling;
    use crate::world::view::View;
    let source = story::Source {
        kind: story::ContentKind::Scenario,
        id: "fuse".into(),
        path: "fuse.json".into(),
        text: serde_json::json!({
            "name": "Fuse", "story": "A fuse burns.", "opening_location": "cellar",
            "locations": { "cellar": { "name": "Cellar", "description": "Dark." } },
            "conditionals": { "bang": { "when": { "min_turns": 12 }, "then": { "game_ended": true } } }
        })
        .to_string(),
    };
    let library = story::Library::load([source]).unwrap();
    let view = View { scenario: library.scenarios().next(), scene: Some(""), ..View::default() };
    let reply = Telling::new(&view, &Script::default()).tell("how long have I got?");
    assert!(reply.contains("after 12 of them"), "{reply}");
}

#[test]
fn what_can_be_done_names_things_people_and_ways() {
    let reply = at("drowned_parish", "barge").say("what can I do?");
    for part in ["winch line", "helmet", "Ketch", "spanner", "west to the Shingle"] {
        assert!(reply.contains(part), "{part}: {reply}");
    }
}

#[test]
fn a_locked_door_says_that_it_is_locked_and_what_is_known_of_the_key() {
    let seed = serde_json::json!({ "scene_name": "below", "user_location": "church_door" });
    let sentences = [
        "open the door",
        "knock",
        "knock on the door",
        "go in",
        "go inside",
        "unlock",
        "enter the church",
        "go through the door",
    ];
    for sentence in
        sentences.into_iter().chain(["try the door", "is the door locked?", "where is the key?", "pick the lock"])
    {
        let mut game = Game::seeded("drowned_parish", seed.clone());
        let reply = game.say(sentence);
        assert!(game.deeds.is_empty(), "{sentence}: {reply}");
        let speaks = ["locked", "key", "oak", "The door"].iter().any(|word| reply.contains(word));
        assert!(speaks && !reply.contains("elsewhere"), "{sentence}: {reply}");
    }
    let mut game = Game::seeded("drowned_parish", seed);
    for sentence in ["south", "west", "look", "east", "north"] {
        game.say(sentence);
    }
    let reply = game.say("go in");
    assert!(reply.contains("seen the church key"), "{reply}");
}

#[test]
fn nobody_is_said_to_be_here_only_where_nobody_is() {
    let mut game = at("pawned_moon", "quay");
    for sentence in [
        "where is everybody?",
        "call for help",
        "who did this?",
        "sing",
        "show the ledger",
        "knock",
        "talk",
        "what now of the sea?",
    ] {
        let reply = game.say(sentence);
        let stock = reply.split("\n\n").next().unwrap();
        assert!(!stock.contains("obody") || !stock.contains("Bosun"), "{sentence}: {stock}");
        assert!(!stock.contains("says Bosun"), "a cat has no words: {stock}");
    }
}

#[test]
fn who_has_said_their_piece_does_not_begin_again() {
    let mut game = at("drowned_parish", "cottage");
    game.say("ask Maud about Amos");
    let reply = game.say("talk to Maud");
    assert!(reply.contains("You know who it is now"), "{reply}");
}

#[test]
fn a_question_that_is_new_is_not_called_a_repetition() {
    let mut game = at("pawned_moon", "pickled_gull");
    game.say("talk to Nan");
    for topic in ["the weather", "the price of rope", "her mother"] {
        let reply = game.say(&format!("ask Nan about {topic}"));
        for repeated in ["already", "As I said", "same answer", "struck twice"] {
            assert!(!reply.contains(repeated), "{topic}: {reply}");
        }
    }
}

#[test]
fn what_can_be_worn_is_put_on_only_where_it_is() {
    let reply = at("drowned_parish", "shingle").say("put the boots on");
    assert!(reply.contains("not here"), "{reply}");
    let seed = serde_json::json!({ "user_location": "cottage", "user_inventory": ["lead boots"] });
    let reply = Game::seeded("drowned_parish", seed).say("put the boots on");
    assert!(reply.contains("lead boots") && reply.contains("them"), "{reply}");
    let reply = at("one_chair_too_many", "music_room").say("wear the piano");
    assert!(reply.contains("piano") && !reply.contains("dressed"), "{reply}");
}

#[test]
fn oaths_words_of_other_games_thanks_and_slashes_are_answered_kindly_and_never_twice_alike() {
    let said = ["damn it", "xyzzy", "thanks", "/help", "shit", "plugh", "thank you", "/?", "/quux"];
    let mut game = at("drowned_parish", "shingle");
    let mut openings: Vec<String> = Vec::new();
    for turn in 0..36 {
        let answer = game.say(said[turn % said.len()]);
        let opening = answer.split(". ").next().unwrap().to_owned();
        assert!(game.deeds.is_empty() && !answer.contains("how to begin"), "{answer}");
        let is_new = !openings.iter().rev().take(5).any(|earlier| *earlier == opening);
        assert!(is_new || opening.starts_with("There is no command"), "{answer}");
        openings.push(opening);
    }
    let reply = at("drowned_parish", "shingle").say("/help");
    assert!(reply.contains("hint"), "{reply}");
}

#[test]
fn what_is_not_here_is_looked_for_next_door_and_called_by_the_players_word() {
    let reply = at("one_chair_too_many", "long_hall").say("tune the piano");
    assert!(reply.contains("Music Room"), "{reply}");
    let reply = at("one_chair_too_many", "long_hall").say("take the string");
    assert!(!reply.contains("slack bass"), "it was never seen: {reply}");
    let reply = at("one_chair_too_many", "long_hall").say("take the keys");
    assert!(reply.contains("Mrs Vane has the ring of keys"), "{reply}");
    let reply = at("one_chair_too_many", "long_hall").say("look at the floor");
    assert!(!reply.contains("Under the Floor"), "{reply}");
}

#[test]
fn her_is_a_person_where_a_cat_was_named_some_time_ago() {
    let mut game = at("pawned_moon", "quay");
    for said in ["pet the cat", "wait", "go north"] {
        game.say(said);
    }
    let reply = game.say("ask her about the nets");
    assert!(reply.contains("Hesper Tarry"), "{reply}");
}

#[test]
fn what_now_is_a_call_for_a_hint() {
    let reply = at("drowned_parish", "shingle").say("what now?");
    assert!(reply.contains("You take stock"), "{reply}");
}
