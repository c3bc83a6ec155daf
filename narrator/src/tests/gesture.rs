//! Sentences of people who play a role, who write another language at home, who type in haste, and who put two things into one sentence.

use super::newcomer::{CHAIR, FERRY, MOON, PARISH, wrong};

#[test]
fn a_gesture_is_made_and_changes_nothing() {
    let wrong = wrong(&[
        (PARISH, "cottage", "I lower my eyes. \"I am sorry for your loss.\"", "", "You lower your eyes ! hesitate"),
        (MOON, "pickled_gull", "I slam my fist on the bar", "", "You slam your fist ! towel"),
        (MOON, "three_plums", "give Linus my most charming smile", "", "Linus ! find none"),
        (FERRY, "ferry", "I pull my collar up against the fog", "", "You pull your collar up ! find none"),
        (MOON, "quay", "I crouch down in front of the cat", "", "You crouch down ! Ask rather"),
        (MOON, "lighthouse_foot", "I kneel before the keeper", "", "Sorrel ! would rather not"),
        (MOON, "tide_office", "Pim sighs and picks up the stamp", "+ rubber stamp", "You sigh"),
        (PARISH, "cottage", "sit down across from the old woman", "", "Maud ! would rather not"),
        (CHAIR, "porch", "gather my courage", "", "your courage"),
        // What is held is handled, and what is looked at is seen.
        (CHAIR, "porch", "look at my hands", "", "! You look at your hands. The place"),
        (MOON, "tide_office", "put the stamp in my pocket", "+ rubber stamp", ""),
        (MOON, "tide_office", "I tuck my ledger under my arm", "", ""),
        (MOON, "tide_office", "Hmm, creepy. Let me look at the counter more closely", "", "counter"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_quoted_is_said_as_a_whole() {
    let wrong = wrong(&[
        (PARISH, "barge", "\"Wake up, old man. The Company is paying us both.\"", "", "Ketch ! hesitate"),
        (MOON, "mayors_parlour", "\"You sold the moon, didn't you?\" I say coldly.", "", "cleaning ! lets it pass"),
        (FERRY, "landing", "say \"hello\"", "", "over the water"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_typed_in_haste_is_read() {
    let wrong = wrong(&[
        (FERRY, "landing", "tkae the latern", "+ brass lantern", ""),
        (MOON, "tide_office", "exmaine teh clok", "", "LOW"),
        (CHAIR, "long_hall", "ask mrs vane about teh chiars", "", "twelve"),
        (PARISH, "shingle", "go too the barje", "> barge", ""),
        (CHAIR, "nursery", "x musicbox", "", "keyhole"),
        (FERRY, "ferry", "giv odile the tokn", "- ferry token", ""),
        (MOON, "bell_stairs", "knok on the dor", "", "Three knocks"),
        (MOON, "quay", "pet the kitty", "", "Bosun"),
        // A short word of its own is no slip.
        (FERRY, "landing", "take the bat", "", "bat"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_said_in_another_order_is_done() {
    let wrong = wrong(&[
        (MOON, "tide_office", "I take with me the stamp", "+ rubber stamp", ""),
        (CHAIR, "music_room", "the metronome, I put it in movement", "! metronome_started", ""),
        (FERRY, "ferry", "I make the payment to the woman", "- ferry token", ""),
        (MOON, "harbour_square", "Is there perhaps an inn where one could stay the night?", "", "Pickled Gull"),
        (PARISH, "cottage", "why is the lady sad", "", "Maud ! more than I know"),
        (PARISH, "cottage", "I ask to the old lady how she is called", "", "Maud Tolliver"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn both_parts_of_a_long_sentence_are_done() {
    let wrong = wrong(&[
        (
            CHAIR,
            "nursery",
            "I pick up the little key, and if it fits I wind the music box with it.",
            "! box_wound | + music box key",
            "",
        ),
        (
            FERRY,
            "ferry",
            "I hand the ferrywoman the token I have been clutching and ask her how deep the river is here.",
            "- ferry token",
            "weather is free",
        ),
        (
            PARISH,
            "barge",
            "I tap the man on the shoulder and, when he opens his eyes, I ask him what I am supposed to sign.",
            "",
            "signature ! look at the eyes",
        ),
        (
            MOON,
            "three_plums",
            "While the boy is reading his novel I look up at the ceiling to find out how it fitted through.",
            "",
            "winched",
        ),
        (CHAIR, "music_room", "walk around the piano", "", "grand piano ! no way round"),
        (FERRY, "ferry", "how much? | ok here you go", "- ferry token", ""),
        (MOON, "net_loft", "ask Hesper for the shoes | please?", "", "Hesper ! sure how one"),
        (MOON, "net_loft", "I would be most grateful if you lent me your mud shoes", "", "in writing"),
        (MOON, "bell_stairs", "walk into the wall", "", "wall"),
        (MOON, "bell_stairs", "ring", "", "bell of this landing"),
        (PARISH, "barge", "ask Ketch about Maud | is she nice?", "", "! You look at Ketch"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_newcomers_ask_and_do_beside_is_done_and_nothing_else() {
    let wrong = wrong(&[
        (FERRY, "landing", "ring bell go north", "! bell_rung", "go north"),
        (FERRY, "landing", "take lantern | light it | go north | show it to her", "", "brass lantern ! Far Bank is"),
        (FERRY, "landing", "lantern plz", "+ brass lantern", ""),
        (FERRY, "ferry", "is the far bank far?", "", "north of here"),
        (FERRY, "ferry", "sorry for waking you", "", "Odile ! never gave it a thought"),
        (CHAIR, "porch", "look for another way in", "", "Long Hall ! an another"),
        (CHAIR, "long_hall", "ask her if she is alone here", "", "Mrs Vane ! never gave it a thought"),
        (MOON, "net_loft", "I can sew, may I help?", "", "Hesper ! only wondered"),
        (MOON, "mayors_parlour", "what's up there, mister mayor", "", "! It will do"),
        (PARISH, "shingle", "look at the gateposts, then at the barge", "", "flat iron barge"),
        (PARISH, "barge", "pick up the line and coil it", "+ winch line", "! nothing like that"),
        (FERRY, "landing", "take the lantern and the bell", "+ brass lantern", "bell"),
        (FERRY, "ferry", "ask her to take me over", "", "Far Bank ! would rather not"),
        (MOON, "mayors_parlour", "ask him about the moon | that's a lie!", "", "Mayor Bunt ! You tell it"),
        (PARISH, "barge", "ask him for the boots | give them to me!", "", "signature ! not yours to give"),
        (PARISH, "barge", "ask him about maud | where does she live?", "", "Cottage | up"),
        (CHAIR, "long_hall", "tell me the rules of this house", "", "Mrs Vane ! a rules"),
        (CHAIR, "music_room", "go around the chair", "", "black oak ! no way round"),
        (CHAIR, "music_room", "Without touching anything, I walk once around the piano", "", "grand piano ! hesitate"),
        (FERRY, "ferry", "give her the money and thank her", "- ferry token", ""),
        (FERRY, "ferry", "I don't have any money", "", "! let it be"),
        (FERRY, "ferry", "thanks, can we go now?", "", "! any now"),
        (MOON, "tide_office", "leave a note for the boss", "", "note"),
        (MOON, "tide_office", "steal crake's wallet", "", "wallet"),
        (MOON, "harbour_square", "pub", "> pickled_gull", ""),
        (MOON, "harbour_square", "follow the gull", "", "gull"),
        (MOON, "harbour_square", "go south | who's that?", "", "Nan Kettle ! kipper of"),
        (MOON, "harbour_square", "is there anybody who saw it happen", "", "! nothing like that"),
        (MOON, "quay", "talk to the fishermen", "", "! a fishermen"),
        (MOON, "mayors_attic", "wave my arms at the moths", "", "You wave your arms"),
        (MOON, "mayors_attic", "what is that chewing", "", "chewing ! You look at the chewing"),
        (PARISH, "barge", "sign it", "! paper_signed", ""),
        (PARISH, "shingle", "go to the boat and wake the man", "> barge", "wake the man"),
        (PARISH, "shingle", "i put my hand in the water", "", "your hand ! not carrying"),
        (PARISH, "cottage", "I take her hand and promise her that I will tell him.", "", "You take the hand"),
        (PARISH, "cottage", "I am very sorry about your brother", "", "Maud Tolliver ! forgotten"),
        (PARISH, "cottage", "read the headline out loud", "", "GATES CLOSED"),
        (CHAIR, "porch", "get the letter out and read it again", "", "by heart"),
        (CHAIR, "porch", "is it locked?", "", "ajar"),
        (CHAIR, "porch", "knock knock", "", "! a knock"),
        (CHAIR, "long_hall", "can I see upstairs first", "", "Nursery"),
        (CHAIR, "long_hall", "What a lovely hall you have.", "", "Mrs Vane ! metronome first"),
        (CHAIR, "nursery", "give me the key", "+ music box key", ""),
        (CHAIR, "music_room", "turn the chair so it faces the wall", "", "Patient Chair ! nothing like that"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
