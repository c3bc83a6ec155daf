//! Which cases `harness run` takes, and in which order: nothing is run here.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

mod support;

use support::{Project, assert_exit, stderr, stdout};

fn case(name: &str, tags: &str) -> String {
    format!(
        r#"{{"name": "{name}", "scenario": "ferry_crossing", "tags": [{tags}],
            "steps": [{{"user_prompt": "a", "expect": {{"turn_counter": 1}}}}]}}"#
    )
}

fn project() -> Project {
    Project::new(&[
        ("cases/test_bell.json", &case("The bell is answered", r#""slow""#)),
        ("cases/test_gull.json", &case("A gull steals", r#""slow", "crash""#)),
        ("cases/deep/test_pier.json", &case("The pier holds", "")),
    ])
}

fn listed(project: &Project, args: &[&str]) -> Vec<String> {
    let output = project.harness(&[&["run", "--list"], args].concat());
    assert_exit(&output, 0);
    stdout(&output).lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect()
}

#[test]
fn cases_are_listed_with_file_and_name() {
    let output = project().harness(&["run", "--list", "cases/test_bell.json"]);
    assert_eq!(stdout(&output), "test_bell\tcases/test_bell.json\tThe bell is answered\n");
}

#[test]
fn a_list_for_programs_is_json() {
    let output = project().harness(&["run", "cases", "--filter", "gull", "--list", "--json"]);
    let list: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(list[0]["id"], "test_gull");
    assert_eq!(list[0]["tags"], serde_json::json!(["slow", "crash"]));
    assert_eq!(list[0]["path"], "cases/test_gull.json");
}

#[test]
fn filters_and_tags_select() {
    let project = project();
    for (args, ids) in [
        (["--filter", "bell"].as_slice(), ["test_bell"].as_slice()),
        (&["--filter", "steals", "--filter", "deep/"], &["deep/test_pier", "test_gull"]),
        (&["--filter", "!bell"], &["deep/test_pier", "test_gull"]),
        (&["--tag", "slow"], &["test_bell", "test_gull"]),
        (&["--tag", "slow", "--tag", "!crash"], &["test_bell"]),
        (&["--tag", "!slow"], &["deep/test_pier"]),
    ] {
        assert_eq!(listed(&project, args), ids, "{args:?}");
    }
}

#[test]
fn shards_share_the_cases_out() {
    let project = project();
    let mut all = [listed(&project, &["--filter", "test"]), Vec::new()].concat();
    for shard in ["1/2", "2/2"] {
        let output = project.harness(&["run", "--list", "--shard", shard]);
        assert_exit(&output, 0);
        for line in stdout(&output).lines() {
            let id = line.split('\t').next().unwrap();
            assert!(all.iter().any(|case| case == id), "{id} is in two shards");
            all.retain(|case| case != id);
        }
    }
    assert!(all.is_empty(), "{all:?} are in no shard");
}

#[test]
fn a_seed_decides_the_order() {
    let cases: Vec<(String, String)> = (0..20).map(|n| (format!("cases/c{n:02}.json"), case("x", ""))).collect();
    let files: Vec<(&str, &str)> = cases.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let project = Project::new(&files);
    let shuffled = |seed: &str| listed(&project, &["--shuffle", "--seed", seed]);
    assert_eq!(shuffled("1"), shuffled("1"));
    assert_ne!(shuffled("1"), shuffled("2"));
    let mut sorted = shuffled("1");
    sorted.sort();
    assert_eq!(sorted, listed(&project, &[]));
}

#[test]
fn to_select_nothing_is_a_mistake() {
    let project = project();
    let output = project.harness(&["run", "--filter", "whale"]);
    assert_exit(&output, 2);
    assert_eq!(stderr(&output), "no case is selected: none of 3 fits --filter whale\n");
    assert_exit(&project.harness(&["run", "--shard", "3/2"]), 2);
    // One case is in one of two shards, and the other one has run nothing.
    let mut codes = ["1/2", "2/2"]
        .map(|shard| project.harness(&["run", "--list", "--filter", "bell", "--shard", shard]).status.code());
    codes.sort_unstable();
    assert_eq!(codes, [Some(0), Some(2)]);
}

#[test]
fn nothing_is_left_over_from_a_run_that_never_was() {
    let output = project().harness(&["run", "--last-failed"]);
    assert_exit(&output, 2);
    assert!(stderr(&output).contains("cases/.harness/last-run.json: no run is remembered here"), "{}", stderr(&output));
}

#[test]
fn what_the_shards_left_over_is_read_together() {
    let project = project();
    project.write("one.json", r#"{"failed": ["test_bell.json"], "not_run": []}"#);
    project.write("two.json", r#"{"failed": [], "not_run": ["deep/test_pier.json"]}"#);
    assert_eq!(
        listed(&project, &["--last-failed=one.json", "--last-failed=two.json"]),
        ["deep/test_pier", "test_bell"]
    );
    assert_eq!(listed(&project, &["--last-failed=one.json"]), ["test_bell"]);
}

const TABLE: &str = r#"{"name": "It refuses ${n}", "scenario": "ferry_crossing", "variables": {"who": "Ada", "n": 1},
    "rows": {"few": {}, "many": {"n": 900}}, "steps": [{"user_prompt": "${who} asks for ${n}."}]}"#;

#[test]
fn every_row_of_a_table_is_a_case_that_can_be_selected() {
    let project = Project::new(&[("cases/faults/test_limits.json", TABLE)]);
    assert_eq!(listed(&project, &[]), ["faults/test_limits[few]", "faults/test_limits[many]"]);
    assert_eq!(listed(&project, &["--filter", "refuses 900"]), ["faults/test_limits[many]"]);
    assert_eq!(listed(&project, &["--filter", "[few]"]), ["faults/test_limits[few]"]);
    project.write("one.json", r#"{"failed": ["faults/test_limits.json[many]"], "not_run": []}"#);
    assert_eq!(listed(&project, &["--last-failed=one.json"]), ["faults/test_limits[many]"]);
}

#[test]
fn an_id_is_the_same_wherever_the_harness_is_started() {
    let project = Project::new(&[("cases/faults/test_limits.json", TABLE)]);
    let output =
        project.command(&["run", "--list", "test_limits.json"]).current_dir(project.path("cases/faults")).output();
    assert!(stdout(&output.unwrap()).starts_with("faults/test_limits[few]\t"));
}

#[test]
fn variables_come_from_the_command_line_and_a_slip_in_their_names_is_found() {
    let project = Project::new(&[("cases/test_limits.json", TABLE)]);
    let explain = |args: &[&str]| stdout(&project.harness(&[&["explain", "cases/test_limits.json"], args].concat()));
    assert!(explain(&["--var", "who=Bo"]).contains(r#"sends "Bo asks for 900.""#), "{}", explain(&[]));
    let output = project.harness(&["check", "--var", "woh=Bo"]);
    assert_exit(&output, 3);
    let text = stderr(&output);
    assert!(text.contains("no case declares a variable `woh`") && text.contains("did you mean `who`?"), "{text}");
}

#[test]
fn only_leaves_the_others_out_and_is_refused_in_ci() {
    let project = project();
    let marked = r#"{"name": "x", "scenario": "ferry_crossing", "only": true,
        "steps": [{"user_prompt": "a", "expect": {"turn_counter": 1}}]}"#;
    project.write("cases/test_mine.json", marked);
    let run = |ci: &str| project.command(&["run", "--list"]).env("CI", ci).output().unwrap();
    let output = run("");
    assert_eq!(stdout(&output), "test_mine\tcases/test_mine.json\tx\n");
    assert_eq!(stderr(&output), "only 1 of 4 cases are run: those with `only`\n");
    let output = run("true");
    assert_exit(&output, 3);
    assert!(
        stderr(&output).contains("cases/test_mine.json: `only` is for its author's machine"),
        "{}",
        stderr(&output)
    );
    assert_exit(&project.command(&["check"]).env("CI", "true").output().unwrap(), 3);
}

#[test]
fn a_preset_is_flags_with_a_name_and_the_command_line_wins() {
    let project = project();
    project.write("harness.toml", "[preset.slow]\ntag = [\"slow\"]\nshard = \"1/1\"\n\n[preset.odd]\nretires = 1\n");
    assert_eq!(listed(&project, &["--preset", "slow"]), ["test_bell", "test_gull"]);
    assert_eq!(listed(&project, &["--preset", "slow", "--tag", "!crash"]), ["test_bell"]);
    let output = project.harness(&["run", "--list", "--preset", "slow", "--shard", "2/1"]);
    assert_exit(&output, 2);
    let output = project.harness(&["run", "--list", "--preset", "fast"]);
    assert_exit(&output, 2);
    assert_eq!(stderr(&output), "there is no preset `fast`; `harness.toml` has: odd, slow\n");
    let output = project.harness(&["run", "--list", "--preset", "odd"]);
    assert_exit(&output, 2);
    let text = stderr(&output);
    assert!(text.contains("in the preset `odd`") && text.contains("--retries"), "{text}");
}

#[test]
fn what_the_content_and_the_engine_do_not_have_is_found_by_check() {
    let project = Project::new(&[(
        "cases/test_x.json",
        r#"{"name": "x", "scenario": "ferry_crosing", "engine": {"wroker": {}}, "steps": [{"user_prompt": "a"}]}"#,
    )]);
    project.write("fixtures/content/scenarios/ferry_crossing.json", r#"{"name": "The Ferry"}"#);
    let output = project.harness(&["check"]);
    assert_exit(&output, 3);
    let text = stderr(&output);
    for part in ["did you mean `ferry_crossing`?", "did you mean `worker`?"] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn the_content_nearest_to_the_cases_counts() {
    let case = r#"{"name": "x", "scenario": "pier", "steps": [{"user_prompt": "a"}]}"#;
    let project = Project::new(&[("theirs/cases/test_x.json", case)]);
    project.write("fixtures/content/scenarios/ferry.json", r#"{"name": "The Ferry"}"#);
    assert_exit(&project.harness(&["check", "theirs/cases"]), 3);
    project.write("theirs/data/scenarios/pier.json", r#"{"name": "The Pier"}"#);
    assert_exit(&project.harness(&["check", "theirs/cases"]), 0);
}
