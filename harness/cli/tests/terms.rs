//! On what terms cases are run, with the real engine: skipped, expected to fail, tried again, played several times, played by
//! another model; and the reports of shards made one.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

mod support;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use support::{BAD, GOOD, HARNESS, Project, assert_exit, engine, stderr, stdout};

/// A case with one more member.
fn with(case: &str, member: &str) -> String {
    case.replacen('{', &format!("{{{member}, "), 1)
}

#[test]
fn an_expected_failure_is_well_and_an_unexpected_pass_is_red() {
    if engine().is_none() {
        return;
    }
    let mark = r#""expected_failure": "not built yet""#;
    let project = Project::new(&[("cases/bad.json", &with(BAD, mark))]);
    let output = project.run(&[]);
    assert_exit(&output, 0);
    assert!(stdout(&output).contains("bad: it fails, as expected (not built yet)"), "{}", stdout(&output));
    project.write("cases/good.json", &with(GOOD, mark));
    let output = project.run(&["cases/good.json", "--retries", "3"]);
    assert_exit(&output, 1);
    assert!(stdout(&output).contains("was expected to fail (not built yet)"), "{}", stdout(&output));
}

#[test]
fn a_case_that_cannot_begin_is_no_expected_failure() {
    if engine().is_none() {
        return;
    }
    let case = GOOD.replacen(
        '{',
        r#"{"expected_failure": "not built yet", "engine": {"worker": {"game_lock_ttl_seconds": -1}}, "#,
        1,
    );
    let output = Project::new(&[("cases/a.json", &case)]).run(&[]);
    assert_exit(&output, 1);
    assert!(stdout(&output).contains("game_lock_ttl_seconds"), "{}", stdout(&output));
}

#[test]
fn a_case_that_is_skipped_says_why_and_is_no_success() {
    if engine().is_none() {
        return;
    }
    let project = Project::new(&[("cases/a.json", &with(GOOD, r#""skip": "waits for the new queue""#))]);
    let output = project.run(&[]);
    assert_exit(&output, 4);
    assert!(stdout(&output).contains("a: waits for the new queue"), "{}", stdout(&output));
    project.write("cases/b.json", GOOD);
    assert_exit(&project.run(&[]), 0);
}

#[test]
fn a_case_has_limits_and_retries_of_its_own() {
    let Some(engine) = engine() else { return };
    // The first engine that is started ends at once.
    let project = Project::new(&[("cases/a.json", &with(GOOD, r#""retries": 1"#))]);
    let script = format!(
        "#!/bin/sh\necho >> '{dir}/starts'\n[ $(wc -l < '{dir}/starts') -eq 1 ] && exit 1\nexec '{engine}' \"$@\"\n",
        dir = project.path("").display(),
        engine = engine.display()
    );
    let broken = project.script("engine.sh", &script).display().to_string();
    let output = project.run(&["--engine", &broken]);
    assert_exit(&output, 0);
    assert!(stdout(&output).contains("FLAKY"), "a pass at the second try is not hidden: {}", stdout(&output));
    project.write("cases/a.json", &with(support::SLOW, r#""timeout_seconds": 0.5"#));
    let output = project.run(&[]);
    assert_exit(&output, 1);
    assert!(stdout(&output).contains("not over after 0.5 s (its `timeout_seconds`)"), "{}", stdout(&output));
}

/// A case that passes if the model says a word.
fn judged(runs: &str) -> String {
    format!(
        r#"{{"name": "The bell is heard", "scenario": "ferry_crossing", {runs},
            "model": {{"entries": [{{"match": {{"kind": "text"}}, "reply": "Silence."}}, {NOTHING}]}},
            "steps": [{{"user_prompt": "I ring.", "expect": {{"response_contains": ["bell"]}}}}]}}"#
    )
}

const NOTHING: &str = r#"{"match": {"kind": "json"}, "reply": {"json": {"user_location": null, "scene_change": null,
    "item_events": [], "npc_events": [], "set_vars": [], "game_ended": false}}}"#;

/// A model that says the word three times of four.
fn model(project: &Project) -> (std::process::Child, String) {
    project.write(
        "model.json",
        &format!(
            r#"{{"entries": [{{"match": {{"kind": "text"}}, "replies": ["A bell.", "Silence.", "A bell.", "A bell."]}}, {NOTHING}]}}"#
        ),
    );
    let mut model = Command::new(Path::new(HARNESS).with_file_name("mock-llm"))
        .args(["--listen", "127.0.0.1:0", "--script"])
        .arg(project.path("model.json"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(model.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.trim().rsplit(' ').next().unwrap().to_owned();
    (model, format!("{url}/v1/"))
}

#[test]
fn a_real_model_plays_in_place_of_the_script_and_its_rate_is_judged() {
    if engine().is_none() {
        return;
    }
    let project = Project::new(&[("cases/a.json", &judged(r#""runs": 4, "pass_rate": 0.75"#))]);
    project.write(
        "cases/b.json",
        r#"{"name": "x", "scenario": "ferry_crossing", "steps": [{"expect": {"model_calls": {"text": 0}}}]}"#,
    );
    let (mut model, url) = model(&project);
    let output = project.run(&["--provider", &url, "--provider-model", "any"]);
    model.kill().unwrap();
    model.wait().unwrap();
    assert_exit(&output, 0);
    let text = stdout(&output);
    assert!(text.contains("a: 3 of 4 runs passed"), "{text}");
    assert!(text.contains("b: it steers the model or counts its calls"), "{text}");
    // The script never says the word: too many have failed after two runs.
    let output = project.run(&["cases/a.json"]);
    assert_exit(&output, 1);
    assert!(
        stdout(&output).contains("0 of 2 runs passed; 3 of 4 must pass. The first failure:"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn the_reports_of_shards_become_one() {
    if engine().is_none() {
        return;
    }
    let project =
        Project::new(&[("cases/a.json", GOOD), ("cases/b.json", GOOD), ("cases/c.json", BAD), ("cases/d.json", GOOD)]);
    for (shard, cases) in [("1", ["cases/a.json", "cases/b.json"]), ("2", ["cases/c.json", "cases/d.json"])] {
        project.run(&[cases[0], cases[1], "--json", &format!("{shard}.json")]);
    }
    let output = project
        .harness(&["merge", "1.json", "2.json", "--junit", "all.xml", "--html", "all.html", "--json", "all.json"]);
    assert_exit(&output, 1);
    assert!(stdout(&output).ends_with("3 passed, 1 failed, 0 skipped\n"), "{}", stdout(&output));
    assert!(project.read("all.xml").contains("tests=\"4\" failures=\"1\""), "{}", project.read("all.xml"));
    assert!(project.read("all.html").contains("It begins at seven"));
    // A report that was merged can be merged again.
    assert_exit(&project.harness(&["merge", "all.json"]), 1);
    let output = project.harness(&["merge", "1.json", "all.json"]);
    assert_exit(&output, 2);
    assert!(stderr(&output).contains("is in another report, too"), "{}", stderr(&output));
}
