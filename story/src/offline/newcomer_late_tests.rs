//! Sentences of newcomers about what is not here: places that are farther away, things and people elsewhere, and what was not said.

use super::newcomer_tests::{CHAIR, FERRY, MOON, PARISH, wrong};

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
