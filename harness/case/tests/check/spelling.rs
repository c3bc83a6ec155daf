//! Slips of the keyboard and of JSON: what is said about them helps.

use super::{case_with, found, in_steps};

/// What is said of a step.
fn said(step: &str) -> String {
    let errors = in_steps("", &[step]);
    assert_eq!(errors.len(), 1, "{step}: {errors:?}");
    errors[0].clone()
}

#[test]
fn a_trailing_comma_is_called_one() {
    for (text, place) in [
        ("{\"name\": \"x\",\n}", "1:13"),
        ("{\"name\": \"x\",\n\"tags\": [\"a\", \n]}", "2:13"),
        ("{\"name\": \"x\", // why\n}", "1:13"),
    ] {
        let said = format!("{place}: a trailing comma: nothing comes after it (take it away)");
        assert_eq!(found(text).0, [said], "{text}");
    }
}

#[test]
fn a_value_of_another_type_is_told_how_to_write_it() {
    for (expect, said_of_it) in [
        (r#""turn_counter": "1""#, "expected a whole number from 0, found the text `1` (leave off the quotes)"),
        (r#""is_ended": "true""#, "expected `true` or `false`, found the text `true` (leave off the quotes)"),
        (r#""location": 3"#, "expected a text, found the number `3` (put it in double quotes)"),
        (r#""response_contains": "fog""#, "expected a list, found the text `fog` (put it in a list: `[\"fog\"]`)"),
        (r#""prompts": {"contains": ["a"]}"#, "expected a list, found an object (put it in a list: `[{…}]`)"),
        (
            r#""turn_counter": 1.0"#,
            "expected a whole number from 0, found the number `1.0` (a whole number has no decimal point: `1`)",
        ),
        (r#""turn_counter": 1.5"#, "expected a whole number from 0, found the number `1.5`"),
        (r#""turn_counter": "one""#, "expected a whole number from 0, found the text `one`"),
    ] {
        let error = said(&format!(r#"{{"user_prompt": "a", "expect": {{{expect}}}}}"#));
        assert!(error.ends_with(&format!(": {said_of_it}")), "{expect}: {error}");
    }
    let events = said(r#"{"user_prompt": "a", "expect": {"events": "chat.chunk"}}"#);
    assert!(events.ends_with("(put it in a list: `[\"chat.chunk\"]`)"), "{events}");
    let (errors, _) = found(&case_with(r#""schedules": 17,"#, &[r#"{"expect": {"turn_counter": 0}}"#]));
    assert!(errors.len() == 1 && errors[0].ends_with("(put it in a list: `[17]`)"), "{errors:?}");
}

#[test]
fn a_word_with_a_letter_left_out_is_told_the_whole_word() {
    for (slip, word) in [("$ge", "$gte"), ("$le", "$lte"), ("$coun", "$count")] {
        let error = said(&format!(r#"{{"expect": {{"state": {{"/turn_counter": {{"{slip}": 1}}}}}}}}"#));
        assert!(error.ends_with(&format!("(did you mean `{word}`?)")), "{error}");
    }
}

#[test]
fn a_key_under_two_names_is_pointed_at_where_it_comes_again() {
    let step = r#"{"user_prompt": "a", "expect": {"location": "landing", "user_location": "landing"}}"#;
    let error = said(step);
    assert!(error.contains("this is `location`") && error.ends_with("(keep one of the two)"), "{error}");
}

#[test]
fn a_name_in_a_regular_expression_is_said_not_to_be_replaced() {
    let error = said(r#"{"user_prompt": "a", "expect": {"response_regex": "{who} speaks"}}"#);
    assert!(error.contains("`{who}` is not replaced in a regular expression"), "{error}");
    let error = said(r#"{"user_prompt": "a", "expect": {"response_regex": "(he"}}"#);
    assert!(!error.contains("not replaced"), "{error}");
}

#[test]
fn an_empty_name_is_never_what_was_meant() {
    let step = r#"{"expect": {"request": "a", "attempt": 1}}"#;
    let errors = in_steps("", &[r#"{"user_prompt": "I look.", "as": ""}"#, step]);
    assert!(errors.len() == 1 && !errors[0].contains("did you mean"), "{errors:?}");
}

#[test]
fn a_sequence_without_cases_has_a_message_of_its_own() {
    let said = "1:26: a sequence without cases runs nothing (name files in it, or give the case `steps`)";
    assert_eq!(found(r#"{"name": "all", "cases": []}"#).0, [said]);
}
