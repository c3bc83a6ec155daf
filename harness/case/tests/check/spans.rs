//! How much of a file is shown with a message.

use miette::Diagnostic;

use super::{case_with, directory, read};

/// The texts that the messages on a case point at.
fn shown(text: &str) -> Vec<String> {
    let dir = directory(&[("a.json", text)]);
    let errors = read(&[dir.path().join("cases")]).errors;
    let labels = errors.iter().flat_map(|error| error.labels().into_iter().flatten());
    labels.map(|label| text[label.offset()..label.offset() + label.len()].to_owned()).collect()
}

#[test]
fn a_place_of_many_lines_is_shown_by_its_beginning() {
    let steps = vec![r#"{"user_prompt": "I look."}"#; 400];
    let without_scenario = case_with("", &steps).replace(r#""scenario": "ferry_crossing","#, "");
    assert_eq!(shown(&without_scenario), ["{"]);
    let step = "{\n\"name\": \"a\",\n\"note\": \"b\",\n\"timeout_seconds\": 1\n}";
    assert_eq!(shown(&case_with("", &[step])), ["{"]);
    let list = "{\"expect\": {\"turn_counter\": [\n1,\n2,\n3\n]}}";
    assert_eq!(shown(&case_with("", &[list])), ["["]);
}

#[test]
fn a_place_of_few_lines_is_shown_as_a_whole() {
    let step = "{\"name\": \"a\",\n\"note\": \"b\"}";
    assert_eq!(shown(&case_with("", &[step])), [step]);
}

#[test]
fn a_pattern_and_a_pointer_are_pointed_at_themselves() {
    let get = r#""http": {"method": "GET", "path": "/health""#;
    for (step, place) in [
        (r#"{"expect": {"prompts": [{"kind": "text"}, {"regex": "("}]}}"#.to_owned(), "\"(\""),
        (r#"{"user_prompt": "a", "capture": {"a": {"response": "("}}}"#.to_owned(), "\"(\""),
        (r#"{"capture": {"a": {"state": "vars"}}}"#.to_owned(), "\"vars\""),
        (r#"{"capture": {"a": {"event": {"event": "chat.chunk", "at": "x"}}}}"#.to_owned(), "\"x\""),
        (format!(r#"{{{get}, "capture": {{"a": {{"regex": "("}}}}}}}}"#), "\"(\""),
    ] {
        assert_eq!(shown(&case_with("", &[&step])), [place], "{step}");
    }
    let filter = r#""snapshot": {"state": true, "filters": [{"regex": "a", "with": ""}, {"regex": "(", "with": ""}]},"#;
    assert_eq!(shown(&case_with(filter, &[r#"{"user_prompt": "a"}"#])), ["\"(\""]);
}
