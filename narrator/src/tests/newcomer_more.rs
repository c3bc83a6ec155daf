//! Further sentences of newcomers, by kind: words taken for a thing, stock lines that do not fit, deeds that nobody asked for, and what is
//! said in two parts.

use super::newcomer::{CHAIR, FERRY, MOON, PARISH, wrong};

const BELOW: &str = r#"{ "user_location": "green", "scene_name": "below", "user_inventory": ["lead boots", "spanner", "diving lamp"] }"#;
const GATHERING: &str = r#"{ "user_location": "music_room", "scene_name": "gathering", "user_inventory": ["tuning lever", "tuning fork"] }"#;
const UNDER: &str = r#"{ "user_location": "under_stage", "scene_name": "gathering", "user_inventory": ["tuning lever", "tuning fork"] }"#;
const BOOTS: &str = r#"{ "user_location": "barge", "user_inventory": ["lead boots"] }"#;

#[test]
fn words_that_are_no_thing_are_not_looked_for() {
    let wrong = wrong(&[
        (PARISH, BELOW, "count my breaths", "", "count | lose count ! cannot see | find none"),
        (PARISH, "shingle", "i feel so sad for you", "", "You are sad"),
        (PARISH, "barge", "ask what's wrong with the bell", "", "Ketch"),
        (PARISH, "shingle", "promise Maud to tell Amos", "", "Maud Tolliver is not here"),
        (PARISH, "shingle", "Ketch, Maud sent me", "", "Ketch is not here"),
        (PARISH, "shingle", "can I have the newspaper?", "", "newspaper ! only wondered"),
        (CHAIR, UNDER, "wind the string up until it's in tune", "", "string ! until"),
        (CHAIR, "long_hall", "what is under the window?", "", "window ! 'Window"),
        (CHAIR, "dining_room", "take the card | what's written on it?", "", "name ! 'written'"),
        (CHAIR, "dining_room", "look at the card | what does it say?", "", "name"),
        (CHAIR, GATHERING, "what's the smell in here?", "", "! 'smell'"),
        (CHAIR, "long_hall", "who laid the table for me, Mrs Vane?", "", "Mrs Vane ! 'Table"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_stock_line_fits_what_it_is_said_of() {
    let wrong = wrong(&[
        (PARISH, BELOW, "dive", "", "bottom"),
        (PARISH, BELOW, "climb into the water", "", "bottom"),
        (PARISH, BELOW, "look up", "", "ladder ! bench"),
        (PARISH, "cottage", "sit down", "", "! stay as you are"),
        (CHAIR, "porch", "wipe my boots on the scraper", "", "your boots"),
        (CHAIR, "porch", "push the door", "", "Long Hall ! not it"),
        (CHAIR, "porch", "close the door behind me", "", "close | shut ! nothing to hide"),
        (CHAIR, "nursery", "stop the rocking horse", "", "horse ! oblige"),
        (CHAIR, "nursery", "take the smallest chair | count them", "", "one too many"),
        (CHAIR, UNDER, "play a chord on the piano", "", "piano ! sing | hum"),
        (CHAIR, "dining_room", "look under the table", "", "under the table"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_is_done_that_was_not_asked_for() {
    let door =
        r#"{ "user_location": "church_door", "scene_name": "below", "user_inventory": ["lead boots", "spanner"] }"#;
    let wrong = wrong(&[
        (PARISH, door, "crawl through the low window", "", "window"),
        (PARISH, door, "climb in through the window", "", "window"),
        (PARISH, door, "break the window", "! church_open", ""),
        (PARISH, BOOTS, "put the boots on my feet", "", "buckle"),
        (PARISH, BOOTS, "drop the boots | pick the boots up again and wear them", "+ lead boots", "buckle"),
        (PARISH, BOOTS, "drop the boots | take the boots", "+ lead boots", ""),
        (CHAIR, GATHERING, "walk down the aisle to the piano", "", "lid"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_second_part_is_done_or_named() {
    let wrong = wrong(&[
        (CHAIR, "nursery", "go back to the hall and then to the piano", "> long_hall", "to the piano"),
        (CHAIR, "dining_room", "go back to Mrs Vane", "> long_hall", ""),
        (
            CHAIR,
            "dining_room",
            "go back to Mrs Vane and ask her why my name is on the card",
            "> long_hall",
            "ask her why my name is on the card",
        ),
        (PARISH, BELOW, "go east and see if anyone is at home in the pub", "> plough", "see if anyone"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_question_about_somebody_present_is_for_them() {
    let wrong = wrong(&[
        (PARISH, BOOTS, "could Ketch help me with the helmet?", "", "Ketch"),
        (PARISH, "cottage", "hello | who is it that rings?", "", "Maud ! Eleven divers"),
        (PARISH, "cottage", "why does he ring the bell?", "", "Maud ! Eleven divers"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_same_kinds_in_other_words() {
    let tent = r#"{ "user_location": "grebes_tent", "scene_name": "low_market", "user_inventory": ["pawn ticket", "rubber stamp"] }"#;
    let wrong = wrong(&[
        (MOON, "pickled_gull", "hello | tell Nan she looks tired", "", "Nan ! 'Tired"),
        (MOON, "pickled_gull", "Nan, I'm hungry", "", "Nan ! 'Hungry"),
        (MOON, "mayors_parlour", "push the door", "", "west ! he the "),
        (MOON, "mayors_parlour", "take me upstairs", "> mayors_attic", ""),
        (MOON, tent, "I'd like to redeem the moon | stamp it", "", "ticket ! crated moon"),
        (CHAIR, "long_hall", "tell her she is lovely", "", "Mrs Vane ! metronome"),
        (CHAIR, "music_room", "look at the piano | climb on it", "", "piano"),
        (CHAIR, "porch", "climb the door", "", "climb"),
        (CHAIR, "long_hall", "where does she sleep?", "", "says Mrs Vane | Mrs Vane sees"),
        (PARISH, "barge", "how long has he worked here?", "", "Ketch ! no answer"),
        (FERRY, "landing", "call her", "", "You call her ! 'her'"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
