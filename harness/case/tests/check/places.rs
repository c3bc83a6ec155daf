//! Keys in the wrong place.

use super::{found, in_steps};

#[test]
fn a_key_in_the_wrong_place_is_told_where_it_belongs() {
    let get = r#""http": {"method": "GET", "path": "/health""#;
    for (step, said) in [
        (format!(r#"{{{get}}}, "expect": {{"status": 200}}}}"#), "the status of the answer belongs into `http.expect`"),
        (format!(r#"{{{get}}}, "expect": {{"json": {{"/a": 1}}}}}}"#), "`json` belongs into `http.expect`"),
        (format!(r#"{{{get}}}, "json": {{"/a": 1}}}}"#), "`json` belongs into `http.expect`"),
        (format!(r#"{{{get}, "json": {{"/a": 1}}}}}}"#), "`json` belongs into `http.expect`"),
        (format!(r#"{{{get}, "timeout_seconds": 1}}}}"#), "`timeout_seconds` belongs next to `http`, not into it"),
        (format!(r#"{{{get}}}, "eventually": true}}"#), "`eventually` belongs into `http`"),
        (
            format!(r#"{{{get}, "expect": {{"eventually": true}}}}}}"#),
            "`eventually` belongs next to `expect`, not into it",
        ),
        (
            format!(r#"{{{get}, "expect": {{"turn_counter": 1}}}}}}"#),
            "`turn_counter` belongs into the `expect` next to `http`",
        ),
        (
            format!(r#"{{{get}}}, "capture": {{"a": {{"json": "/a"}}}}}}"#),
            "what is kept of the answer belongs into `http.capture`",
        ),
        (
            r#"{"user_prompt": "a", "expect": {"turn_counter": 1, "timeout_seconds": 3}}"#.to_owned(),
            "`timeout_seconds` belongs next to `expect`, not into it",
        ),
        (
            r#"{"user_prompt": "a", "expect": {"turn_counter": 1}, "within_ms": 3}"#.to_owned(),
            "`within_ms` belongs into `expect`",
        ),
        (r#"{"user_prompt": "a", "workers": 2}"#.to_owned(), "`workers` belongs to the case, next to `steps`"),
        (
            r#"{"parallel": [{"actors": {"ada": [{"user_prompt": "a", "attempt": 3}]}}]}"#.to_owned(),
            "`attempt` belongs into `expect`",
        ),
    ] {
        let errors = in_steps("", &[&step]);
        assert!(errors.len() == 1 && errors[0].ends_with(&format!("({said})")), "{step}: {errors:?}");
    }
    for (key, said) in [
        (r#""expect": {"turn_counter": 1}"#, "`expect` belongs into a step"),
        (r#""turn_counter": 1"#, "`turn_counter` belongs into `expect` of a step"),
    ] {
        let (errors, _) = found(&format!(
            r#"{{"name": "x", "scenario": "ferry_crossing", {key}, "steps": [{{"user_prompt": "a"}}]}}"#
        ));
        assert!(errors.len() == 1 && errors[0].ends_with(&format!("({said})")), "{key}: {errors:?}");
    }
}

#[test]
fn a_slip_is_still_told_the_nearest_key() {
    let errors = in_steps("", &[r#"{"user_prompt": "a", "expect": {"trun_counter": 1}}"#]);
    assert_eq!(errors, ["2:33: unknown key `trun_counter` (did you mean `turn_counter`?)"]);
}
