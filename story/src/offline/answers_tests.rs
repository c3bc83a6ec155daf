//! What players write between the deeds: questions of what there is to do and how long, a locked door, oaths, thanks, and company that
//! does not answer.

use super::tests::Game;

fn at(scenario: &str, place: &str) -> Game {
    Game::seeded(scenario, serde_json::json!({ "user_location": place }))
}

#[test]
fn how_long_there_is_is_no_question_of_what_is_carried() {
    for question in ["how long have I got?", "how long have we got", "how much time do I have?", "how long until nine?"]
    {
        let told = at("drowned_parish", "shingle").say(question);
        assert!(told.contains("Going on for nine") && !told.contains("carrying"), "{question}: {told}");
    }
    let told = at("drowned_parish", "shingle").say("what have I got?");
    assert!(told.contains("spanner"), "{told}");
}

#[test]
fn turns_that_a_story_counts_are_named() {
    use super::view::View;
    use super::{Script, Telling};
    let source = crate::content::Source {
        kind: crate::content::ContentKind::Scenario,
        id: "fuse".into(),
        path: "fuse.json".into(),
        text: serde_json::json!({
            "name": "Fuse", "story": "A fuse burns.", "opening_location": "cellar",
            "locations": { "cellar": { "name": "Cellar", "description": "Dark." } },
            "conditionals": { "bang": { "when": { "min_turns": 12 }, "then": { "game_ended": true } } }
        })
        .to_string(),
    };
    let library = crate::Library::load([source]).unwrap();
    let view = View { scenario: library.scenarios().next(), scene: Some(""), ..View::default() };
    let told = Telling::new(&view, &Script::default()).tell("how long have I got?");
    assert!(told.contains("after 12 of them"), "{told}");
}

#[test]
fn what_can_be_done_names_things_people_and_ways() {
    let told = at("drowned_parish", "barge").say("what can I do?");
    for part in ["winch line", "helmet", "Ketch", "spanner", "west to the Shingle"] {
        assert!(told.contains(part), "{part}: {told}");
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
        let told = game.say(sentence);
        assert!(game.deeds.is_empty(), "{sentence}: {told}");
        let speaks = ["locked", "key", "oak", "The door"].iter().any(|word| told.contains(word));
        assert!(speaks && !told.contains("elsewhere"), "{sentence}: {told}");
    }
    let mut game = Game::seeded("drowned_parish", seed);
    for sentence in ["south", "west", "look", "east", "north"] {
        game.say(sentence);
    }
    let told = game.say("go in");
    assert!(told.contains("seen the church key"), "{told}");
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
        let told = game.say(sentence);
        let stock = told.split("\n\n").next().unwrap();
        assert!(!stock.contains("obody") || !stock.contains("Bosun"), "{sentence}: {stock}");
        assert!(!stock.contains("says Bosun"), "a cat has no words: {stock}");
    }
}

#[test]
fn who_has_said_their_piece_does_not_begin_again() {
    let mut game = at("drowned_parish", "cottage");
    game.say("ask Maud about Amos");
    let told = game.say("talk to Maud");
    assert!(told.contains("You know who it is now"), "{told}");
}

#[test]
fn a_question_that_is_new_is_not_called_a_repetition() {
    let mut game = at("pawned_moon", "pickled_gull");
    game.say("talk to Nan");
    for topic in ["the weather", "the price of rope", "her mother"] {
        let told = game.say(&format!("ask Nan about {topic}"));
        for repeated in ["already", "As I said", "same answer", "struck twice"] {
            assert!(!told.contains(repeated), "{topic}: {told}");
        }
    }
}

#[test]
fn what_can_be_worn_is_put_on_only_where_it_is() {
    let told = at("drowned_parish", "shingle").say("put the boots on");
    assert!(told.contains("not here"), "{told}");
    let seed = serde_json::json!({ "user_location": "cottage", "user_inventory": ["lead boots"] });
    let told = Game::seeded("drowned_parish", seed).say("put the boots on");
    assert!(told.contains("lead boots") && told.contains("them"), "{told}");
    let told = at("one_chair_too_many", "music_room").say("wear the piano");
    assert!(told.contains("piano") && !told.contains("dressed"), "{told}");
}

#[test]
fn oaths_words_of_other_games_thanks_and_slashes_are_answered_kindly_and_never_twice_alike() {
    let said = ["damn it", "xyzzy", "thanks", "/help", "shit", "plugh", "thank you", "/?", "/quux"];
    let mut game = at("drowned_parish", "shingle");
    let mut told: Vec<String> = Vec::new();
    for turn in 0..36 {
        let answer = game.say(said[turn % said.len()]);
        let opening = answer.split(". ").next().unwrap().to_owned();
        assert!(game.deeds.is_empty() && !answer.contains("how to begin"), "{answer}");
        let is_new = !told.iter().rev().take(5).any(|earlier| *earlier == opening);
        assert!(is_new || opening.starts_with("There is no command"), "{answer}");
        told.push(opening);
    }
    let told = at("drowned_parish", "shingle").say("/help");
    assert!(told.contains("hint"), "{told}");
}

#[test]
fn what_is_not_here_is_looked_for_next_door_and_called_by_the_players_word() {
    let told = at("one_chair_too_many", "long_hall").say("tune the piano");
    assert!(told.contains("Music Room"), "{told}");
    let told = at("one_chair_too_many", "long_hall").say("take the string");
    assert!(!told.contains("slack bass"), "it was never seen: {told}");
    let told = at("one_chair_too_many", "long_hall").say("take the keys");
    assert!(told.contains("Mrs Vane has the ring of keys"), "{told}");
    let told = at("one_chair_too_many", "long_hall").say("look at the floor");
    assert!(!told.contains("Under the Floor"), "{told}");
}

#[test]
fn her_is_a_person_where_a_cat_was_named_some_time_ago() {
    let mut game = at("pawned_moon", "quay");
    for said in ["pet the cat", "wait", "go north"] {
        game.say(said);
    }
    let told = game.say("ask her about the nets");
    assert!(told.contains("Hesper Tarry"), "{told}");
}

#[test]
fn what_now_is_a_call_for_a_hint() {
    let told = at("drowned_parish", "shingle").say("what now?");
    assert!(told.contains("You take stock"), "{told}");
}
