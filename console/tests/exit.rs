//! What the binary says when it cannot play.

#![expect(clippy::expect_used, reason = "a helper that fails is a test that fails")]

use std::process::{Command, Output, Stdio};

fn console(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_console"));
    command.args(arguments).env("NO_COLOR", "1").env_remove("STORY_ENGINE_API").stdin(Stdio::null());
    command.output().expect("the console runs")
}

fn stderr(output: &Output) -> String {
    // The report wraps its lines to the width of a terminal.
    String::from_utf8_lossy(&output.stderr).split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ")
}

#[test]
fn an_engine_that_is_not_there_is_an_error_that_says_what_to_do() {
    // Port 1 is nobody's on loopback.
    let output = console(&["--api", "http://127.0.0.1:1"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let text = stderr(&output);
    assert!(text.contains("there is no engine at http://127.0.0.1:1: start one with `engine`"), "{text}");
    assert!(text.contains("Connection refused"), "{text}");
}

#[test]
fn a_url_that_is_none_is_an_error() {
    let output = console(&["--api", "localhost:8080"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("`localhost:8080` is not the URL of an engine"));
}

#[test]
fn a_game_id_that_is_none_is_an_error() {
    let output = console(&["--game", "castle"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("`castle` is not a game id"));
}
