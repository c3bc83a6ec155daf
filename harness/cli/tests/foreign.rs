//! Another service than the story engine, driven as its profile says. The oracle in `tests/oracle` is one that the harness was
//! not written for, and it can be broken.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

mod support;

use std::path::Path;
use std::process::{Command, Output};

use support::{HARNESS, Project, assert_exit, stderr, stdout};

/// One question, and no expectation: what is wrong must be found at the end of the case, unasked.
const QUESTION: &str = r#"{"name": "The future is known", "scenario": "the weather",
    "steps": [{"user_prompt": "What does the future hold?"}]}"#;

/// A project with the oracle, its profile and its cases; `None` where it cannot run.
fn oracle() -> Option<Project> {
    let mock = Path::new(HARNESS).with_file_name("mock-llm");
    if !mock.is_file() || Command::new("python3").arg("--version").output().is_err() {
        println!("skipped: there is no mock-llm next to the harness, or no python3");
        return None;
    }
    let project = Project::new(&[("cases/question.json", QUESTION)]);
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle");
    for file in ["harness.toml", "oracle.py", "cases/questions.json", "cases/lies.json"] {
        project.write(file, &std::fs::read_to_string(dir.join(file)).unwrap());
    }
    Some(project)
}

impl Project {
    /// Changes the oracle's profile.
    fn profile(&self, from: &str, to: &str) {
        let profile = self.read("harness.toml");
        assert!(profile.contains(from), "{profile}");
        self.write("harness.toml", &profile.replace(from, to));
    }

    /// Breaks the oracle.
    fn break_by(&self, fault: &str) {
        self.profile("\"--polite\"]", &format!("\"--polite\", \"--fault\", \"{fault}\"]"));
    }

    fn play(&self, case: &str) -> Output {
        self.harness(&["run", &format!("cases/{case}.json"), "--services", "embedded"])
    }
}

/// What a run said, if it failed as it should, and at once.
#[track_caller]
fn said_of_a_failure(output: &Output) -> String {
    assert_exit(output, 1);
    stdout(output)
}

#[test]
fn another_service_is_driven_as_its_profile_says() {
    let Some(oracle) = oracle() else { return };
    let output = oracle.play("questions");
    assert_exit(&output, 0);
    assert!(stdout(&output).ends_with("1 passed, 0 failed, 0 skipped\n"), "{}", stdout(&output));
}

#[test]
fn another_service_that_does_not_do_as_expected_fails_with_a_timeline() {
    let Some(oracle) = oracle() else { return };
    let said = said_of_a_failure(&oracle.play("lies"));
    for part in ["exactly [answered]", "not met: number 1", "timeline:", "the oracle is in at"] {
        assert!(said.contains(part), "{part}\n{said}");
    }
}

#[test]
fn a_piece_of_text_that_is_lost_is_noticed_unasked() {
    let Some(oracle) = oracle() else { return };
    oracle.break_by("lost-word");
    let said = said_of_a_failure(&oracle.play("question"));
    assert!(said.contains("is kept as \"Ask again later.\", but has shown \"again later. \""), "{said}");
}

#[test]
fn a_gap_in_ids_of_another_form_is_noticed_unasked() {
    let Some(oracle) = oracle() else { return };
    oracle.break_by("gap");
    let said = said_of_a_failure(&oracle.play("question"));
    assert!(said.contains("after event 1 came event 3 (word)"), "{said}");
}

#[test]
fn a_request_that_ends_twice_is_noticed_unasked() {
    let Some(oracle) = oracle() else { return };
    oracle.break_by("twice");
    // The second end may come after the look at the end of the first message, so another message follows.
    oracle.write("cases/question.json", &QUESTION.replace("hold?\"}", "hold?\"}, {\"user_prompt\": \"Is it late?\"}"));
    let said = said_of_a_failure(&oracle.play("question"));
    assert!(said.contains("more than one last event: answered, answered"), "{said}");
}

#[test]
fn ids_that_do_not_fit_the_profile_are_named_and_no_step_waits_for_them() {
    let Some(oracle) = oracle() else { return };
    oracle.profile("'^n(?<offset>[0-9]+)$'", "'^[0-9]+:(?<offset>[0-9]+)$'");
    let output = oracle.play("question");
    let said = said_of_a_failure(&output);
    assert!(
        said.contains("word came with the id `n1`, in which `contiguous = '^[0-9]+:(?<offset>[0-9]+)$'`"),
        "{said}"
    );
    assert!(!said.contains("had not ended"), "no step waited until its limit: {said}");
}

#[test]
fn a_profile_that_only_says_that_ids_are_contiguous_is_refused_with_what_to_write() {
    let Some(oracle) = oracle() else { return };
    oracle.profile("'^n(?<offset>[0-9]+)$'", "true");
    let output = oracle.play("question");
    assert_exit(&output, 2);
    let said = stderr(&output);
    assert!(said.contains("contiguous = true") && said.contains("(?<offset>[0-9]+)"), "{said}");
}

#[test]
fn an_answer_that_is_an_error_is_shown_where_what_it_would_say_is_expected() {
    let Some(oracle) = oracle() else { return };
    oracle.break_by("locked");
    oracle.write(
        "cases/question.json",
        &QUESTION.replace("hold?\"}", "hold?\", \"expect\": {\"state\": {\"/asked\": 1}}, \"timeout_seconds\": 1}"),
    );
    let said = said_of_a_failure(&oracle.play("question"));
    assert!(said.contains("GET /rooms/1 → 500 {\"error\": \"the door is locked\"}"), "{said}");
}

#[test]
fn a_service_that_is_never_ready_shows_the_pattern_and_what_it_printed() {
    let Some(oracle) = oracle() else { return };
    oracle.break_by("shy");
    oracle.profile("[begin]", "ready_seconds = 5\n\n[begin]");
    let said = said_of_a_failure(&oracle.play("question"));
    for part in [r"no line of its stdout matched `is in at (?<url>\S+)`", "the oracle is busy", "it consults the stars"]
    {
        assert!(said.contains(part), "{part}\n{said}");
    }
}

#[test]
fn a_case_for_another_service_is_explained_in_its_terms() {
    let Some(oracle) = oracle() else { return };
    let said = stdout(&oracle.harness(&["explain", "cases/question.json"]));
    assert!(said.contains("The service oracle is started for it: `oracle`."), "{said}");
    assert!(!said.contains("engine") && !said.contains("dead letter"), "{said}");
}
