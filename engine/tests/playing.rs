//! `engine play`: the terminal client and an engine in one process, through pipes.
#![cfg(feature = "play")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

fn start(data: &Path, words: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_engine"))
        .args(["play", "--plain", "--data-dir"])
        .arg(data)
        .args(words)
        .env("STORY_ENGINE_OFFLINE__WORDS_PER_SECOND", "0")
        .env("STORY_ENGINE_LOG", "info")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn play(data: &Path, words: &[&str], lines: &str) -> Output {
    let mut child = start(data, words);
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn one_command_plays_and_the_game_is_there_the_next_time() {
    let directory = TempDir::new().unwrap();
    let data = directory.path().join("games");
    let first = play(&data, &["--new", "ferry_crossing"], "I ring the bell\n/save The bell\n/map\n");
    let (shown, errors) = (text(&first.stdout), text(&first.stderr));
    assert!(first.status.success(), "{shown}\n{errors}");
    assert!(shown.contains("a second bell answers") && shown.contains("Landing (you are here)"), "{shown}");
    assert!(!shown.contains("listening on") && errors.is_empty(), "the terminal is the player's: {shown}\n{errors}");
    assert!(data.join("play.log").metadata().unwrap().len() > 0);

    let second = text(&play(&data, &[], "/quit\n").stdout);
    assert!(second.contains("go on with The bell, Ada Finch, turn 2"), "{second}");
}

#[test]
fn a_story_is_played_to_its_end_and_exported() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("ferry.md");
    let lines = format!("north\nnorth\n/export {}\n", file.display());
    let output = play(directory.path(), &["--new", "ferry_crossing"], &lines);
    assert!(output.status.success(), "{}\n{}", text(&output.stdout), text(&output.stderr));
    let story = std::fs::read_to_string(file).unwrap();
    assert!(story.starts_with("# The Ferry Crossing\n") && story.contains("> Ada Finch: north"), "{story}");
}

#[test]
fn a_redis_is_refused_with_what_to_do_instead() {
    let directory = TempDir::new().unwrap();
    let output = play(directory.path(), &["--redis-url", "redis://127.0.0.1:1"], "");
    assert_eq!(output.status.code(), Some(1));
    let errors = text(&output.stderr);
    assert!(errors.contains("the configuration names a Redis") && errors.contains("console"), "{errors}");
}
