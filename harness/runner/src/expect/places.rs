//! Compares places of a JSON document, given as JSON pointers, with what a case expects there.

use harness_case::predicate::{Expected, Misfit, compare};
use harness_events::Mismatch;
use serde_json::{Map, Value};

/// Everything that is not as expected. A null also means a place that is not there.
#[must_use]
pub(crate) fn compare_places(what: &str, places: &Map<String, Value>, document: &Value) -> Vec<Mismatch> {
    let misfits = places.iter().flat_map(|(pointer, expected)| match Expected::of(expected) {
        Ok(expected) => compare(pointer, &expected, document),
        // It was read with the case; since then a placeholder has become something that its word cannot take.
        Err(error) => vec![Misfit { path: pointer.clone(), expected: expected.to_string(), actual: error }],
    });
    misfits.map(|misfit| Mismatch::new(format!("{what}.{}", misfit.path), misfit.expected, misfit.actual)).collect()
}

/// The same for the members of an object by their names.
#[must_use]
pub(crate) fn compare_members(what: &str, members: &Map<String, Value>, object: &Value) -> Vec<Mismatch> {
    let pointer = |name: &String| format!("/{}", name.replace('~', "~0").replace('/', "~1"));
    let places = members.iter().map(|(name, expected)| (pointer(name), expected.clone())).collect();
    let named = |mismatch: Mismatch| Mismatch { what: mismatch.what.replacen("./", ".", 1), ..mismatch };
    compare_places(what, &places, object).into_iter().map(named).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wrong(found: &[Mismatch]) -> Vec<&str> {
        found.iter().map(|mismatch| mismatch.what.as_str()).collect()
    }

    #[test]
    fn places_are_compared_and_null_means_absent() {
        let places = json!({"/a/0": 1, "/b": null, "/c": null, "/d": "x", "/e/*/f": {"$gt": 1}});
        let document = json!({"a": [1], "c": 3, "d": "y", "e": [{"f": 2}, {"f": 1}]});
        let found = compare_places("expect.state", places.as_object().unwrap(), &document);
        assert_eq!(wrong(&found), ["expect.state./c", "expect.state./d", "expect.state./e/1/f"]);
    }

    #[test]
    fn members_are_compared_by_their_names() {
        let members = json!({"lit": "true", "a/b": {"$exists": true}, "gone": null});
        let found = compare_members("expect.vars", members.as_object().unwrap(), &json!({"lit": "no", "gone": "x"}));
        assert_eq!(wrong(&found), ["expect.vars.lit", "expect.vars.a~1b", "expect.vars.gone"]);
    }
}
