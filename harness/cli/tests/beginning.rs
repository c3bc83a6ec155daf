//! `harness new`: what it writes is a case that passes.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

mod support;

use std::path::Path;

use support::{Project, assert_exit, engine, stderr, stdout};

fn content() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/content").display().to_string()
}

#[test]
fn a_new_case_is_a_case_with_a_schema_beside_it_and_passes_in_every_scenario() {
    let project = Project::new(&[]);
    let scenarios = ["ferry_crossing", "one_chair_too_many", "pawned_moon"];
    for scenario in scenarios {
        let path = format!("cases/test_{scenario}");
        assert_exit(&project.harness(&["new", &path, "--scenario", scenario, "--content", &content()]), 0);
    }
    assert!(project.path("cases/case.schema.json").is_file());
    let output = project.harness(&["check"]);
    assert_exit(&output, 0);
    assert_eq!(stdout(&output), "3 cases, 0 errors, 0 warnings\n");
    if engine().is_some() {
        assert_exit(&project.run(&[]), 0);
    }
}

#[test]
fn nothing_is_overwritten() {
    let project = Project::new(&[("mine.json", "mine"), ("case.schema.json", "my own")]);
    let output = project.harness(&["new", "mine.json", "--scenario", "ferry_crossing"]);
    assert_exit(&output, 2);
    assert!(stderr(&output).contains("there is such a file already"), "{}", stderr(&output));
    assert_exit(&project.harness(&["new", "other", "--scenario", "ferry_crossing"]), 0);
    assert_eq!((project.read("mine.json").as_str(), project.read("case.schema.json").as_str()), ("mine", "my own"));
}

#[test]
fn a_scenario_that_the_content_does_not_have_is_refused_with_the_nearest() {
    let project = Project::new(&[]);
    let output = project.harness(&["new", "x", "--scenario", "fery_crossing", "--content", &content()]);
    assert_exit(&output, 2);
    assert!(stderr(&output).contains("did you mean `ferry_crossing`?"), "{}", stderr(&output));
    let output = project.harness(&["new", "x", "--scenario", "zzz", "--content", &content()]);
    assert!(stderr(&output).contains("there are: drowned_parish, ferry_crossing, "), "{}", stderr(&output));
    assert!(!project.path("x.json").exists());
}

#[test]
fn where_there_is_no_content_around_names_are_those_of_the_content_in_the_engine() {
    let project = Project::new(&[]);
    assert_exit(&project.harness(&["new", "cases/a"]), 0);
    assert_exit(&project.harness(&["check"]), 0);
    let misspelt = project.read("cases/a.json").replace("drowned_parish", "drowned_parrish");
    project.write("cases/a.json", &misspelt);
    let output = project.harness(&["check"]);
    assert_exit(&output, 3);
    assert!(stderr(&output).contains("did you mean `drowned_parish`?"), "{}", stderr(&output));
}
