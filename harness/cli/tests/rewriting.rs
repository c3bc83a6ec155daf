//! `harness fix` from outside.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

mod support;

use support::{Project, assert_exit, stderr, stdout};

const OLD: &str = r#"{
  "name": "x", // a note
  "scenario": "s",
  "seed_game_state": {
    "scenario": "s",
    "location": "pier"
  },
  "steps": [
    { "user_prompt": "hello", "expect": { "user_inventory": [] }, "vars": { "a": "b" } }
  ]
}
"#;

const NEW: &str = r#"{
  "name": "x", // a note
  "scenario": "s",
  "seed_game_state": {
    "user_location": "pier"
  },
  "steps": [
    { "user_prompt": "hello", "expect": { "inventory": [], "vars": { "a": "b" } } }
  ]
}
"#;

#[test]
fn old_names_are_rewritten_in_place_and_check_is_content_then() {
    let project = Project::new(&[("cases/old.json", OLD), ("cases/new.json", NEW)]);
    assert_exit(&project.harness(&["check"]), 3);
    let output = project.harness(&["fix", "cases"]);
    assert_exit(&output, 0);
    assert_eq!(
        stdout(&output),
        "cases/old.json:5: \"scenario\" is gone\n\
         cases/old.json:6: \"location\" is now \"user_location\"\n\
         cases/old.json:9: \"user_inventory\" is now \"inventory\"\n\
         cases/old.json:9: \"vars\" is now \"vars\" in \"expect\"\n\
         4 names in 1 of 2 files rewritten\n"
    );
    assert_eq!(project.read("cases/old.json"), NEW);
    assert_exit(&project.harness(&["check"]), 0);
    assert_eq!(stdout(&project.harness(&["fix", "cases"])), "0 names in 0 of 2 files rewritten\n");
}

#[test]
fn a_dry_run_shows_the_difference_and_writes_nothing() {
    let project = Project::new(&[("old.json", OLD)]);
    let output = project.harness(&["fix", "--dry-run", "old.json"]);
    assert_exit(&output, 0);
    let text = stdout(&output);
    for line in ["--- old.json", "-    \"scenario\": \"s\",", "+    \"user_location\": \"pier\"", "would be rewritten"]
    {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert_eq!(project.read("old.json"), OLD);
}

#[test]
fn what_is_not_a_case_is_left_as_it_is_and_the_others_are_rewritten() {
    let project = Project::new(&[("bad.json", "{ \"location\": 1 }"), ("old.json", OLD)]);
    let output = project.harness(&["fix", "bad.json", "old.json"]);
    assert_exit(&output, 3);
    assert!(stderr(&output).contains("bad.json:1:3"), "{}", stderr(&output));
    assert_eq!((project.read("bad.json").as_str(), project.read("old.json").as_str()), ("{ \"location\": 1 }", NEW));
}
