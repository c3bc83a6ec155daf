//! Values at JSON pointers, and labels inside JSON.

use serde_json::{Map, Value};

use super::Mismatch;

/// Compares places in a document, given as JSON pointers, with their values. A null also stands for a place that is not
/// there.
#[must_use]
pub fn matches_places(what: &str, places: &Map<String, Value>, document: &Value) -> Vec<Mismatch> {
    places
        .iter()
        .filter(|(pointer, expected)| document.pointer(pointer).unwrap_or(&Value::Null) != *expected)
        .map(|(pointer, expected)| {
            let actual = document.pointer(pointer).map_or_else(|| "nothing".to_owned(), ToString::to_string);
            Mismatch::new(format!("{what}.{pointer}"), expected, actual)
        })
        .collect()
}

/// Replaces `{label}` in a text.
#[must_use]
pub fn substitute_text(text: &str, label: &impl Fn(&str) -> Option<String>) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        result.push_str(before);
        if let Some((value, after)) = after.split_once('}').and_then(|(name, after)| Some((label(name)?, after))) {
            result.push_str(&value);
            rest = after;
        } else {
            result.push('{');
            rest = after;
        }
    }
    result + rest
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn places_are_compared_and_null_means_absent() {
        let places = json!({"/a/0": 1, "/b": null, "/c": null, "/d": "x"});
        let wrong = matches_places("expect.state", places.as_object().unwrap(), &json!({"a": [1], "c": 3, "d": "y"}));
        let names: Vec<_> = wrong.iter().map(|m| m.what.as_str()).collect();
        assert_eq!(names, ["expect.state./c", "expect.state./d"]);
    }

    #[test]
    fn labels_are_replaced_and_other_braces_stay() {
        let fill = |text: &str| substitute_text(text, &|name| (name == "game").then(|| "42".to_owned()));
        assert_eq!(fill("/v1/{game}/{nope}"), "/v1/42/{nope}");
        assert_eq!((fill("{").as_str(), fill("}").as_str()), ("{", "}"));
    }
}
