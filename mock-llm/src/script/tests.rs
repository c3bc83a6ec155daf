//! Reading scripts: what is accepted, and how mistakes are reported.

use serde_json::json;

use super::{Mistake, Script, ScriptError};

fn mistake(text: &str) -> Mistake {
    match Script::parse(text, "s.json") {
        Err(ScriptError::Invalid(mistake)) => *mistake,
        other => panic!("expected a mistake, got {other:?}"),
    }
}

#[test]
fn an_unknown_key_is_reported_with_pointer_line_and_suggestion() {
    let mistake = mistake("{\"entries\": [\n {\"replly\": \"x\"}]}");
    assert_eq!((mistake.pointer.as_str(), mistake.line), ("/entries/0/replly", 2));
    assert_eq!(mistake.help.as_deref(), Some("did you mean `reply`?"));
    assert!(mistake.to_string().starts_with("s.json:2:"), "{mistake}");
}

#[test]
fn every_mistake_points_at_its_place() {
    for (text, pointer, problem) in [
        (r#"["a", {"txt": "b"}]"#, "/1/txt", "unknown key `txt`"),
        (r#"["a", 7]"#, "/1", "invalid type: integer `7`"),
        (r#"{"entries": [{"reply": "{{nme}}"}]}"#, "/entries/0/reply", "nothing captures `{{nme}}`"),
        (
            r#"{"entries": [{"reply": {"json": {"a": ["{{x|uper}}"]}}}]}"#,
            "/entries/0/reply/json/a/0",
            "unknown filter `uper`",
        ),
        (
            r#"{"entries": [{"match": {"user": {"regex": "("}}, "reply": ""}]}"#,
            "/entries/0/match/user/regex",
            "not a regular expression",
        ),
        (r#"{"entries": [{"match": {"kind": "jsn"}, "reply": ""}]}"#, "/entries/0/match/kind", "unknown variant `jsn`"),
        (
            r#"{"entries": [{"match": {"pointer": {"a": 1}}, "reply": ""}]}"#,
            "/entries/0/match/pointer/a",
            "starts with a slash",
        ),
        (
            r#"{"entries": [{"capture": [{"from": "user", "regex": "x"}], "reply": ""}]}"#,
            "/entries/0/capture/0/regex",
            "captures nothing",
        ),
        (r#"{"entries": [{"name": "n"}]}"#, "/entries/0", "no `reply`"),
        (r#"{"entries": [{"reply": {"text": "a", "json": 1}}]}"#, "/entries/0/reply", "only one of them"),
        (r#"{"entries": [{"reply": {"fault": {"status": 200}}}]}"#, "/entries/0/reply/fault/status", "is no error"),
        (
            r#"{"entries": [{"reply": {"fault": {"status": 500, "stall_after_frames": 1}}}]}"#,
            "/entries/0/reply/fault",
            "exactly one",
        ),
        (r#"{"entries": [{"reply": {"fault": "emty"}}]}"#, "/entries/0/reply/fault", "unknown variant `emty`"),
        (r#"{"entries": [{"reply": "", "times": 0}]}"#, "/entries/0/times", "counted from 1"),
        (r#"{"speed": -1, "entries": []}"#, "/speed", "expected 0 or more"),
        (r#"{"order": "ordered"}"#, "", "missing field `entries`"),
        (r#"["a""#, "", "EOF"),
    ] {
        let mistake = mistake(text);
        assert_eq!(mistake.pointer, pointer, "{mistake}");
        assert!(mistake.problem.contains(problem), "{mistake}");
    }
}

#[test]
fn the_documented_forms_are_accepted() {
    let script = json!({
        "$schema": "x", "description": "y", "strict": false, "speed": 0, "seed": 1, "order": "ordered",
        "pace": { "first_token_ms": 1 }, "chunk": "token",
        "entries": [{
            "name": "all", "match": { "api": "responses", "role": "tool", "user": { "contains": ["a", "b"], "lacks": "c" } }, "times": 2, "optional": true,
            "capture": [{ "from": "all", "regex": "(?<n>a)", "optional": true }],
            "replies": [
                { "text": "{{n}}", "gate": "g", "finish": "length", "usage": { "input_tokens": 1 } },
                { "chunk": ["{{n}}", "b"], "gate": { "name": "g", "after_chunks": 1 } },
                { "json": null, "fault": "wrong_schema" },
                { "fault": { "reset_after_bytes": 0 } },
                { "tools": [{ "name": "t" }] },
            ],
        }],
    });
    let script = Script::parse(&script.to_string(), "s").unwrap();
    assert_eq!(script.entries[0].replies.len(), 5);
}
