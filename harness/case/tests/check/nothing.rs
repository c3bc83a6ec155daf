//! What asserts nothing.

use super::{case_with, found};

const LOOK: &str = r#"{"user_prompt": "I look around.", "expect": {"turn_counter": 1}}"#;

#[test]
fn a_member_of_a_case_that_asks_for_nothing_is_refused() {
    for (member, said) in [
        (r#""snapshot": {}"#, "this snapshot keeps nothing"),
        (r#""snapshot": {"events": false}"#, "this snapshot keeps nothing"),
        (r#""snapshot": {"filters": [{"regex": "v", "with": "w"}]}"#, "this snapshot keeps nothing"),
        (r#""schedules": []"#, "`schedules` is empty"),
    ] {
        let (errors, _) = found(&case_with(&format!("{member},"), &[LOOK]));
        assert!(errors.len() == 1 && errors[0].contains(said), "{member}: {errors:?}");
    }
    for member in [r#""snapshot": {"events": true},"#, r#""schedules": [17],"#] {
        assert_eq!(found(&case_with(member, &[LOOK])).0, Vec::<String>::new(), "{member}");
    }
}

#[test]
fn a_case_that_expects_nothing_is_doubted_and_is_no_error() {
    let (send, wait) = (r#"{"user_prompt": "I look."}"#, r#"{"parallel": [{"user_prompt": "I wait."}]}"#);
    let (errors, warnings) = found(&case_with("", &[send, wait]));
    assert_eq!(errors, Vec::<String>::new());
    let said = "2:1: no step of this case expects anything (it passes whatever is narrated: say what must hold, under `expect`)";
    assert_eq!(warnings, [said]);
    for more in [
        LOOK,
        r#"{"parallel": [{"user_prompt": "I wait.", "expect": {"turn_counter": 1}}]}"#,
        r#"{"http": {"method": "GET", "path": "/health"}}"#,
        r#"{"wait_for": {"event": "request.completed"}}"#,
    ] {
        assert_eq!(found(&case_with("", &[send, more])).1, Vec::<String>::new(), "{more}");
    }
    assert_eq!(found(&case_with(r#""snapshot": {"state": true},"#, &[send])).1, Vec::<String>::new());
}

#[test]
fn what_can_have_no_effect_is_refused() {
    let cut = r#"{"link": {"to": "api", "do": "cut"}}"#;
    let repair = r#"{"link": {"to": "model", "do": "repair"}}"#;
    for (member, steps, said) in [
        ("", vec![LOOK, cut, repair], "nothing is repaired: no step disturbs this link"),
        ("", vec![r#"{"user_prompt": "I look.", "capture": {}}"#, LOOK], "this captures nothing"),
        (r#""pass_rate": 0.5,"#, vec![LOOK], "the case is played once"),
        (r#""priority": 101,"#, vec![LOOK], "a priority is from -100 to 100"),
        (r#""priority": 3000000000,"#, vec![LOOK], "a priority is from -100 to 100"),
        (r#""fails_with": "location","#, vec![LOOK], "no failure is expected here"),
        (r#""expected_failure": "not built", "fails_with": " ","#, vec![LOOK], "every failure contains this"),
        ("", vec![r#"{"user_prompt": "I look.", "expect": {"within_ms": 0}}"#], "nothing happens within 0 ms"),
    ] {
        let (errors, _) = found(&case_with(member, &steps));
        assert!(errors.len() == 1 && errors[0].contains(said), "{steps:?}: {errors:?}");
    }
    let hold = r#"{"link": {"to": "model", "do": "hold"}}"#;
    for (member, steps) in [
        ("", vec![LOOK, hold, repair]),
        (r#""runs": 2, "pass_rate": 0.5,"#, vec![LOOK]),
        (r#""priority": -100,"#, vec![LOOK]),
        (r#""expected_failure": "not built", "fails_with": "location","#, vec![LOOK]),
    ] {
        assert_eq!(found(&case_with(member, &steps)).0, Vec::<String>::new(), "{member} {steps:?}");
    }
}

#[test]
fn a_case_of_the_go_engine_may_expect_nothing_without_a_doubt() {
    let go =
        r#"{"name": "x", "scenario": "ferry_crossing.json", "seed_game_state": {}, "steps": [{"user_prompt": "a"}]}"#;
    assert_eq!(found(go), (Vec::new(), Vec::new()));
}
