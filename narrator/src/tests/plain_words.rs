//! First-time players' sentences by the kind of reading that they need: cries before a deed, gestures, one's own boots, ways back, questions
//! of prices and names. Several turns are separated by `|`; the last one is judged.

use super::newcomer::{CHAIR, FERRY, MOON, PARISH, wrong};

#[test]
fn a_cry_before_a_deed_is_no_deed() {
    let wrong = wrong(&[
        (FERRY, "landing", "ding dong!! i hit the bell with my fist", "! bell_rung", "! hesitate"),
        (FERRY, "landing", "woohoo!!! I take the lantern", "+ brass lantern", "! hesitate"),
        (FERRY, "landing", "tick tock, I wait for the ferry", "", "! hesitate"),
        (FERRY, "landing", "oh my god! where is the ferry?", "", "north of here"),
        (FERRY, "landing", "kick the bell", "! bell_rung", ""),
        (FERRY, "landing", "I walk up to the bell, clear my throat and ring it", "! bell_rung", "! stops there"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_gesture_of_the_whole_body_is_made() {
    let wrong = wrong(&[
        (FERRY, "landing", "I kneel down and put my hand in the water", "", "You kneel down ! find none"),
        (FERRY, "landing", "I take a deep breath and smell the evening air", "", "You take a deep breath ! find none"),
        (FERRY, "landing", "heave a sigh of relief", "", "You heave a sigh"),
        (FERRY, "landing", "sit back and wait", "", "You sit back ! find none"),
        (FERRY, "landing", "bow", "", "You bow ! Your voice"),
        (FERRY, "ferry", "bow", "", "You bow. ! One token"),
        (FERRY, "ferry", "give her a nod", "", "Odile ! not yours"),
        (
            FERRY,
            "ferry",
            "I tip my hat and lean on the rail, looking out over the flood",
            "",
            "You lean on the rail ! not for long",
        ),
        (MOON, "tide_office", "bow", "", "sleeps through | does not wake"),
        (MOON, "harbour_square", "climb the bandstand and make a speech", "", "You make a speech ! had also meant"),
        (MOON, "tide_office", "I tiptoe past Crake", "", "You get past Superintendent Crake ! go up to"),
        (MOON, "tide_office", "stamp my hand", "", "pick up the rubber stamp"),
        (MOON, "tide_office", "take the stamp | stamp my hand", "", "You stamp your hand with the rubber stamp"),
        (PARISH, "cottage", "I sit down at the table with her", "", "Maud"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_ones_own_is_there_to_be_looked_at() {
    let wrong = wrong(&[
        (FERRY, "landing", "I check my boots, are they wet?", "", "boots ! find none | 'wet'"),
        (PARISH, "shingle", "are my boots wet?", "", "our boots ! do not see"),
        (PARISH, BOOTS, "look at my boots", "", "Sixteen pounds"),
        (FERRY, "landing", "I check what I'm carrying", "", "ferry token ! lantern"),
        (FERRY, "landing", "see what's in my bag", "", "ferry token ! find none"),
        (FERRY, "landing", "pick it up", "+ brass lantern", ""),
        (PARISH, "shingle", "pick it up", "", "nothing here ! already"),
        (MOON, "tide_office", "pick it up", "", "Which one ! already"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const BOOTS: &str = r#"{ "user_location": "barge", "user_inventory": ["lead boots"] }"#;

#[test]
fn a_way_is_gone_as_it_was_meant() {
    let wrong = wrong(&[
        (FERRY, "landing", "swim across", "", "swim ! Which way"),
        (PARISH, "shingle", "swim across", "", "swim ! down there"),
        (FERRY, "ferry", "I want go back to the land", "> landing", ""),
        (FERRY, "landing", "walk back to town", "", "until morning"),
        (FERRY, "landing", "go north | walk back to town", "> landing", ""),
        (FERRY, "landing", "go back to dry land", "", "until morning ! Still to do"),
        (PARISH, "shingle", "go to the cottage and knock", "", "the Cottage ! Still to do"),
        (MOON, "tide_office", "sir, I'm going out to look for the moon", "> harbour_square", ""),
        (MOON, "harbour_square", "go to the place where is the warm light", "> pickled_gull", ""),
        (CHAIR, "porch", "peek through the door", "", "Long Hall"),
        (CHAIR, "long_hall", "peek through the door", "", "which door"),
        (MOON, "tide_office", "peek through the door", "", "Harbour Square"),
        (MOON, "pickled_gull", "sit by the fire and listen to the gossip", "", "says Nan ! meets you at the door"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_question_in_few_words_is_answered() {
    let wrong = wrong(&[
        (FERRY, "landing", "how much costs the ferry?", "", "to pay with is the ferry token"),
        (FERRY, "landing", "how much do I have to pay?", "", "to pay with is the ferry token"),
        (FERRY, "ferry", "what costs the crossing", "", "One token"),
        (FERRY, "landing", "are there fishes in this river?", "", "no fishes there | None that shows"),
        (FERRY, "ferry", "have you been doing this job for long?", "", "says Odile | all that comes ! North, when"),
        (FERRY, "ferry", "are you Odile?", "", "speaking to Odile"),
        (FERRY, "ferry", "you must be Odile", "", "speaking to Odile"),
        (FERRY, "ferry", "are you Bob?", "", "speaking to Odile"),
        (FERRY, "ferry", "are you cold?", "", "! speaking to Odile"),
        (PARISH, "shingle", "why is there a bell under the water?", "", "rings at nine ! bell under."),
        (PARISH, "shingle", "What's the job tonight?", "", "pump ! 'job'"),
        (PARISH, "cottage", "what's his name", "", "! You look at Maud"),
        (PARISH, "cottage", "who was at school with you?", "", "Ketch was in the row"),
        (PARISH, "cottage", "hello | who is it?", "! maud_heard", "It's Amos"),
        (PARISH, "shingle", "hello | who is it?", "", "! It is as you found it"),
        (CHAIR, "porch", "what is the chair doing?", "", "dining chair"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_only_said_is_heard() {
    let wrong = wrong(&[
        (FERRY, "ferry", "tell odile about the bell on the landing", "", "the bell ! 'Well,'"),
        (FERRY, "ferry", "tell her about my journey", "", "your journey ! One token"),
        (FERRY, "ferry", "the king sent me", "", "Odile ! not sure how"),
        (PARISH, "shingle", "Maud sent me", "", "! hesitate"),
        (PARISH, "barge", "Maud sent me", "", "Ketch"),
        (FERRY, "landing", "I'd rather be paid in advance", "", "! hesitate"),
        (FERRY, "ferry", "I'd rather be paid in advance", "", "Odile ! not sure how"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
