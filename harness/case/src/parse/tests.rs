//! What is a case, and what is wrong with one that is not.

use super::*;
use crate::Action;

fn case(text: &str) -> Result<(Case, Vec<CaseWarning>), Vec<CaseError>> {
    parse(text, Path::new("cases/test_this.json"), &Profile::story_engine()).map(|(parsed, warnings)| match parsed {
        Parsed::Cases(mut cases) => (cases.remove(0), warnings),
        Parsed::Sequence(_) => panic!("a sequence"),
    })
}

#[test]
fn a_go_case_is_a_case() {
    let (case, warnings) = case(
        r#"{"name": "Climb", "scenario": "lighthouse.json",
            "seed_game_state": {"scene_name": "storm", "user_inventory": ["lantern"]},
            "steps": [
              {"name": "climb", "user_prompt": "I climb.", "expect": {"location": "lamp_room", "inventory": []}},
              {"name": "event", "user_prompt": "WAIT_FOR_STORY_EVENT", "expect": {"story_event_contains": ["flash"]}},
              {"name": "reset", "user_prompt": "RESET_GAMESTATE", "expect": {"user_location": "jetty"}}]}"#,
    )
    .unwrap();
    assert_eq!(warnings.len(), 1, "`user_location` is an old name");
    assert_eq!(case.id, "test_this");
    assert_eq!(case.steps[0].expect.inventory, Some(vec![]));
    assert!(matches!(case.steps[1].action, Action::WaitForStoryEvent { .. }));
    assert_eq!(case.steps[2].action, Action::Reset);
    assert_eq!(case.steps[2].expect.location.as_deref(), Some("jetty"));
}

#[test]
fn mistakes_are_named_with_line_and_column() {
    for (text, message) in [
        (r#"{"name": "x", "steps": [{"user_prompt": "a"}]}"#, "`scenario` is missing"),
        (r#"{"name": "x", "scenario": "s", "steps": []}"#, "says nothing"),
        (r#"{"name": "x", "scenario": "s", "steps": [{"user_promt": "a"}]}"#, ":1:43: unknown key `user_promt`"),
        (r#"{"name": "x", "scenario": "s", "steps": [{"user_prompt": "a", "kill": "api"}]}"#, "does one thing"),
        (r#"{"name": "x", "scenario": "s", "steps": [{"kill": "redis"}]}"#, "`redis` is not a process"),
        (
            r#"{"name": "x", "scenario": "s", "workers": 2, "steps": [{"kill": "worker[2]"}]}"#,
            "there is no `worker[2]`",
        ),
        (
            r#"{"name": "x", "scenario": "s", "seed_game_state": {"turn_conter": 3}, "steps": [{"user_prompt": "a"}]}"#,
            ":1:52: unknown key `turn_conter`",
        ),
        (
            r#"{"name": "x", "scenario": "s", "seed_game_state": {"vars": ["a"]}, "steps": [{"user_prompt": "a"}]}"#,
            "expected an object, found a list",
        ),
        (
            r#"{"name": "x", "scenario": "s", "steps": [{"wait_for": {"event": "chat.chunks"}}]}"#,
            "`chat.chunks` is not known",
        ),
        (r#"{"name": "x", "scenario": "s", "steps": [{"user_prompt": "a", "game": "b"}]}"#, "no game is called `b`"),
        (
            r#"{"name": "x", "scenario": "s", "steps": [{"expect": {"request": "b", "attempt": 1}}]}"#,
            "no request is called `b`",
        ),
        (
            r#"{"name": "x", "scenario": "s", "steps": [{"user_prompt": "a", "expect": {"response_regex": "("}}]}"#,
            "unclosed group",
        ),
        (r#"{"name": "x", "scenario": "s", "steps": [{"user_prompt": "a", "timeout_seconds": 0}]}"#, "time limit"),
        (
            r#"{"name": "x", "scenario": "s", "steps": [{"wait": false, "expect": {"turn_counter": 1}}]}"#,
            "goes with `user_prompt`",
        ),
        (
            r#"{"name": "x", "scenario": "s", "steps": [{"http": {"method": "GTE", "path": "/"}}]}"#,
            ":1:62: HTTP has no method `GTE`",
        ),
        (
            r#"{"name": "x", "scenario": "s", "steps": [{"http": {"method": "GET", "path": "v1/chat"}}]}"#,
            "a path begins with `/`",
        ),
        (
            r#"{"name": "x", "scenario": "s", "steps": [{"http": {"method": "GET", "path": "/", "expect": {"status": 20}}}]}"#,
            "no answer has the status 20",
        ),
        (
            r#"{"name": "x", "scenario": "s", "steps": [{"http": {"method": "POST", "path": "/", "body": {"expect": {}}}}]}"#,
            "`expect` is in the body",
        ),
        (
            r#"{"name": "x", "scenario": "s", "steps": [{"user_prompt": "I greet {nobody}."}]}"#,
            "`{nobody}` stands for nothing",
        ),
        (
            r#"{"name": "x", "scenario": "s", "steps": [{"redis": {"run": {"command": ["DEL", "{prefx}x"]}}}]}"#,
            ":1:80: `{prefx}` stands for nothing",
        ),
        (
            r#"{"name": "x", "scenario": "s", "steps": [{"user_prompt": "a", "expect": {"response_contains": ["{gme}"]}}]}"#,
            "`{gme}` stands for nothing",
        ),
    ] {
        let error = case(text).unwrap_err()[0].to_string();
        assert!(error.contains(message), "{text}\n{error}");
    }
}

#[test]
fn all_mistakes_of_a_file_are_named_in_its_order() {
    let text = r#"{"name": "x", "scenario": "s", "snapshot": {"events": true, "filters": [{"regex": "(", "with": ""}]}, "steps": [
        {"user_promt": "a"}, {"user_prompt": "b", "expect": {"turn_counter": "one"}}, {"expect": {"events": []}}]}"#;
    let errors: Vec<String> = case(text).unwrap_err().iter().map(ToString::to_string).collect();
    let found = ["unclosed group", "unknown key `user_promt`", "expected a whole number", "holds whatever happens"];
    assert_eq!(errors.len(), found.len(), "{errors:?}");
    for (error, part) in errors.iter().zip(found) {
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn the_mistakes_of_a_file_are_bounded_and_the_last_one_says_so() {
    let steps = |text: &str| vec![text; 5_000].join(", ");
    for step in [r#"{"user_promt": "a"}"#, r#"{"user_prompt": "a {nobody}"}"#, r#"{"kill": "worker[7]"}"#] {
        let errors = case(&format!(r#"{{"name": "x", "scenario": "s", "steps": [{}]}}"#, steps(step))).unwrap_err();
        assert_eq!(errors.len(), 101, "{step}");
        assert!(errors[100].to_string().contains("the first 100 are shown"), "{}", errors[100]);
    }
}

#[test]
fn a_mistake_of_some_rows_names_them() {
    let text = |good: &str| {
        format!(
            r#"{{"name": "x ${{n}}", "scenario": "s", "rows": {{"a": {{"n": {good}}}, "b": {{"n": "x"}}, "c": {{"n": "x"}}}},
            "steps": [{{"expect": {{"turn_counter": "${{n}}"}}}}]}}"#
        )
    };
    let errors =
        |text: &str| -> Vec<String> { case(text).err().unwrap_or_default().iter().map(ToString::to_string).collect() };
    let some = errors(&text("1"));
    assert!(some.len() == 1 && some[0].ends_with("(in the row `b`, `c`)"), "{some:?}");
    let all = errors(&text(r#""x""#));
    assert!(all.len() == 1 && !all[0].contains("in the row"), "{all:?}");
}

#[test]
fn every_mistake_of_one_object_is_named() {
    let text = r#"{"name": "x", "scenaro": "s", "scenario": "s", "workers": "two", "steps": [
        {"user_prompt": "a", "timeout_seconds": 0, "wait": 1, "expect": {"response_regex": "(", "locaton": "x"}},
        {"http": {"method": "GTE", "path": "x", "expect": {"status": 20, "body_regex": "("}}, "expect": {"events": ["nope"]}}]}"#;
    let errors: Vec<String> = case(text).unwrap_err().iter().map(ToString::to_string).collect();
    let found = [
        "`scenaro`",
        "a whole number",
        "`true` or `false`",
        "`locaton`",
        "`GTE`",
        "begins with `/`",
        "status 20",
        "unclosed",
        "`nope`",
    ];
    assert_eq!(errors.len(), found.len(), "{errors:#?}");
    for (error, part) in errors.iter().zip(found) {
        assert!(error.contains(part), "{part}: {error}");
    }
}

#[test]
fn a_case_of_the_go_engine_may_expect_nothing_as_it_always_did() {
    let step = r#"{"name": "one", "user_prompt": "a", "expect": {"response_contains": []}}"#;
    let go = format!(r#"{{"name": "x", "scenario": "s.json", "seed_game_state": {{}}, "steps": [{step}]}}"#);
    assert!(case(&go).is_ok());
    let ours = format!(r#"{{"name": "x", "scenario": "s", "steps": [{step}]}}"#);
    assert!(case(&ours).unwrap_err()[0].to_string().contains("holds whatever happens"));
}

#[test]
fn a_case_of_the_go_engine_is_played_by_its_loose_rules_unless_it_says_otherwise() {
    let rules = |seed: &str| {
        let text = format!(
            r#"{{"name": "x", "scenario": "s.json", "seed_game_state": {{{seed}}}, "steps": [{{"user_prompt": "a"}}]}}"#
        );
        case(&text).unwrap().0.games[0].seed.get("rules").cloned()
    };
    assert_eq!(rules(""), Some("relaxed".into()));
    assert_eq!(rules(r#""rules": "strict""#), Some("strict".into()));
}

#[test]
fn an_empty_file_is_said_to_be_empty() {
    for text in ["", " \n"] {
        assert!(case(text).unwrap_err()[0].to_string().contains("this file is empty"), "{text:?}");
    }
}

#[test]
fn games_beside_the_default_one_inherit_from_it() {
    let (case, _) = case(
        r#"{"name": "x", "scenario": "s", "pc": "ada", "games": {"b": {"pc": "bo"}, "c": {}},
            "steps": [{"user_prompt": "a", "game": "b"}]}"#,
    )
    .unwrap();
    let games: Vec<_> = case.games.iter().map(|g| (g.label.as_str(), g.scenario.as_str(), g.pc.as_deref())).collect();
    assert_eq!(games, [("game", "s", Some("ada")), ("b", "s", Some("bo")), ("c", "s", Some("ada"))]);
}

#[test]
fn a_sequence_is_not_a_case() {
    let (parsed, _) =
        parse(r#"{"name": "all", "cases": ["a", "b.json"]}"#, Path::new("d/all.json"), &Profile::story_engine())
            .unwrap();
    let Parsed::Sequence(sequence) = parsed else { panic!("a sequence") };
    assert_eq!((sequence.name.as_str(), sequence.cases), ("all", vec!["a".to_owned(), "b.json".to_owned()]));
    assert_eq!(named_path(Path::new("d/all.json"), "a"), Path::new("d/a.json"));
    assert_eq!(named_path(Path::new("d/all.json"), "b.json"), Path::new("d/b.json"));
}

#[test]
fn a_mistake_in_a_fragment_of_another_file_is_shown_there_once_with_its_first_use() {
    let dir = tempfile::tempdir().unwrap();
    let fragments = r#"{
  "sure": {"user_prompt": "Hello.", "expect": {
    "loction": "pier"}},
  "args": {"$defaults": {"held": {
    "vrs": {"a": 1}}}, "user_prompt": "Hello.", "expect": "${held}"}
}"#;
    std::fs::write(dir.path().join("fragments.json"), fragments).unwrap();
    let case = r#"{"name": "n", "scenario": "s", "steps": [
{"$use": "sure"},
{"$use": "sure"},
{"$use": "args"},
{"user_prompt": "Hello.", "expct": {}}]}"#;
    let errors = parse(case, &dir.path().join("a.json"), &Profile::story_engine()).unwrap_err();
    let said = errors.iter().map(|error| {
        let help = miette::Diagnostic::help(error).unwrap();
        format!("{error}\n{help}").replace(&format!("{}/", dir.path().display()), "")
    });
    assert_eq!(
        said.collect::<Vec<_>>(),
        [
            "a.json:5:27: unknown key `expct`\ndid you mean `expect`?",
            "fragments.json:3:5: unknown key `loction`\ndid you mean `location`?\nthe fragment is used at a.json:2:1",
            "fragments.json:5:5: unknown key `vrs`\ndid you mean `vars`?\nthe fragment is used at a.json:4:1",
        ]
    );
}
