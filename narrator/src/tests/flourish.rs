//! Sentences with more in them than a deed: how somebody feels, what they wear, what they say of others, and the courtesies before a question.

use super::newcomer::{CHAIR, FERRY, MOON, PARISH, wrong};

const ABOARD: &str = r#"{ "user_location": "ferry" }"#;
const SIGNED: &str =
    r#"{ "user_location": "barge", "user_inventory": ["spanner", "lead boots"], "vars": { "paper_signed": "true" } }"#;

#[test]
fn a_feeling_or_a_flourish_does_not_hide_the_deed() {
    let wrong = wrong(&[
        (MOON, "harbour_square", "With a heavy heart I go down to the quay", "> quay", "! hesitate"),
        (MOON, "harbour_square", "I think I'll pop into the pub", "> pickled_gull", "! hesitate"),
        (MOON, "tide_office", "With some reluctance, I take the lamp", "+ shaded lamp", "! hesitate"),
        (MOON, "tide_office", "Without waking him I take the stamp", "+ rubber stamp", ""),
        (MOON, "tide_office", "I'll just borrow that lamp, he won't notice", "+ shaded lamp", "! nothing like that"),
        (PARISH, "cottage", "Take the paper. She doesn't need it.", "+ old newspaper", "! diver"),
        (PARISH, SIGNED, "I pull on the boots and lower myself over the side", "! over_the_side", "! set your hand"),
        (FERRY, "landing", "I take a moment to listen to the river", "", "quiet ! find none"),
        (CHAIR, "music_room", "I'll do as she asked and start the metronome", "! metronome_started", "! hesitate"),
        (CHAIR, "porch", "it's raining, better get inside", "> long_hall", "! Take what"),
        (MOON, "harbour_square", "maybe I should go back and try the tavern", "> pickled_gull", ""),
        (MOON, "tide_office", "step outside for some fresh air", "> harbour_square", ""),
        (FERRY, "landing", "bring the lantern with me and walk onto the boat", "+ brass lantern | > ferry", ""),
        (FERRY, "landing", "give the bell a good hard ring", "! bell_rung", ""),
        (MOON, "pickled_gull", "sneak a kipper into my pocket", "+ kipper", ""),
        (CHAIR, "long_hall", "I let myself into the music room", "> music_room", ""),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_apology_is_taken_as_one_and_a_polite_question_is_answered_by_whoever_is_there() {
    let wrong = wrong(&[
        (PARISH, "cottage", "sorry to barge in", "", "forgotten | let it be | forgive ! Ketch"),
        (MOON, "three_plums", "Forgive the late hour, my good man", "", "! find none"),
        (CHAIR, "long_hall", "sorry I'm late", "", "! never gave it a thought"),
        (PARISH, "cottage", "Might I ask you about the newspaper?", "", "says Maud"),
        (FERRY, "landing", "Might I ask you about the causeway?", "", "under water ! yourself"),
        (CHAIR, "long_hall", "How I can speak with the old woman?", "", "talk to Mrs Vane"),
        (MOON, "three_plums", "what's his name?", "", "Linus Grebe"),
        (PARISH, "barge", "what pump?", "", "two-handled"),
        (PARISH, "cottage", "sorry to barge in like this, ma'am", "", "! Ketch"),
        (PARISH, "cottage", "who's the second cup for?", "", "his"),
        (PARISH, "cottage", "how did he die?", "", "Somebody who does not know"),
        (PARISH, "cottage", "who is down there?", "", "says Maud ! You look down"),
        (PARISH, "cottage", "hello, are you Maud?", "", "You are speaking to Maud ! No more than you"),
        (CHAIR, "long_hall", "who lives here?", "", "eleven years ago"),
        (MOON, "mayors_parlour", "may I look in your attic?", "", "'There is nothing in the attic,'"),
        (FERRY, ABOARD, "can you take me over please", "", "north of here"),
        (FERRY, "landing", "is it safe to walk across the causeway?", "", "under water ! You can"),
        (PARISH, "barge", "can't I just dive without the boots", "", "! hesitate"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn whoever_is_on_the_water_crosses_to_the_other_side() {
    let wrong = wrong(&[
        (FERRY, "landing", "we cross the river now please", "> ferry", ""),
        (FERRY, "landing", "north | cross", "> far_bank", ""),
        (FERRY, "landing", "north | I cross the river", "> far_bank", ""),
        (FERRY, ABOARD, "I give to her the token", "- ferry token", ""),
        (FERRY, ABOARD, "should I cross the river?", "", ""),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_asked_for_is_answered_for_whether_it_is_here_held_or_elsewhere() {
    let wrong = wrong(&[
        (MOON, "harbour_square", "can I have the fish", "", "fish ! as anywhere | nothing with"),
        (MOON, "harbour_square", "can I have the ledger", "", "You have the tide ledger"),
        (MOON, "pickled_gull", "can I have the fish", "", "Help yourself"),
        (PARISH, "barge", "can I have the newspaper", "", "not here ! never gave"),
        (PARISH, "shingle", "can I see the church from here?", "", "church ! only wondered"),
        (MOON, "harbour_square", "ask the sailors", "", "south of here ! find none"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_for_somebody_who_is_not_here_goes_to_nobody_and_a_place_is_known_by_its_sign() {
    let with_kipper = r#"{ "user_location": "quay", "user_inventory": ["kipper"] }"#;
    let wrong = wrong(&[
        (MOON, with_kipper, "give the fish to the bird", "", ""),
        (MOON, with_kipper, "give to the cat the fish", "! cat_fed | - kipper", ""),
        (MOON, "harbour_square", "go to the gull place", "> pickled_gull", ""),
        (MOON, "tide_office", "wake up the boss", "", "Crake ! find none"),
        (PARISH, "shingle", "let me go see the lady in the cottage first", "> cottage", ""),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
