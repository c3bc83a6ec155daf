//! Every word: a value of which it is true, one of which it is not, and what it cannot take.

use serde_json::{Value, json};

use super::*;
use crate::json::parse;

fn fits(expected: &Value, actual: &Value) -> bool {
    compare("", &Expected::of(expected).unwrap(), actual).is_empty()
}

#[test]
fn each_word_tells_a_value_from_another() {
    for (expected, right, wrong) in [
        (json!({"$eq": {"$gt": 1}}), json!({"$gt": 1}), json!(2)),
        (json!({"$ne": 3}), json!(4), json!(3)),
        (json!({"$ne": {"$type": "null"}}), json!(4), Value::Null),
        (json!({"$ne": 1.0}), json!(2), json!(1)),
        (json!({"$count": 3.0}), json!([1, 2, 3]), json!([1, 2])),
        (json!({"$includes": {"a": 1.0}}), json!({"a": 1, "b": 2}), json!({"a": 2})),
        (json!({"$eq": [{"a": 1}]}), json!([{"a": 1.0}]), json!([{"a": 1.5}])),
        (json!(1.0), json!(1), json!("1")),
        (json!({"$gt": 3}), json!(3.5), json!(3)),
        (json!({"$gte": 3, "$lte": 5}), json!(5), json!(6)),
        (json!({"$lt": 3}), json!("2"), json!("x")),
        (json!({"$lt": 9_007_199_254_740_993_u64}), json!(9_007_199_254_740_992_u64), json!(9_007_199_254_740_993_u64)),
        (json!({"$gte": "2026-01-01T00:00:00Z"}), json!("2026-02-01T00:00:00Z"), json!("2025-12-31T23:59:59Z")),
        (json!({"$in": ["a", {"$gt": 1}]}), json!(2), json!("b")),
        (json!({"$type": "integer"}), json!(2), json!(2.5)),
        (json!({"$type": "string"}), json!(""), Value::Null),
        (json!({"$format": "uuid"}), json!("0198c0de-0000-7000-8000-000000000000"), json!("0198c0de")),
        (json!({"$format": "date-time"}), json!("2026-01-01T00:00:00.5Z"), json!("2026-01-01")),
        (json!({"$regex": "^a.c$"}), json!("abc"), json!("abcd")),
        (json!({"$count": 2}), json!([1, 2]), json!([1])),
        (json!({"$count": {"$gte": 2}}), json!("éé"), json!({"a": 1})),
        (json!({"$includes": {"a": {"b": 1}}}), json!({"a": {"b": 1, "c": 2}, "d": 3}), json!({"a": {"c": 2}})),
        (json!({"$includes": {"a": {"$gt": 1}}}), json!({"a": 2, "d": 3}), json!({"a": 1, "d": 3})),
        (json!({"$includes": [{"a": 1}, 3]}), json!([3, {"a": 1, "b": 2}]), json!([{"a": 1}])),
        (json!({"$includes": [1, 1]}), json!([1, 2, 1]), json!([1, 2])),
        (json!({"$unordered": [{"$gt": 1}, 2]}), json!([2, 5]), json!([2, 1])),
        (json!({"$unordered": [{"$gt": 1}, {"$gt": 4}]}), json!([5, 2]), json!([2, 5, 9])),
        (json!({"$unordered": []}), json!([]), json!([1])),
        (json!({"$schema": {"required": ["a"]}}), json!({"a": 1}), json!({"b": 1})),
        (json!({"a": {"$gt": 1}, "b": 2}), json!({"a": 2, "b": 2}), json!({"a": 2, "b": 2, "c": 3})),
        (json!([1, {"$gt": 1}]), json!([1, 2]), json!([1, 2, 3])),
    ] {
        assert!(fits(&expected, &right), "{expected} of {right}");
        assert!(!fits(&expected, &wrong), "{expected} of {wrong}");
    }
}

#[test]
fn what_is_not_there_is_null_but_does_not_exist() {
    let document = json!({"null": null, "one": 1});
    let wrong = |pointer: &str, expected: Value| compare(pointer, &Expected::of(&expected).unwrap(), &document).len();
    assert_eq!((wrong("/none", Value::Null), wrong("/null", Value::Null), wrong("/one", Value::Null)), (0, 0, 1));
    assert_eq!((wrong("/none", json!({"$exists": true})), wrong("/null", json!({"$exists": true}))), (1, 0));
    assert_eq!((wrong("/none", json!({"$exists": false})), wrong("/null", json!({"$exists": false}))), (0, 1));
    assert_eq!(wrong("/none", json!({"$in": [null, {"$ne": 3}]})), 0);
    assert_eq!(
        (wrong("", json!({"null": null, "one": 1, "none": null})), wrong("", json!({"$includes": {"none": null}}))),
        (0, 0)
    );
    for word in ["$ne", "$gt", "$lt"] {
        assert_eq!(wrong("/none", json!({word: 3})), 1);
    }
}

#[test]
fn a_star_means_every_item_and_there_must_be_one() {
    let document = json!({"lanes": [{"state": "ready"}, {"state": "active"}], "by/name": {"a": {"n": 1}}, "none": []});
    let wrong = |pointer: &str, expected: Value| compare(pointer, &Expected::of(&expected).unwrap(), &document);
    assert_eq!(wrong("/lanes/*/state", json!({"$in": ["ready", "active"]})), []);
    let found = wrong("/lanes/*/state", json!("ready"));
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0],
        Misfit { path: "/lanes/1/state".to_owned(), expected: "\"ready\"".to_owned(), actual: "\"active\"".to_owned() }
    );
    assert_eq!(
        wrong("/*/a/n", json!(1)).iter().map(|wrong| wrong.path.as_str()).collect::<Vec<_>>(),
        ["/lanes/a/n", "/none/a/n"]
    );
    assert_eq!(wrong("/by~1name/*/n", json!(1)), []);
    assert_eq!(wrong("/none/*/state", json!("ready"))[0].actual, "nothing");
    assert_eq!(wrong("/none/*/state", Value::Null), []);
}

#[test]
fn a_misfit_says_where_what_was_expected_and_what_there_is() {
    let expected = Expected::of(&json!({"a": [{"$gte": 1, "$lt": 3}], "b": {"$count": 2}, "c": 1})).unwrap();
    let found = compare("/x", &expected, &json!({"x": {"a": [7], "b": [1], "c": 1, "d": 4}}));
    let found: Vec<_> = found.iter().map(|m| (m.path.as_str(), m.expected.as_str(), m.actual.as_str())).collect();
    assert_eq!(found, [("/x/a/0", "$lt 3", "7"), ("/x/b", "$count 2", "1: [1]"), ("/x/d", "no such member", "4")]);
}

#[test]
fn what_differs_in_a_large_value_is_named_and_not_the_whole_of_it() {
    let document = json!({"npcs": {"odile": {"mood": "wary", "items": [1, 2], "at": "landing"}, "bram": {}}});
    let found = |expected: Value| -> Vec<String> {
        let found = compare("", &Expected::of(&expected).unwrap(), &document);
        found.iter().map(|m| format!("{} {} {}", m.path, m.expected, m.actual)).collect()
    };
    let odile = json!({"mood": "calm", "items": [1, 3], "at": "landing"});
    assert_eq!(
        found(json!({"npcs": {"odile": odile}})),
        ["/npcs/odile/mood \"calm\" \"wary\"", "/npcs/odile/items/1 3 2", "/npcs/bram no such member {}"]
    );
    assert_eq!(
        found(json!({"$includes": {"npcs": {"odile": {"mood": "calm", "at": {"$regex": "ing"}, "age": 3}}}})),
        ["/npcs/odile/mood \"calm\" \"wary\"", "/npcs/odile/age 3 nothing"]
    );
}

#[test]
fn of_several_that_could_be_meant_the_nearest_is_shown() {
    let document =
        json!({"lanes": [{"state": "idle", "at": 1}, {"state": "idle", "at": 2}], "lane": {"state": "idle", "at": 1}});
    let actual = |pointer: &str, expected: Value| {
        let found = compare(pointer, &Expected::of(&expected).unwrap(), &document);
        assert_eq!((found.len(), found[0].path.as_str()), (1, pointer));
        found[0].actual.clone()
    };
    let lanes = r#"[{"state":"idle","at":1},{"state":"idle","at":2}]"#;
    let includes = json!({"$includes": [{"at": 1}, {"state": "active", "at": 2, "by": "w1"}]});
    assert_eq!(
        actual("/lanes", includes),
        format!(
            r#"{lanes} (nearest: /lanes/1/state is "idle", expected "active"; /lanes/1/by is nothing, expected "w1")"#
        )
    );
    let unordered = json!({"$unordered": [{"state": "idle", "at": 3}, {"state": "idle", "at": 2}]});
    assert_eq!(actual("/lanes", unordered), format!("{lanes} (nearest: /lanes/0/at is 1, expected 3)"));
    assert_eq!(actual("/lanes", json!({"$includes": [7]})), lanes);
    let either = json!({"$in": [null, {"state": "active", "at": 2}, {"state": "idle", "at": {"$gt": 1}}]});
    assert_eq!(actual("/lane", either), r#"{"state":"idle","at":1} (nearest: /lane/at is 1, expected $gt 1)"#);
}

#[test]
fn what_a_word_cannot_take_is_found_where_it_stands() {
    for (text, place, message) in [
        (r#"{"/a": {"$gte": 1, "b": 2}}"#, r#""b""#, "is next to words"),
        (r#"{"/a": {"$greater": 1}}"#, r#""$greater""#, "not a word"),
        (r#"{"/a": {"b": {"$regx": "x"}}}"#, r#""$regx""#, "not a word"),
        (r#"{"/a": {"$gt": true}}"#, "true", "`$gt` takes a number or a text"),
        (r#"{"/a": {"$in": []}}"#, "[]", "something in it"),
        (r#"{"/a": {"$in": 3}}"#, "3", "something in it"),
        (r#"{"/a": {"$exists": 1}}"#, "1", "`true` or `false`"),
        (r#"{"/a": {"$type": "text"}}"#, r#""text""#, "no such type"),
        (r#"{"/a": {"$format": "uid"}}"#, r#""uid""#, "not a format"),
        (r#"{"/a": {"$regex": "("}}"#, r#""(""#, "unclosed group"),
        (r#"{"/a": {"$regex": ""}}"#, r#""""#, "holds whatever is there"),
        (r#"{"/a": {"$regex": ".*"}}"#, r#"".*""#, "holds whatever is there"),
        (r#"{"/a": {"$count": {"$gte": 0}}}"#, r#"{"$gte": 0}"#, "holds whatever is there"),
        (r#"{"/a": {"$count": {"$gt": -1}}}"#, r#"{"$gt": -1}"#, "holds whatever is there"),
        (r#"{"/a": {"$includes": {}}}"#, "{}", "holds whatever is there"),
        (r#"{"/a": {"$schema": {}}}"#, "{}", "holds whatever is there"),
        (r#"{"/a": {"$schema": true}}"#, "true", "holds whatever is there"),
        (r#"{"/a": {"$schema": {"title": "a"}}}"#, r#"{"title": "a"}"#, "holds whatever is there"),
        (r#"{"/a": {"$schema": {"required": []}}}"#, r#"{"required": []}"#, "holds whatever is there"),
        (
            r#"{"/a": {"$schema": {"anyOf": [{"type": "null"}, {}]}}}"#,
            r#"{"anyOf": [{"type": "null"}, {}]}"#,
            "holds whatever is there",
        ),
        (r#"{"/a": {"$unordered": {}}}"#, "{}", "takes a list"),
        (r#"{"/a": {"$schema": {"type": "texts"}}}"#, r#"{"type": "texts"}"#, "not a JSON Schema"),
    ] {
        let error = check(&parse(text).unwrap()).next().unwrap();
        assert!(error.message.contains(message), "{text}: {error}");
        assert_eq!(&text[error.span.clone().unwrap()], place, "{text}: {error}");
    }
    assert!(
        check(
            &parse(r#"{"/a": {"$count": "{n}"}, "/b": {"$gt": "{n}"}, "/c": {"$count": {"$gte": 0, "$lte": 2}}}"#)
                .unwrap()
        )
        .next()
        .is_none(),
        "placeholders"
    );
}
