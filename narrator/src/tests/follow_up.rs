//! What follows on from an earlier turn, what is told to people, being taken along, thinking aloud, and a first deed that fails. Several
//! turns are separated by `|`; the last one is judged.

use super::newcomer::{CHAIR, FERRY, MOON, PARISH, wrong};

#[test]
fn what_follows_on_the_last_turn_is_answered_from_it() {
    let wrong = wrong(&[
        (PARISH, "cottage", "ask Maud about the clock | what did she just say?", "", "right once"),
        (PARISH, "cottage", "ask Maud about the clock | say that again", "", "right once ! you say"),
        (PARISH, "cottage", "ask Maud about the bell | tell me the last thing she told me", "", "It's Amos"),
        (PARISH, "cottage", "ask Maud about the bell | who is it then?", "", "It's Amos"),
        (PARISH, "barge", "ask Ketch about the boots | what does that mean?", "", "signature"),
        (PARISH, "barge", "talk to Ketch | why not?", "", "Ketch"),
        (MOON, "quay", "go down | why not?", "", "mud shoes"),
        (MOON, "lighthouse_foot", "go up | how?", "", "chained the stair"),
        (MOON, "tide_office", "take the stamp | what did I just get?", "", "You take the rubber stamp"),
        (MOON, "tide_office", "go east | what was that?", "", "Harbour Square takes you in"),
        (MOON, "harbour_square", "look | and then?", "", "ticket"),
        (MOON, "three_plums", "go west | go back | where was I?", "", "Chandlers' Lane"),
        (MOON, "three_plums", "ask Linus who holds the ticket | are you sure?", "", "Linus Grebe"),
        (FERRY, "landing", "ring the bell | what happened?", "", "second bell"),
        // A question of its own is none that follows on.
        (MOON, "tide_office", "take the stamp | why is he asleep?", "", "Crake ! rubber stamp. You"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn words_that_stand_for_an_earlier_deed_thing_or_place_are_read_in_full() {
    let wrong = wrong(&[
        (MOON, "tide_office", "take the stamp | take the other one", "+ shaded lamp", ""),
        (MOON, "tide_office", "look at the lamp | take that thing", "+ shaded lamp", ""),
        (MOON, "tide_office", "take both of them", "+ rubber stamp | + shaded lamp", ""),
        (MOON, "tide_office", "take the stamp | do the same with the lamp", "+ shaded lamp", ""),
        (MOON, "tide_office", "look at the lamp | again", "", "shutter"),
        (MOON, "tide_office", "go east | go back there", "> tide_office", ""),
        (CHAIR, "long_hall", "what's west? | go there", "> music_room", ""),
        (CHAIR, "long_hall", "where is the piano? | let's go there", "> music_room", ""),
        (PARISH, "shingle", "look at the cottage | who lives there?", "", "up"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_told_to_somebody_is_answered_by_them() {
    let wrong = wrong(&[
        (PARISH, "barge", "Maud sent me", "", "Ketch ! hesitate"),
        (FERRY, "ferry", "say that I have the token", "", "Odile ! you say."),
        (FERRY, "ferry", "I tell her the truth", "", "Odile ! never gave it a thought"),
        (MOON, "mayors_parlour", "I think you owe the town an apology", "", "Mayor Bunt ! passes through"),
        (CHAIR, "long_hall", "come with me", "", "Mrs Vane ! metronome first"),
        (FERRY, "ferry", "Odile, come with me", "", "Odile ! One token"),
        (MOON, "quay", "come, Bosun", "", "Bosun ! to come"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn who_asks_to_be_taken_along_goes() {
    let wrong = wrong(&[
        (FERRY, "ferry", "take me over", "> far_bank", ""),
        (FERRY, "ferry", "take me across", "> far_bank", ""),
        (FERRY, "ferry", "bring me there", "> far_bank", ""),
        (FERRY, "ferry", "row me to the other side", "> far_bank", ""),
        (FERRY, "ferry", "ok lets go", "> far_bank", ""),
        (PARISH, "shingle", "let's go", "", "Which way"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn who_thinks_aloud_or_wishes_to_know_has_done_nothing() {
    let wrong = wrong(&[
        (MOON, "harbour_square", "let's see the pub, where the smell comes from", "", "Pickled Gull ! smell comes."),
        (MOON, "tide_office", "let's see what we have here", "", "brass and paper"),
        (MOON, "harbour_square", "let's see, where could the ticket be?", "", "ticket"),
        (MOON, "three_plums", "hmm, maybe the key is under the mat", "", "mat ! 'So,"),
        (FERRY, "landing", "maybe I should ring the bell", "", "ring the bell"),
        (FERRY, "landing", "I think the bell is important", "", "bronze bell"),
        (CHAIR, "porch", "I think I will go inside", "> long_hall", ""),
        (CHAIR, "porch", "I'd like to know what's behind the door", "", "door ! hesitate"),
        (CHAIR, "porch", "I wish I knew who wrote the letter", "", "no name under it"),
        (CHAIR, "music_room", "please wake up", "", "! Patient Chair you have only"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_follows_on_a_deed_that_failed_is_left_undone_and_named() {
    let wrong = wrong(&[
        (MOON, "net_loft", "put on the mud shoes and walk out", "", "walk out."),
        (MOON, "net_loft", "put them on and walk out", "", "mud shoes"),
        (PARISH, "barge", "wear the boots and walk into the water", "", "walk into the water."),
        (MOON, "net_loft", "take the twine and go south", "+ ball of tarred twine | > quay", ""),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn how_far_and_how_safe_it_is_is_said() {
    let wrong = wrong(&[
        (MOON, "harbour_square", "how far is the lighthouse?", "", "farther off than one step"),
        (PARISH, "shingle", "how far is the barge?", "", "east of here"),
        (CHAIR, "porch", "is it safe", "", "! 'safe'"),
        (PARISH, "barge", "is it safe?", "", "Never lost one"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
