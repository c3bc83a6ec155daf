//! What is rewritten, and that nothing else is.

use std::fmt::Write as _;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::*;

fn fixed(text: &str) -> String {
    let fixed = fix(text, Path::new("cases/old.json"), &Profile::story_engine())
        .unwrap_or_else(|error| panic!("{error}\n{text}"));
    let again = fix(&fixed.text, Path::new("cases/old.json"), &Profile::story_engine()).unwrap();
    assert!(again.changes.is_empty() && again.text == fixed.text, "{}", again.text);
    fixed.text
}

/// A case with this inside its only step.
fn step(inside: &str) -> String {
    format!("{{\n  \"name\": \"x\", // a name\n  \"scenario\": \"s\",\n  \"steps\": [{inside}]\n}}\n")
}

fn becomes(before: &str, after: &str) {
    assert_eq!(fixed(&step(before)), step(after));
}

#[test]
fn a_key_is_renamed_where_it_stands() {
    becomes(
        r#"{ "expect": { "user_location" : "pier" /* there */, "user_inventory":[] } }"#,
        r#"{ "expect": { "location" : "pier" /* there */, "inventory":[] } }"#,
    );
}

#[test]
fn what_stands_beside_expect_goes_into_it() {
    becomes(
        "{\n    \"user_prompt\": \"a\",\n    \"expect\": {\n      \"location\": \"pier\" // where\n    },\n    \"vars\": {\n      \"a\": \"b\"\n    }\n  }",
        "{\n    \"user_prompt\": \"a\",\n    \"expect\": {\n      \"location\": \"pier\", // where\n      \"vars\": {\n        \"a\": \"b\"\n      }\n    }\n  }",
    );
    becomes(
        r#"{"user_prompt": "a", "vars": {"a": "b"}, "expect": {"location": "pier"}, "game_ended": true}"#,
        r#"{"user_prompt": "a", "expect": {"location": "pier", "vars": {"a": "b"}, "is_ended": true}}"#,
    );
    becomes(r#"{"vars": {"a": "b"}, "expect": {}}"#, r#"{"expect": { "vars": {"a": "b"} }}"#);
}

#[test]
fn without_an_expect_one_is_made() {
    becomes(
        "{\n    \"user_prompt\": \"a\",\n    \"expect_in_narrative\": [\"sea\"],\n    \"turn_counter\": 1\n  }",
        "{\n    \"user_prompt\": \"a\",\n    \"expect\": { \"response_contains\": [\"sea\"], \"turn_counter\": 1 }\n  }",
    );
    becomes(r#"{"turn_counter": 1}"#, r#"{"expect": { "turn_counter": 1 }}"#);
}

#[test]
fn a_seed_loses_its_scenario_with_its_line() {
    let case = |seed: &str| {
        format!(
            "{{\"name\": \"x\", \"scenario\": \"s\", \"steps\": [{{\"user_prompt\": \"a\"}}],\n  \"seed_game_state\": {seed}}}"
        )
    };
    for (before, after) in [
        ("{\n    \"scenario\": \"s\",\n    \"scene\": \"dusk\"\n  }", "{\n    \"scene_name\": \"dusk\"\n  }"),
        (
            "{\n    \"scene_name\": \"dusk\", // then\n    \"scenario\": \"s\"\n  }",
            "{\n    \"scene_name\": \"dusk\" // then\n  }",
        ),
        ("{ \"scenario\": \"s\" }", "{  }"),
        ("{\r\n    \"scenario\": \"s\",\r\n    \"turn_counter\": 1\r\n  }", "{\r\n    \"turn_counter\": 1\r\n  }"),
        ("{ \"turn_counter\": 1, \"scenario\": \"s\" }", "{ \"turn_counter\": 1 }"),
        ("{ \"scenario\": \"s\" /* , */, \"turn_counter\": 1 }", "{  /* , */ \"turn_counter\": 1 }"),
    ] {
        assert_eq!(fixed(&case(before)), case(after));
    }
}

#[test]
fn a_sequence_and_a_case_without_old_names_stay_as_they_are() {
    for text in [step(r#"{"user_prompt": "a"}"#), r#"{"name": "all", "cases": ["a"]}"#.to_owned()] {
        assert_eq!(fixed(&text), text);
    }
}

#[test]
fn what_is_no_case_is_refused() {
    for text in [
        step(r#"{"user_promt": "a", "vars": {}}"#),
        "{".to_owned(),
        step(r#"{"expect": {"location": "a", "user_location": "b"}}"#),
    ] {
        assert!(matches!(fix(&text, Path::new("x.json"), &Profile::story_engine()), Err(FixError::Case(_))), "{text}");
    }
}

#[test]
fn every_change_is_told_with_its_line() {
    let text = step("{\"user_prompt\": \"a\",\n\"game_ended\": true}");
    let fixed = fix(&text, Path::new("x.json"), &Profile::story_engine()).unwrap();
    assert_eq!(fixed.changes, [(5, "\"game_ended\" is now \"is_ended\" in \"expect\"".to_owned())]);
}

/// However members, white space and comments are mixed: the same case, every comment kept, nothing left to do.
#[test]
fn a_rewritten_file_means_what_it_meant() {
    let mut rewritten = 0;
    for seed in 0..400 {
        let mut draw = StdRng::seed_from_u64(seed);
        let text = random_case(&mut draw);
        let fixed = fixed(&text);
        rewritten += usize::from(fixed != text);
        let comments = |text: &str| text.matches("/*").count() + text.matches("//").count();
        assert_eq!(comments(&fixed), comments(&text), "{text}\n{fixed}");
    }
    assert!(rewritten > 300, "only {rewritten} had something to rewrite");
}

fn random_case(draw: &mut StdRng) -> String {
    let seed = members(
        draw,
        &["\"scenario\": \"s\"", "\"scene\": \"dusk\"", "\"location\": \"pier\"", "\"turn_counter\": 3"],
        2,
    );
    let steps: Vec<String> = (0..draw.random_range(1..4)).map(|_| random_step(draw)).collect();
    let steps = steps.join(", ");
    let parts = [
        "\"name\": \"x\"".to_owned(),
        "\"scenario\": \"s\"".to_owned(),
        format!("\"seed_game_state\": {seed}"),
        format!("\"steps\": [{steps}]"),
    ];
    object(draw, &parts)
}

fn random_step(draw: &mut StdRng) -> String {
    let mut parts = vec!["\"user_prompt\": \"I, the \\\"user\\\" // wait\"".to_owned()];
    let old = [
        "\"expect_in_narrative\": [\"sea, // wide\"]",
        "\"vars\": {\n  \"a\": \"b\"\n}",
        "\"user_location\": \"pier\"",
        "\"game_ended\": false",
        "\"user_inventory\": [ ]",
    ];
    let split = draw.random_range(0..=old.len());
    if draw.random_bool(0.6) {
        let inside: Vec<&str> =
            old[split..].iter().copied().filter(|name| name.contains("user_") || name.contains("game_")).collect();
        let mut inside: Vec<String> = inside.into_iter().filter(|_| draw.random_bool(0.5)).map(str::to_owned).collect();
        // An empty `expect` is refused.
        inside.push("\"scene_name\": \"dusk\"".to_owned());
        let inside = object(draw, &inside);
        parts.push(format!("\"expect\": {inside}"));
    }
    for name in &old[..split] {
        if draw.random_bool(0.6) {
            let at = draw.random_range(0..=parts.len());
            parts.insert(at, (*name).to_owned());
        }
    }
    object(draw, &parts)
}

fn members(draw: &mut StdRng, parts: &[&str], of: usize) -> String {
    let kept: Vec<String> =
        parts.iter().filter(|_| draw.random_range(0..of) == 0).map(|part| (*part).to_owned()).collect();
    object(draw, &kept)
}

/// An object with its members in one line or in several, and comments wherever they may stand.
fn object(draw: &mut StdRng, parts: &[String]) -> String {
    let lines = draw.random_bool(0.5);
    let mut text = String::from("{");
    for (n, part) in parts.iter().enumerate() {
        text.push_str(if lines { "\n  " } else { " " });
        text.push_str(part);
        if draw.random_bool(0.2) {
            text.push_str(" /* , } */");
        }
        if n + 1 < parts.len() {
            text.push_str(if draw.random_bool(0.2) { " ," } else { "," });
        }
        if lines && draw.random_bool(0.2) {
            let _ = write!(text, " // {n}, \"note\"");
        }
    }
    text.push_str(if lines { "\n}" } else { " }" });
    text
}
