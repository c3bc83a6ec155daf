//! The command: what it prints, how it ends.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Command, Output, Stdio},
};

fn command() -> Command {
    Command::new(env!("CARGO_BIN_EXE_mock-llm"))
}

fn check(script: &str) -> Output {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("script.json");
    std::fs::write(&path, script).unwrap();
    command().arg("check").arg(&path).output().unwrap()
}

#[test]
fn the_first_line_has_the_address_and_sigterm_ends_it_well() {
    let mut child = command().args(["--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("mock-llm listening on http://").unwrap();
    std::net::TcpStream::connect(address).unwrap();
    let killed = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    assert!(child.wait().unwrap().success());
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
}

#[test]
fn a_good_script_passes() {
    let output = check(r#"["one", "two"]"#);
    assert!(output.status.success());
    assert!(String::from_utf8(output.stdout).unwrap().ends_with("script.json: ok, entries: 2\n"));
}

#[test]
fn a_mistake_is_shown_with_its_place_and_a_suggestion() {
    let output = check("{\n  \"entries\": [{ \"match\": { \"usr\": \"x\" }, \"reply\": \"y\" }]\n}");
    assert!(!output.status.success());
    let text = String::from_utf8(output.stderr).unwrap();
    for wanted in ["script.json:2:", "/entries/0/match/usr", "did you mean `user`?"] {
        assert!(text.replace("\n  │ ", "").contains(wanted), "{wanted}: {text}");
    }
}

#[test]
fn an_entry_that_can_never_answer_is_pointed_out() {
    let output = check(r#"{"entries": [{"reply": "all"}, {"name": "late", "match": {"user": "x"}, "reply": "y"}]}"#);
    assert!(output.status.success());
    assert!(String::from_utf8(output.stdout).unwrap().contains("warning: /entries/1 \"late\" can never answer"));
}

#[test]
fn an_expression_that_is_too_large_is_pointed_out() {
    let output = check(r#"[{"text": "a"}]"#);
    assert!(!String::from_utf8(output.stdout).unwrap().contains("warning"));
    let output = check(r#"{"entries": [{"match": {"user": {"regex": "(\\w{1000}){1000}"}}, "reply": "y"}]}"#);
    assert!(String::from_utf8(output.stdout).unwrap().contains("too large and matches nothing"));
}

#[test]
fn the_schema_names_every_key() {
    let output = command().arg("schema").output().unwrap();
    let schema: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = schema.to_string();
    for key in ["entries", "capture", "reset_after_frames", "after_chunks", "first_token_ms"] {
        assert!(text.contains(&format!("\"{key}\"")), "{key}");
    }
}

#[test]
fn the_schema_takes_what_the_reader_takes() {
    let schema = jsonschema::validator_for(&mock_llm::Script::schema()).unwrap();
    let shipped = include_str!("../../../fixtures/models/obedient.json");
    let framing = r#"{"entries": [{"match": {"api": "responses", "role": "tool", "call": 1}, "replies": ["a", {"text": "b",
        "framing": {"segment_bytes": 1, "frames_per_segment": 2, "crlf": true, "comments": true, "byte_order_mark": true},
        "fault": {"status": 502, "body": "<p>"}}]}]}"#;
    for script in [shipped, r#"["a", {"json": null}]"#, framing] {
        mock_llm::Script::parse(script, "s").unwrap();
        let value = serde_json::from_str(script).unwrap();
        let errors: Vec<_> = schema.iter_errors(&value).map(|error| error.to_string()).collect();
        assert_eq!(errors, [""; 0]);
    }
    let wrong = serde_json::json!({ "entries": [{ "mach": {}, "reply": "x" }] });
    assert!(!schema.is_valid(&wrong));
}

#[test]
fn the_profiles_are_listed_and_an_unknown_one_is_refused_with_the_list() {
    let list = command().args(["--as", "list"]).output().unwrap();
    let text = String::from_utf8(list.stdout).unwrap();
    assert!(list.status.success() && text.lines().count() >= 20, "{text}");
    assert!(text.lines().any(|line| line.starts_with("deepseek ") && line.contains("http://HOST/v1")), "{text}");
    let unknown = command().args(["--as", "vlm"]).output().unwrap();
    assert!(!unknown.status.success());
    assert!(String::from_utf8(unknown.stderr).unwrap().contains("vllm-4k"));
}
