//! Sentences of newcomers about what is not here: places that are farther away, things and people elsewhere, and what was not said.

use super::newcomer::{CHAIR, FERRY, MOON, PARISH, wrong};
use crate::tests::Game;

const MARKET: &str = r#"{ "user_location": "whalebone_gate", "scene_name": "low_market" }"#;

#[test]
fn the_first_step_to_a_place_that_is_farther_away_is_made() {
    let nave = r#"{ "user_location": "vestry", "scene_name": "inside", "user_inventory": ["lead boots"] }"#;
    let below = r#"{ "user_location": "schoolroom", "scene_name": "below", "user_inventory": ["lead boots"] }"#;
    let wrong = wrong(&[
        (PARISH, "cottage", "go to the barge", "> shingle", "go to the barge ! farther off"),
        (PARISH, "barge", "go back to Maud", "> shingle", "go back to Maud"),
        (PARISH, below, "go to the church", "> green", "go to the church"),
        (PARISH, below, "go to the church and knock on the door", "> green", "go to the church and then knock"),
        (PARISH, nave, "go to the green", "> nave", "go to the green"),
        (MOON, MARKET, "go east | go back to the bay", "> whalebone_gate", "go back to the bay"),
        (MOON, "pickled_gull", "go to the net loft", "> harbour_square", "go to the net loft"),
        (CHAIR, "nursery", "go to the piano", "> long_hall", "to the piano"),
        (CHAIR, "nursery", "go to the hall", "> long_hall", "! to the hall."),
        // Asking goes nowhere.
        (PARISH, "cottage", "how do I get to the barge?", "", "farther off"),
        (PARISH, "cottage", "can I go to the barge?", "", ""),
        (FERRY, "landing", "how do I get to the far bank?", "", ""),
        // What is closed says why.
        (PARISH, "cottage", "go to the church", "", ""),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const GATHERING: &str = r#"{ "user_location": "music_room", "scene_name": "gathering", "user_inventory": ["tuning lever", "tuning fork"] }"#;
const UNDER: &str = r#"{ "user_location": "under_stage", "scene_name": "gathering", "user_inventory": ["tuning lever", "tuning fork"] }"#;
const NAVE: &str =
    r#"{ "user_location": "nave", "scene_name": "inside", "user_inventory": ["lead boots", "winch line", "spanner"] }"#;
const HALL: &str =
    r#"{ "user_location": "long_hall", "scene_name": "gathering", "user_inventory": ["tuning lever", "tuning fork"] }"#;

#[test]
fn what_is_elsewhere_or_only_told_of_is_known_for_what_it_is() {
    let wrong = wrong(&[
        (PARISH, "barge", "pump", "", "Ketch's hand"),
        (FERRY, "landing", "ring", "! bell_rung", ""),
        (PARISH, NAVE, "follow the footprints", "> belfry", ""),
        (PARISH, NAVE, "follow the footprints up", "> belfry", ""),
        (PARISH, NAVE, "grab the rope and hold it", "", "rope ! The line | winch line"),
        (PARISH, "barge", "take the rope", "+ winch line", ""),
        (CHAIR, "long_hall", "count the chairs | look at the window", "", "! no window"),
        (CHAIR, "long_hall", "look at the window", "", "! no window"),
        (CHAIR, HALL, "why is it so dark now", "", "! 'dark'"),
        (CHAIR, "long_hall", "why is it so dark in here?", "", "! 'dark' | 'Dark'"),
        (CHAIR, GATHERING, "who are these people?", "", "! Rows of chairs"),
        (CHAIR, GATHERING, "who are they?", "", "! Rows of chairs"),
        (CHAIR, UNDER, "stop the metronome", "", "overhead | above | over your head ! Whatever"),
        (CHAIR, UNDER, "touch the piano", "", ""),
        (CHAIR, "dining_room", "take the card | turn the card over", "", "back ! to the light"),
        (CHAIR, "dining_room", "turn the card over", "", "back ! to the light"),
        (CHAIR, "long_hall", "sit down at the piano and play something", "", "piano ! sing | hum"),
        (CHAIR, "long_hall", "tune the low A", "", "piano ! low a"),
        (CHAIR, "porch", "tune the low A", "", "piano ! low a"),
        (CHAIR, "long_hall", "tune the lowest note", "", "piano"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn people_who_are_absent_are_asked_about() {
    let wrong = wrong(&[
        (FERRY, "landing", "who is the ferryman?", "", "Odile | ferry ! 'ferryman'"),
        (FERRY, "landing", "who is the ferrykeeper?", "", "ferry ! 'ferrykeeper'"),
        (FERRY, "landing", "who runs the ferry?", "", ""),
        (PARISH, "shingle", "who is the pump man?", "", "pump man. You would look in the Barge ! You look at"),
        (PARISH, "shingle", "who is the man on the barge?", "", "Barge | Ketch"),
        (PARISH, "barge", "ask Ketch about Maud | where is she?", "", "Cottage ! Ketch is right | You look at Ketch"),
        (PARISH, "barge", "who is Maud? | where is she?", "", "Cottage | up"),
        (PARISH, "cottage", "where is she?", "", "Maud"),
        (MOON, "pickled_gull", "ask Nan about Hesper | where is she?", "", "Net Loft"),
        (MOON, "pickled_gull", "hello | where is she?", "", "Nan"),
        (FERRY, "ferry", "tell Odile a joke", "", "Odile ! 'Joke'"),
        (FERRY, "ferry", "tell her about the weather", "", "Odile"),
        (MOON, "pickled_gull", "tell Nan a story", "", "Nan ! 'Story'"),
        (PARISH, "barge", "ask Ketch about elephants", "", "Ketch ! 'Elephants"),
        (MOON, "mayors_parlour", "ask the mayor about butterflies", "", "Mayor Bunt ! 'Butterflies"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_comes_into_the_inventory_is_said() {
    let mut game = Game::seeded(PARISH, serde_json::json!({ "user_location": "cottage" }));
    for sentence in ["ask Maud who it is", "go down", "go east"] {
        game.say(sentence);
    }
    let said =
        |game: &Game| game.history.iter().filter(|message| message.content.contains("unhooks the lead boots")).count();
    // The request of the story event, and its narration.
    assert!(game.state.user_inventory.contains(&"lead boots".to_owned()));
    let first = said(&game);
    assert!(first > 0 && game.history.last().unwrap().content.contains("unhooks the lead boots"));
    game.say("go west");
    game.say("go east");
    assert_eq!(said(&game), first, "it is said once");
}

#[test]
fn what_is_worn_is_not_put_on_again() {
    let boots = r#"{ "user_location": "barge", "user_inventory": ["lead boots"] }"#;
    let wrong = wrong(&[
        (PARISH, boots, "wear the boots | strap on the boots", "", "are on"),
        (PARISH, boots, "wear the boots | put the boots on | wear the boots", "", "are on"),
        (PARISH, boots, "wear the boots | go over the side", "! over_the_side", "One leg ! strap"),
        (PARISH, boots, "strap on the boots and dive", "! over_the_side", "One leg"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
