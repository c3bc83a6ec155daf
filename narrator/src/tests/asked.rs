//! Questions that no story foresees: whether something can be done, what can be seen of it, what somebody makes of it, and how the player feels.

use crate::tests::Game;

fn at(scenario: &str, place: &str) -> Game {
    Game::seeded(scenario, serde_json::json!({ "user_location": place }))
}

/// The answer, after which nothing has changed.
fn asked(scenario: &str, place: &str, words: &str) -> String {
    let mut game = at(scenario, place);
    let answer = game.say(words);
    assert!(game.deeds.is_empty(), "{words}: {:?}", game.deeds);
    answer
}

#[test]
fn whether_something_can_be_done_is_answered_and_not_done() {
    for (scenario, place, question, answer) in [
        ("one_chair_too_many", "nursery", "can I take the little key?", "music box key"),
        ("one_chair_too_many", "porch", "may I go in?", "Long Hall is north"),
        ("one_chair_too_many", "music_room", "what if I break the metronome?", "break the metronome"),
        ("one_chair_too_many", "long_hall", "can I take her keys?", "Mrs Vane"),
        ("drowned_parish", "shingle", "can I swim?", "not for anybody without boots"),
        ("drowned_parish", "barge", "is there another way to get the boots?", "take stock"),
        ("pawned_moon", "lighthouse_foot", "may I go up?", "chained the stair"),
        ("pawned_moon", "three_plums", "should I take the concertina?", "concertina"),
    ] {
        let said = asked(scenario, place, question);
        assert!(said.contains(answer), "{question}: {said}");
    }
}

#[test]
fn what_can_be_seen_from_here_answers_a_question() {
    for (scenario, place, question, answer) in [
        ("one_chair_too_many", "porch", "is it raining?", "and rain"),
        ("drowned_parish", "shingle", "who lives up there?", "lamp in its window"),
        ("drowned_parish", "shingle", "what happened here?", "closed its dam"),
        ("pawned_moon", "pickled_gull", "why is the bird wearing a ribbon?", "mourning"),
        ("pawned_moon", "net_loft", "what are you making?", "net mender"),
        ("pawned_moon", "tide_office", "is he awake?", "folded over his desk"),
        ("pawned_moon", "tide_office", "I want to find the moon", "nine nights ago"),
        ("pawned_moon", "quay", "can the cat come with me?", "Bosun"),
        ("pawned_moon", "mayors_parlour", "excuse me mr mayor but where is the moon", "nine nights ago"),
    ] {
        let said = asked(scenario, place, question);
        assert!(said.contains(answer), "{question}: {said}");
    }
    let gate = serde_json::json!({ "user_location": "market_row", "scene_name": "low_market" });
    let said = Game::seeded("pawned_moon", gate).say("what do you sell here?");
    assert!(said.contains("second-hand weather"), "{said}");
}

#[test]
fn what_nobody_can_answer_is_passed_over_and_not_answered_with_something_else() {
    // An echo of the word in quotation marks is no answer of hers.
    let said = asked("one_chair_too_many", "long_hall", "ask Mrs Vane for a cup of tea");
    assert!(said.contains("Mrs Vane") && said.contains("Ask rather") && !said.contains("'Tea"), "{said}");
    let said = asked("drowned_parish", "shingle", "will there be sharks?");
    assert!(said.contains("sharks"), "{said}");
    // The bell is what Maud always speaks of: she must not seem to have no word for it.
    let said = asked("drowned_parish", "cottage", "could you tell me about the bell?");
    assert!(!said.contains("'Bell"), "{said}");
}

#[test]
fn a_feeling_is_no_deed() {
    for words in ["I feel nervous", "I'm so tired", "I am cold and wet", "I'm feeling a bit lost"] {
        let said = asked("one_chair_too_many", "porch", words);
        let state = words.rsplit(' ').next().unwrap();
        assert!(said.starts_with("You are") && said.contains(state), "{words}: {said}");
    }
    let said = asked("one_chair_too_many", "porch", "I don't like this place");
    assert!(!said.contains("Nobody makes you"), "{said}");
}

#[test]
fn the_senses_are_answered_by_what_the_place_has_for_them() {
    let under = serde_json::json!({ "user_location": "under_stage", "scene_name": "gathering" });
    let said = Game::seeded("one_chair_too_many", under).say("listen to what goes on above me");
    assert!(said.contains("tick of the metronome"), "{said}");
    let said = asked("pawned_moon", "chandlers_lane", "sniff the air");
    assert!(said.contains("lamp oil"), "{said}");
}

#[test]
fn what_is_put_in_another_way_is_the_same_deed() {
    for (scenario, place, words, answer) in [
        ("one_chair_too_many", "nursery", "make the horse rock", "rocking"),
        ("one_chair_too_many", "porch", "scrape the mud off my boots", "your boots"),
        ("pawned_moon", "tide_office", "steal a look at the clock", "LOW"),
        ("drowned_parish", "cottage", "sit with Maud for a while", "You sit with Maud"),
        ("pawned_moon", "quay", "jump down", "to the waist"),
    ] {
        let said = asked(scenario, place, words);
        assert!(said.contains(answer), "{words}: {said}");
    }
}
