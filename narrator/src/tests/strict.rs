//! Sentences as people typed them, judged strictly: the answer must do what was meant and nothing else, and speak of what was asked.

use super::unseen::{Deeds, strict_lists, visits_of};
use crate::tests::Game;

/// Of a hundred sentences, how many must be answered rightly.
const RIGHT: usize = 97;

#[test]
fn of_strictly_judged_sentences_nearly_all_are_answered_rightly_and_no_question_acts() {
    let (mut all, mut wrong, mut acted) = (0, Vec::new(), Vec::new());
    for (scenario, list) in strict_lists() {
        for visit in visits_of(&list) {
            for sentence in &visit.sentences {
                let mut game = Game::seeded(scenario, visit.seed.clone());
                let reply = game.say(&sentence.text);
                all += 1;
                if !sentence.deeds.contains(&game.deeds) || !sentence.is_answered_by(&reply) {
                    wrong.push(format!("{scenario}: {}: {:?} {reply}", sentence.text, game.deeds));
                }
                let only_asks = sentence.text.ends_with('?') && sentence.deeds.iter().all(Deeds::is_empty);
                if only_asks && !game.deeds.is_empty() {
                    acted.push(sentence.text.clone());
                }
            }
        }
    }
    assert!(all >= 580, "{all} sentences");
    assert_eq!(acted, Vec::<String>::new(), "a question acted");
    let right = (all - wrong.len()) * 100 / all;
    assert!(right >= RIGHT, "{right} % right; wrong:\n{}", wrong.join("\n"));
}

fn said(scenario: &str, place: &str, words: &str) -> String {
    Game::seeded(scenario, serde_json::json!({ "user_location": place })).say(words)
}

#[test]
fn who_is_asked_of_their_own_life_answers_and_names_what_they_can_be_asked() {
    for asked in ["are you married?", "how long have you worked here?", "do you like it here?", "how are you?"] {
        let answer = said("one_chair_too_many", "long_hall", asked);
        assert!(answer.contains("Mrs Vane") && answer.contains("the chairs"), "{asked}: {answer}");
        assert!(!answer.contains("metronome"), "{asked}: {answer}");
    }
    let answer = said("pawned_moon", "three_plums", "how old are you?");
    assert!(answer.contains("nineteen"), "{answer}");
}

#[test]
fn who_sleeps_is_not_woken_by_what_is_said_to_nobody() {
    for words in ["what's the plan?", "I'm a bit scared", "hi!", "can I pet a cat?", "what does the clock say?"] {
        let answer = said("pawned_moon", "tide_office", words);
        assert!(!answer.contains("elbow"), "{words}: {answer}");
    }
    assert!(said("pawned_moon", "tide_office", "wake Crake").contains("elbow"));
}

#[test]
fn what_the_opening_told_can_be_looked_at_and_asked_about() {
    for (scenario, place, words, part) in [
        ("pawned_moon", "tide_office", "who am I?", "Pim Tallow"),
        ("pawned_moon", "tide_office", "listen to the snoring", "snores"),
        ("pawned_moon", "tide_office", "sniff the air", "harbour"),
        ("drowned_parish", "shingle", "what am I paid?", "fathom"),
    ] {
        let answer = said(scenario, place, words);
        assert!(answer.contains(part), "{words}: {answer}");
    }
}

#[test]
fn of_several_things_of_a_name_the_one_in_the_hand_is_meant() {
    let seed = serde_json::json!({ "user_location": "cottage", "user_inventory": ["pewter mug", "old newspaper"] });
    let answer = Game::seeded("drowned_parish", seed).say("x mug");
    assert!(answer.contains("scratched"), "{answer}");
}

#[test]
fn a_window_that_is_broken_is_not_climbed_and_the_open_door_is_named() {
    let seed = serde_json::json!({ "user_location": "church_door", "scene_name": "inside", "vars": { "church_open": "window" } });
    let mut game = Game::seeded("drowned_parish", seed);
    let answer = game.say("climb through the window");
    assert!(answer.contains("door"), "{answer}");
}
