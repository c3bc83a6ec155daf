//! More sentences of first-time players by kind: two deeds in one sentence, what is asked of oneself and of nobody, other people's ways of
//! telling a deed, and things that are not here.

use super::newcomer::{CHAIR, FERRY, MOON, PARISH, wrong};

const BELOW: &str = r#"{ "user_location": "green", "scene_name": "below", "user_inventory": ["lead boots", "spanner", "diving lamp"] }"#;

#[test]
fn two_deeds_in_one_sentence_are_both_done() {
    let wrong = wrong(&[
        (
            MOON,
            "tide_office",
            "I put the stamp in my left pocket and the lamp under my arm, then I leave quietly",
            "+ rubber stamp | + shaded lamp | > harbour_square",
            "",
        ),
        (CHAIR, "long_hall", "I whistle while I walk to the music room", "> music_room", "You whistle"),
        (CHAIR, "porch", "run away screaming", "", "under water"),
        (MOON, "pickled_gull", "i sit down in a corner and watch people", "", "! would rather not | corner here"),
        (MOON, "tide_office", "I look at the big clock and ask myself why it says low", "", "! does not stir"),
        (
            FERRY,
            "landing",
            "I pick up the lantern, hold it high, and peer north into the fog",
            "+ brass lantern",
            "You look north",
        ),
        (
            FERRY,
            "landing",
            "the traveller sits on the edge of the landing and dangles her feet in the water",
            "",
            "You dangle your feet",
        ),
        (FERRY, "landing", "i ring it so hard it breaks", "! bell_rung", ""),
        (FERRY, "landing", "yolo jump in", "", "! hesitate"),
        (PARISH, "shingle", "walk up to the cottage and knock on the door", "", "the Cottage ! Still to do"),
        (PARISH, "shingle", "I whistle and walk toward the light", "> cottage", ""),
        (PARISH, "shingle", "I walk out along the plank, one careful step at a time.", "> barge", ""),
        (PARISH, "shingle", "The diver adjusts his collar and looks long at the black water.", "", "Flat, dark"),
        (PARISH, "cottage", "I'd love to sit down", "", "! a sit"),
        (MOON, "tide_office", "leave note for crake saying gone to find the moon", "", "note"),
        (MOON, "tide_office", "I run my fingers along the brass, remembering better tides.", "", "! go up to"),
        (CHAIR, "porch", "I lay a hand on the nearest pillar, as one might on a horse.", "", "pillar ! not carrying"),
        (CHAIR, "porch", "ill take the chair inside", "", "chair ! to ill"),
        (CHAIR, "porch", "I make some steps to the door", "> long_hall", ""),
        (MOON, "tide_office", "make the man wake up", "", "You shake him ! man wake"),
        (MOON, "tide_office", "My friend, wake up, it is late!", "", "You shake him ! the late | hesitate"),
        (MOON, "tide_office", "jump on the counter and dance", "", "You step up onto the counter"),
        (MOON, "bell_stairs", "count the steps as I climb", "", ""),
        (MOON, "mayors_parlour", "sit down uninvited", "", "! find none"),
        (CHAIR, "music_room", "close my eyes and count to ten", "", "You count to ten ! find none"),
        (CHAIR, "dining_room", "propose a toast to the family", "", "You propose a toast ! hesitate"),
        (
            CHAIR,
            "porch",
            "I regard the house, and find that it regards me back.",
            "",
            "Marrow House ! nothing like that",
        ),
        (PARISH, BELOW, "go into the pub and order a pint", "> plough", "order a pint"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_deed_names_what_it_is_done_with() {
    let wrong = wrong(&[
        (FERRY, "landing", "put the token in my mouth", "", "ferry token ! set down"),
        (FERRY, "landing", "flip the token", "", "You flip the ferry token ! would help"),
        (FERRY, "ferry", "spit in the river", "", "You spit ! would help"),
        (PARISH, "barge", "throw the old man overboard", "", "Ketch ! old man overboard"),
        (PARISH, "barge", "i want my own boots", "", "Ketch ! You want your"),
        (PARISH, "barge", "I sign with an X", "! paper_signed", ""),
        (PARISH, "barge", "read the small print", "", "smallest type"),
        (PARISH, "cottage", "warm my hands at the fire", "", "! You warm"),
        (PARISH, "cottage", "sing her a hymn", "", "Maud ! hymn board"),
        (PARISH, "cottage", "tell her I'm sorry for her loss", "", "Maud ! forgotten | No harm | waves it away"),
        (CHAIR, "porch", "look at the sky", "", "sky ! can do nothing"),
        (CHAIR, "porch", "I bow to the chair and say \"good evening\"", "", "You bow to the chair"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_asked_is_answered_for_what_it_is() {
    let wrong = wrong(&[
        (MOON, "tide_office", "sir? sir? are you awake?", "", "Superintendent Crake ! There is an answer"),
        (MOON, "tide_office", "what a mess. who works here?", "", "Superintendent Crake ! hesitate"),
        (MOON, "tide_office", "I would like to know please where is the moon", "", "! hesitate"),
        (MOON, "tide_office", "how sad", "", "! 'sad'"),
        (CHAIR, "long_hall", "what's your first name?", "", "speaking to Mrs Vane"),
        (CHAIR, "long_hall", "what happened to the portraits?", "", "taken down"),
        (PARISH, "shingle", "is it cold?", "", "! spanner, as long"),
        (PARISH, "shingle", "tell me the story of the village", "", "forty years ago ! find none"),
        (PARISH, "barge", "who else has gone down?", "", "Ketch ! is here with you"),
        (PARISH, "barge", "did they come back?", "", "! You look at Ketch"),
        (PARISH, "cottage", "what are you looking at", "", "see the water ! more than I know"),
        (FERRY, "landing", "my grandson told me about this game. how does one begin?", "", "hint"),
        (FERRY, "landing", "Dear me, is there a bench where an old woman may rest her legs?", "", "bench"),
        (FERRY, "landing", "I do hope the ferry is safe", "", "! nothing like that | A bronze token"),
        (FERRY, "landing", "what ho! ferryman!", "", "! find none"),
        (FERRY, "landing", "its so foggy i cant see anything", "", "! hesitate"),
        (FERRY, "landing", "what is behind me", "", "plank landing"),
        (FERRY, "landing", "which one is the far bank?", "", "Far Bank"),
        (MOON, "tide_office", "the clock is broken, can I fix it?", "", "brass clock ! ledger"),
        (MOON, "tide_office", "It is possible to exit from here?", "", "go east ! ledger"),
        (MOON, "tide_office", "wheres the exit", "", "go east ! There is an answer"),
        (MOON, "tide_office", "just tell me the answer", "", "pawned ! find none"),
        (MOON, "tide_office", "what is the tide office?", "", "One high room"),
        (MOON, "tide_office", "skip", "", "! shake him"),
        (MOON, "mayors_parlour", "you're a thief and a liar", "", "Mayor Bunt ! has been heard"),
        (MOON, "bell_stairs", "is the mayor at home?", "", "east"),
        (CHAIR, "porch", "Under the chair is there something?", "", "dining chair ! twelve chairs"),
        (CHAIR, "porch", "mommy im scared", "", "You are scared"),
        (CHAIR, "porch", "who lived here?", "", "dinner"),
        (CHAIR, "porch", "Who left this chair here, and why?", "", "Nobody has said"),
        (PARISH, "shingle", "are there fishes in this river?", "", "fishes ! a fishes | this river"),
        (PARISH, "shingle", "walk back to town", "", "What you came by ! no town"),
        (PARISH, "shingle", "I check my watch.", "", "nine ! find none"),
        (PARISH, "shingle", "What is it that I see before me?", "", "grey beach"),
        (PARISH, "shingle", "I say, it's rather chilly. Is there somewhere warm to go?", "", "Cottage ! You say"),
        (PARISH, "shingle", "It gives a way to go down?", "", "Not that way"),
        (PARISH, "shingle", "bored", "", "! hesitate"),
        (PARISH, "cottage", "I'd love some tea", "", "Maud ! find none"),
        (PARISH, "cottage", "you look sad", "", "Maud ! if nothing else"),
        (FERRY, "landing", "look at the ferry", "", "ferry ! token with"),
        (FERRY, "landing", "x chain ferry", "", "rocking gently"),
        (FERRY, "landing", "Goodness, these planks look slippery", "", "! would help"),
        (FERRY, "landing", "examine post, moss and sign", "", "post with a bell ! hesitate"),
        (FERRY, "landing", "steal the bell", "", "better left"),
        (PARISH, BELOW, "can ketch hear me?", "", "Ketch is not here"),
        (FERRY, "ferry", "ahoy captain", "", "Odile ! never gave it"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
