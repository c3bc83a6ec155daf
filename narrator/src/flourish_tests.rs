//! Sentences with more in them than a deed: how somebody feels, what they wear, what they say of others, and the courtesies before a question.

use super::newcomer_tests::{CHAIR, FERRY, MOON, PARISH, wrong};

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
