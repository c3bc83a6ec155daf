//! Ways of moving that an exit does not offer, plans for later, alternatives, and words written as they are heard.

use super::newcomer::{CHAIR, FERRY, MOON, PARISH, wrong};

#[test]
fn nobody_swims_crawls_or_climbs_where_one_walks() {
    let wrong = wrong(&[
        (FERRY, "landing", "swim north", "", "swim | dressed | wet"),
        (FERRY, "ferry", "swim to the far bank", "", "swim | dressed | wet"),
        (PARISH, "shingle", "swim to the barge", "", "swim | dressed | wet"),
        (MOON, "quay", "swim west", "", ""),
        (CHAIR, "porch", "crawl north", "", "crawl | feet | knees"),
        (CHAIR, "long_hall", "climb east", "", ""),
        // What is made for it is climbed, and who only climbs aboard goes.
        (CHAIR, "long_hall", "climb up", "> nursery", ""),
        (MOON, "chandlers_lane", "climb north", "> lighthouse_foot", ""),
        (FERRY, "landing", "climb aboard", "> ferry", ""),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_plan_does_nothing_and_an_order_for_later_is_followed_in_its_order() {
    let wrong = wrong(&[
        (FERRY, "landing", "when we get there I will buy you a beer", "", "! 'beer'"),
        (CHAIR, "long_hall", "when I find it I will tell you", "", "! more than I know"),
        (MOON, "tide_office", "once he signs the ticket I'll go to the mayor", "", "! hesitate"),
        (FERRY, "landing", "once I have the lantern, ring the bell", "! bell_rung | + brass lantern", "! once the"),
        (FERRY, "landing", "once I'm on the ferry, pay odile", "> ferry", "pay odile"),
        (FERRY, "landing", "what if i just swam across?", "", "! 'across'"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_not_to_be_done_is_not_done() {
    let wrong = wrong(&[
        (FERRY, "landing", "instead of ringing the bell I shout", "", "over the water"),
        (MOON, "tide_office", "instead of the stamp I take the lamp", "+ shaded lamp", ""),
        (MOON, "tide_office", "take the lamp instead of the stamp", "+ shaded lamp", ""),
        (CHAIR, "porch", "instead of going in, I look around the house", "", "Marrow House ! hesitate"),
        (PARISH, "cottage", "rather than read the newspaper, talk to maud", "", "diver ! county paper"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn words_as_they_are_heard_and_words_joined_or_cut_are_read() {
    let wrong = wrong(&[
        (MOON, "chandlers_lane", "go to the litehouse", "> lighthouse_foot", ""),
        (MOON, "chandlers_lane", "go to the light house", "> lighthouse_foot", ""),
        (FERRY, "landing", "pickup the lanturn", "+ brass lantern", ""),
        (MOON, "harbour_square", "goto the tide office", "> tide_office", ""),
        (PARISH, "cottage", "take the news paper", "+ old newspaper", ""),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_sentence_is_read_without_what_stands_round_its_deed() {
    let wrong = wrong(&[
        (FERRY, "landing", "ok so I guess I'll just grab that lantern over there", "+ brass lantern", ""),
        (FERRY, "landing", "hmm, I reckon I'd better ring that bell", "! bell_rung", ""),
        (FERRY, "landing", "can the lantern be put out?", "", "lantern ! wondered"),
        (FERRY, "ferry", "give her everything but the lantern", "- ferry token", ""),
        (MOON, "net_loft", "help the old lady with the nets", "", "Tarry"),
        (FERRY, "ferry", "north now", "> far_bank", ""),
        (FERRY, "landing", "examine all", "", "plank landing"),
        (MOON, "tide_office", "take all but lamp", "+ rubber stamp", ""),
        (CHAIR, "porch", "shaking the rain from my hat, I step up to the door and knock", "", "! shaking"),
        (MOON, "pickled_gull", "could I get something to drink?", "", "Nan ! wondered"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
