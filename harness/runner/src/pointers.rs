//! Compares places in a JSON document, given as JSON pointers, with the values that a case expects there.

use harness_events::Mismatch;
use serde_json::{Map, Value};

/// Compares places in a document, given as JSON pointers, with their values. A null also stands for a place that is not
/// there.
#[must_use]
pub(crate) fn compare_pointers(what: &str, places: &Map<String, Value>, document: &Value) -> Vec<Mismatch> {
    places
        .iter()
        .filter(|(pointer, expected)| document.pointer(pointer).unwrap_or(&Value::Null) != *expected)
        .map(|(pointer, expected)| {
            let actual = document.pointer(pointer).map_or_else(|| "nothing".to_owned(), ToString::to_string);
            Mismatch::new(format!("{what}.{pointer}"), expected, actual)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn places_are_compared_and_null_means_absent() {
        let places = json!({"/a/0": 1, "/b": null, "/c": null, "/d": "x"});
        let wrong = compare_pointers("expect.state", places.as_object().unwrap(), &json!({"a": [1], "c": 3, "d": "y"}));
        let names: Vec<_> = wrong.iter().map(|m| m.what.as_str()).collect();
        assert_eq!(names, ["expect.state./c", "expect.state./d"]);
    }
}
