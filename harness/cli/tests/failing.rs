//! What a case that fails says: the reason that its author can act on, and soon.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

mod support;

use support::{Project, assert_exit, engine, stdout};

/// A case with this model and these steps.
fn case(entries: &str, steps: &str) -> String {
    format!(
        r#"{{"name": "It fails", "scenario": "ferry_crossing", "model": {{"entries": [{entries}]}}, "steps": [{steps}]}}"#
    )
}

/// What a run of this case says, which must fail.
fn said(case: &str) -> String {
    let project = Project::new(&[("cases/a.json", case)]);
    let output = project.run(&[]);
    assert_exit(&output, 1);
    stdout(&output)
}

#[test]
fn a_call_that_the_script_does_not_foresee_fails_its_step_at_once() {
    if engine().is_none() {
        return;
    }
    let entry = r#"{"match": {"kind": "text", "user": "nobody says this"}, "reply": "x"}"#;
    let began = std::time::Instant::now();
    let said = said(&case(entry, r#"{"name": "a greeting", "user_prompt": "Hello.", "timeout_seconds": 60}"#));
    assert!(began.elapsed().as_secs() < 30, "it waited for its time limit");
    assert!(said.contains(r#"step "a greeting": model call 1 is not in the script: no entry fits"#), "{said}");
    assert!(said.contains(r#"wanted user contains "nobody says this""#), "{said}");
}

#[test]
fn a_reply_that_cannot_be_sent_is_named_with_its_place() {
    if engine().is_none() {
        return;
    }
    let entries = "{\"match\": {\"kind\": \"text\"}, \"reply\": \"x\"},\n\n{\"match\": {\"kind\": \"json\"}, \"reply\": {\"json\": {\"a\": 1}}}";
    let said = said(&case(entries, r#"{"user_prompt": "Hello."}"#));
    assert!(
        said.contains("has no reply from entry 1 (") && said.contains("a.json:3): the reply breaks the schema"),
        "{said}"
    );
}

#[test]
fn a_failure_names_the_line_of_its_expectation_or_capture() {
    if engine().is_none() {
        return;
    }
    for (step, line) in [
        ("{\"expect\": {\"location\": \"landing\",\n\"turn_counter\": 7}}", 2),
        ("{\"http\": {\"method\": \"GET\", \"path\": \"/health\",\n\n\"capture\": {\"a\": {\"json\": \"/nope\"}}}}", 3),
    ] {
        let said = said(&case(r#"{"match": {"kind": "text"}, "reply": "x"}"#, step));
        assert!(said.contains(&format!("a.json:{line})")), "{said}");
    }
}

#[test]
fn what_is_late_says_what_stands_in_its_way() {
    if engine().is_none() {
        return;
    }
    let gate = r#"{"match": {"kind": "text"}, "reply": {"text": "The bell", "gate": "g1"}}"#;
    let plain = r#"{"match": {"kind": "text"}, "reply": "The bell"}"#;
    let broken = r#"{"match": {"kind": "text"}, "reply": {"fault": {"status": 500}}}"#;
    let say = r#"{"user_prompt": "I ring.", "timeout_seconds": 1}"#;
    for (entry, steps, why) in [
        (gate, say.to_owned(), "a model call waits at gate `g1`, which no step has opened"),
        (plain, format!(r#"{{"kill": "worker[0]"}}, {say}"#), "was ended, and no step has started it again"),
        (
            plain,
            format!(r#"{{"link": {{"to": "model", "do": "hold"}}}}, {say}"#),
            "hold everything on the link to the model",
        ),
        (broken, say.to_owned(), "the script answers the latest model call"),
    ] {
        let said = said(&case(entry, &steps));
        assert!(said.contains(why), "{why}: {said}");
    }
}

#[test]
fn a_game_that_is_declared_gone_and_is_there_fails_the_case() {
    if engine().is_none() {
        return;
    }
    let case = r#"{"name": "It stays", "scenario": "ferry_crossing", "games": {"other": {"gone": true}},
        "steps": [{"game": "other", "expect": {"turn_counter": 0}}]}"#;
    assert!(said(case).contains("the game `other` is declared as `gone`, and is still there"));
}

#[test]
fn a_stream_that_is_refused_unexpectedly_fails_the_case() {
    if engine().is_none() {
        return;
    }
    let case = r#"{"name": "Nobody is there", "scenario": "ferry_crossing",
        "steps": [{"listen": {"as": "phone", "path": "/v1/nope"}}, {"expect": {"turn_counter": 0}}]}"#;
    assert!(said(case).contains("the stream `phone` was answered with 404, and no step expects that"));
    // Of a stream that was refused all absence holds.
    let absent = case.replace(
        r#"{"expect": {"turn_counter": 0}}"#,
        r#"{"expect": {"listener": "phone", "events": {"none": ["request.failed"]}}}"#,
    );
    assert!(said(&absent).contains("the stream `phone` was answered with 404, and no step expects that"));
}

/// Answers a look, and nothing changes.
const LOOK: &str = r#"{"match": {"kind": "text"}, "reply": "Fog, mostly."},
    {"match": {"kind": "json"}, "reply": {"json": {"user_location": null, "scene_change": null, "item_events": [], "npc_events": [],
    "set_vars": [], "game_ended": false}}}"#;

#[test]
fn a_fault_of_the_model_that_no_call_gets_fails_the_case() {
    if engine().is_none() {
        return;
    }
    let step = r#"{"user_prompt": "I look around.", "expect": {"response_contains": ["fog"]}}"#;
    let misspelt =
        r#"{"match": {"kind": "text", "user": "lok around"}, "times": 1, "reply": {"fault": {"status": 503}}}"#;
    let said_of = |entries: &str| said(&case(entries, step));
    let said = said_of(&format!("{misspelt}, {LOOK}"));
    assert!(
        said.contains("entry 0 of the model's script (") && said.contains("has a fault that no call got"),
        "{said}"
    );
    let shadowed = r#"{"match": {"kind": "text"}, "reply": {"fault": {"status": 503}}}"#;
    let said = said_of(&format!("{LOOK}, {shadowed}"));
    assert!(said.contains("entry 2 of the model's script (") && said.contains("it has answered no call"), "{said}");
    let behind =
        LOOK.replacen(r#""reply": "Fog, mostly.""#, r#""replies": ["Fog, mostly.", {"fault": {"status": 503}}]"#, 1);
    let said = said_of(&behind);
    assert!(said.contains("it has answered one call"), "{said}");
}

#[test]
fn a_fault_of_a_link_that_meets_nothing_fails_the_case() {
    if engine().is_none() {
        return;
    }
    let step = r#"{"link": {"to": "model", "do": {"cut_after_bytes": 9000000}}},
        {"user_prompt": "I look around.", "expect": {"response_contains": ["fog"]}}"#;
    let said = said(&case(LOOK, step));
    assert!(said.contains("the fault on the link to the model met nothing: nothing was cut"), "{said}");
}

#[test]
fn who_waits_at_a_gate_that_is_open_fails_at_once() {
    if engine().is_none() {
        return;
    }
    let gated = LOOK.replacen(r#""reply": "Fog, mostly.""#, r#""reply": {"text": "Fog, mostly.", "gate": "g1"}"#, 1);
    let steps = r#"{"gate": {"open": "g1"}}, {"user_prompt": "I look around.", "expect": {"response_contains": ["fog"]}},
        {"gate": {"wait": "g1"}, "timeout_seconds": 60}"#;
    let began = std::time::Instant::now();
    let said = said(&case(&gated, steps));
    assert!(began.elapsed().as_secs() < 30, "it waited for its time limit");
    assert!(said.contains("gate g1 is open, and nothing waits there any more (1 calls have passed it)"), "{said}");
}

#[test]
fn a_selection_that_holds_no_case_shows_itself_and_the_tags_that_there_are() {
    let tagged = support::GOOD.replacen('{', r#"{"tags": ["slow"], "#, 1);
    let project = Project::new(&[("cases/a.json", &tagged)]);
    let output = project.run(&["--tag", "slwo", "--filter", "x"]);
    assert_exit(&output, 2);
    let said = support::stderr(&output);
    assert!(said.contains("none of 1 fits --filter x --tag slwo") && said.contains("their tags: slow"), "{said}");
}

#[test]
fn flags_and_variables_that_would_do_nothing_are_refused() {
    let project = Project::new(&[("cases/a.json", support::GOOD)]);
    let output = project.run(&["--redis-url", "redis://127.0.0.1:1"]);
    assert_exit(&output, 2);
    assert!(support::stderr(&output).contains("`--redis-url` is for services that are there already"));
    let output = project.run_command(&[]).env("HARNESS_TIME_FACTOR", "fast").output().unwrap();
    assert_exit(&output, 2);
    assert!(support::stderr(&output).contains("HARNESS_TIME_FACTOR=fast: it is a number"));
    let output = project.harness(&["check", "."]);
    assert_exit(&output, 0);
    project.remove("cases/a.json");
    assert_exit(&project.harness(&["check", "."]), 2);
    assert_exit(&project.harness(&["run", "cases/a"]), 3);
}
