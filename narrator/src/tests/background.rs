//! Words that no item stands for: what the last answer named, what is scenery, parts of things, and one more of the same. Several turns
//! are separated by `|`; the last one is judged.

use super::newcomer::{CHAIR, FERRY, MOON, PARISH, wrong};

#[test]
fn a_word_of_the_last_answer_can_be_asked_about() {
    let wrong = wrong(&[
        (MOON, "tide_office", "wake crake | what winch?", "", "Stamped something"),
        (CHAIR, "long_hall", "ask mrs vane about the chairs | which chairs?", "", "along both walls"),
        (PARISH, "shingle", "look | what cottage?", "", "lit cottage"),
        (MOON, "harbour_square", "where is the mayor? | is it far?", "", "up ! Tide Office"),
        (FERRY, "landing", "where is the ferry? | is it far?", "", "north"),
        // What every story is asked has its own answers.
        (FERRY, "landing", "what time is it?", "", "hour"),
        (CHAIR, "long_hall", "which way to the piano?", "", "west"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn scenery_is_called_so_and_what_the_story_turns_on_is_not() {
    let wrong = wrong(&[
        (FERRY, "landing", "the smoke", "", "smoke ! hesitate"),
        (FERRY, "landing", "look at the clouds", "", "clouds ! find none"),
        (FERRY, "landing", "stars?", "", "stars ! know no more"),
        (PARISH, "shingle", "the sea", "", "sea ! hesitate"),
        (MOON, "quay", "look at the moon", "", "! scenery"),
        (MOON, "pickled_gull", "look at the smoke", "", "pipes"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_part_is_there_with_its_whole_and_one_more_is_of_the_same() {
    let wrong = wrong(&[
        (FERRY, "landing", "look at the flame", "", "burns steadily"),
        (FERRY, "landing", "take the flame", "", "flame"),
        (CHAIR, "porch", "look through the keyhole", "", "ajar"),
        (CHAIR, "dining_room", "take one of the napkins | take another one", "", "napkin"),
        (MOON, "three_plums", "look at the tags | take one", "", "tag"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
