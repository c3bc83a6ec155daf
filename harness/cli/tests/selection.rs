//! Which cases `harness run` takes, and in which order: nothing is run here.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

mod support;

use support::{Project, assert_exit, stderr, stdout};

fn case(name: &str, tags: &str) -> String {
    format!(r#"{{"name": "{name}", "scenario": "s", "tags": [{tags}], "steps": [{{"user_prompt": "a"}}]}}"#)
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
        (&["--filter", "steals", "--filter", "deep/"], &["test_pier", "test_gull"]),
        (&["--filter", "!bell"], &["test_pier", "test_gull"]),
        (&["--tag", "slow"], &["test_bell", "test_gull"]),
        (&["--tag", "slow", "--tag", "!crash"], &["test_bell"]),
        (&["--tag", "!slow"], &["test_pier"]),
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
    assert_eq!(stderr(&output), "no case is selected\n");
    assert_exit(&project.harness(&["run", "--shard", "3/2"]), 2);
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
    assert_eq!(listed(&project, &["--last-failed=one.json", "--last-failed=two.json"]), ["test_pier", "test_bell"]);
    assert_eq!(listed(&project, &["--last-failed=one.json"]), ["test_bell"]);
}
