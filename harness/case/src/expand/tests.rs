//! What comes of a file with fragments, variables and rows.

use serde_json::{Value, json};

use super::*;
use crate::json::parse;

fn expanded(text: &str, given: &[(&str, &str)]) -> Result<Vec<(Option<String>, Value)>, JsonError> {
    let given = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let written = expand(parse(text)?, &sources_of(text), &Fragments::default(), &given)?;
    Ok(written.into_iter().map(|written| (written.row, written.node.to_value())).collect())
}

fn sources_of(text: &str) -> Sources {
    Sources::new("x.json".as_ref(), text)
}

fn only(text: &str) -> Value {
    let mut written = expanded(text, &[]).unwrap();
    assert_eq!(written.len(), 1);
    written.remove(0).1
}

#[test]
fn a_fragment_takes_arguments_and_what_stands_beside_it_replaces_its_members() {
    let value = only(
        r#"{"fragments": {"delta": {"$defaults": {"ended": false}, "place": "${place}", "items": [], "ended": "${ended}"}},
            "a": {"$use": "delta", "$with": {"place": "pier"}},
            "b": {"$use": "delta", "$with": {"place": null, "ended": true}, "items": ["rope"]}}"#,
    );
    assert_eq!(
        value,
        json!({"a": {"place": "pier", "items": [], "ended": false}, "b": {"place": null, "items": ["rope"], "ended": true}})
    );
}

#[test]
fn a_fragment_that_is_a_list_is_put_into_a_list_item_by_item() {
    let value = only(
        r#"{"fragments": {"two": [1, {"$use": "one"}], "one": 2}, "a": [0, {"$use": "two"}, 3], "b": {"$use": "two"}}"#,
    );
    assert_eq!(value, json!({"a": [0, 1, 2, 3], "b": [1, 2]}));
}

#[test]
fn a_table_makes_one_case_of_each_row() {
    let written = expanded(
        r#"{"variables": {"status": 400, "who": "Ada"}, "rows": {"small": {"n": 1}, "large": {"n": 900, "status": 413}},
            "n": "${n}", "status": "${status}", "text": "${who} sends ${n}", "at": {"/${n}": true}}"#,
        &[("who", "Bo")],
    );
    assert_eq!(
        written.unwrap(),
        [
            (Some("small".to_owned()), json!({"n": 1, "status": 400, "text": "Bo sends 1", "at": {"/1": true}})),
            (Some("large".to_owned()), json!({"n": 900, "status": 413, "text": "Bo sends 900", "at": {"/900": true}})),
        ]
    );
}

#[test]
fn what_is_given_has_the_type_that_is_declared() {
    let text = r#"{"variables": {"n": 1, "version": "1", "must": null}, "a": ["${n}", "${version}", "${must}"]}"#;
    let given = [("n", "2"), ("version", "1.10"), ("must", "007")];
    assert_eq!(expanded(text, &given).unwrap()[0].1, json!({"a": [2, "1.10", "007"]}));
    let error = expanded(text, &[("n", "many"), ("must", "x")]).unwrap_err();
    assert!(error.message.contains("`--var n=many`: this variable is a number"), "{error}");
    let error = expanded(text, &[]).unwrap_err();
    assert!(error.message.contains("`${must}` stands for nothing"), "{error}");
}

#[test]
fn the_environment_is_read_where_it_is_asked_for() {
    assert_eq!(only(r#"{"a": "${env:CARGO_PKG_NAME}"}"#), json!({"a": "harness-case"}));
    let error = expanded(r#"{"a": "${env:NO_SUCH_THING_IS_SET}"}"#, &[]).unwrap_err();
    assert!(error.message.contains("the environment has no `NO_SUCH_THING_IS_SET`"), "{error}");
}

#[test]
fn mistakes_are_found_where_they_are() {
    for (text, place, message) in [
        (r#"{"a": {"$use": "detla"}, "fragments": {"delta": 1}}"#, r#""detla""#, "there is no fragment `detla`"),
        (r#"{"a": {"$use": 3}}"#, r#"{"$use": 3}"#, "takes the name"),
        (r#"{"a": {"$with": {}}}"#, r#""$with""#, "no `$use`"),
        (
            r#"{"a": {"$use": "x"}, "fragments": {"x": {"$use": "y"}, "y": [{"$use": "x"}]}}"#,
            r#""x""#,
            "contains itself: `x` → `y` → `x`",
        ),
        (r#"{"a": {"$use": "x"}, "fragments": {"x": "${n}"}}"#, r#""${n}""#, "the fragment `x` needs `n`"),
        (r#"{"a": {"$use": "x", "b": 1}, "fragments": {"x": 3}}"#, r#""b""#, "nothing can be next to it"),
        (r#"{"a": "${nam}", "variables": {"name": "x"}}"#, r#""${nam}""#, "`${nam}` stands for nothing"),
        (r#"{"a": "x ${open"}"#, r#""x ${open""#, "has no `}`"),
        (r#"{"a": 1, "rows": {}}"#, "{}", "from 1 to"),
        (r#"{"a": 1, "rows": [1]}"#, "[1]", "expected an object"),
        (r#"{"a": 1, "rows": {"a/b": {}}}"#, r#""a/b""#, "part of an id"),
        (r#"{"a": 1, "rows": {"b": 1}}"#, "1", "an object with variables"),
        (r#"{"a": {"${k}": 1, "k": 2, "${j}": 3}, "variables": {"k": "j", "j": "k"}}"#, r#""${j}""#, "twice"),
    ] {
        let error = expanded(text, &[]).unwrap_err();
        assert!(error.message.contains(message), "{text}: {error}");
        assert_eq!(&text[error.span.clone().unwrap()], place, "{text}: {error}");
    }
}

#[test]
fn a_file_of_fragments_serves_every_case_below_it_and_the_nearest_one_wins() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(dir.path().join("cases/deep")).unwrap();
    std::fs::write(dir.path().join("cases/fragments.json"), r#"{"a": "far", "b": {"x": "${x}"}}"#).unwrap();
    std::fs::write(dir.path().join("cases/deep/fragments.json"), r#"{"a": "near"}"#).unwrap();
    let files = FragmentFiles::default();
    let around = files.around(&dir.path().join("cases/deep/x.json")).unwrap();
    let text = r#"{"a": {"$use": "a"}, "b": {"$use": "b", "$with": {"x": 1}}}"#;
    let put = expand(parse(text).unwrap(), &sources_of(text), &around, &Given::new()).unwrap();
    assert_eq!(put[0].node.to_value(), json!({"a": "near", "b": {"x": 1}}));
    // What is missing is an argument, so the place of the error is the use.
    let text = r#"{"b": {"$use": "b"}}"#;
    let error = expand(parse(text).unwrap(), &sources_of(text), &around, &Given::new()).unwrap_err();
    assert_eq!(&text[error.span.unwrap()], r#"{"$use": "b"}"#);
    std::fs::write(dir.path().join("cases/fragments.json"), "[1]").unwrap();
    let error = FragmentFiles::default().around(&dir.path().join("cases/x.json")).unwrap_err().to_string();
    assert!(error.contains("fragments.json:1:1: a file of fragments is an object"), "{error}");
}

#[test]
fn a_value_that_nothing_takes_is_a_mistake() {
    for (text, place, near) in [
        (
            r#"{"fragments": {"p": {"$defaults": {"turn": 1}, "turn": "${turn}"}}, "a": {"$use": "p", "$with": {"trun": 5}}}"#,
            "\"trun\"",
            "did you mean `turn`?",
        ),
        (r#"{"rows": {"a": {"n": 1, "m": 2}}, "n": "${n}"}"#, "\"m\"", "did you mean `n`?"),
        (r#"{"variables": {"colour": "red"}, "a": "${env:HOME}"}"#, "\"colour\"", "leave it out, or use it"),
    ] {
        let error = expanded(text, &[]).unwrap_err();
        assert_eq!(&text[error.span.clone().unwrap()], place, "{error:?}");
        assert_eq!(error.help.as_deref(), Some(near));
    }
    // A variable may be used by another one, by a row, by a key and by a fragment.
    for text in [
        r#"{"variables": {"a": "x", "b": "${a}y"}, "c": "${b}"}"#,
        r#"{"variables": {"a": 1}, "rows": {"r": {"b": "${a}"}}, "c": "${b}"}"#,
        r#"{"variables": {"a": "k"}, "c": {"/${a}": 1}}"#,
        r#"{"variables": {"a": 1}, "fragments": {"f": {"v": "${a}"}}, "c": {"$use": "f"}}"#,
        r#"{"fragments": {"f": {"$defaults": {"v": 1}, "w": 2}}, "c": {"$use": "f", "$with": {"v": 2}}}"#,
    ] {
        expanded(text, &[]).unwrap();
    }
}
