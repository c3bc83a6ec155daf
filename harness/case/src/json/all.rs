//! All mistakes of an object at once: serde stops at the first one, so what is wrong is taken out and the rest is read again.

use serde::de::DeserializeOwned;

use super::{JsonError, Kind, Node, Span, from_node};

/// So many mistakes of one object are named. Each costs another reading of it.
const MISTAKES_MAX: usize = 20;

/// Reads a type from a node, as [`from_node`], but does not stop at the first mistake.
pub(crate) fn all_from_node<T: DeserializeOwned>(node: &Node) -> Result<T, Vec<JsonError>> {
    let first = match from_node(node) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let (mut rest, mut taken) = (node.clone(), Vec::<String>::new());
    let (mut found, mut next) = (Vec::new(), Some(first));
    while let Some(error) = next {
        let span = error.span.clone();
        // A key that was taken out is missing now, which is no mistake of the author's.
        if taken.iter().any(|key| error.message == missing(key)) {
            break;
        }
        found.push(error);
        let can_go_on = found.len() < MISTAKES_MAX && span.is_some_and(|span| take_out(&mut rest, &span, &mut taken));
        next = if can_go_on { from_node::<T>(&rest).err() } else { None };
    }
    Err(found)
}

/// The message of a key that is missing.
pub(super) fn missing(key: &str) -> String {
    format!("the key `{key}` is missing")
}

/// Takes out the member or item at a place. An object or a list that it leaves empty goes too, because an empty one
/// would be a mistake of another kind. Says whether there was one.
fn take_out(node: &mut Node, span: &Span, taken: &mut Vec<String>) -> bool {
    match &mut node.kind {
        Kind::Object(members) => {
            let here = members.iter().position(|member| member.key_span == *span || member.value.span == *span);
            let at = here.or_else(|| {
                let found = members.iter_mut().position(|member| take_out(&mut member.value, span, taken))?;
                Some(found)
            });
            let Some(at) = at else { return false };
            if here.is_some() || is_empty(&members[at].value) {
                taken.push(members.remove(at).key);
            }
            true
        }
        Kind::Array(items) => {
            let here = items.iter().position(|item| item.span == *span);
            let Some(at) = here.or_else(|| items.iter_mut().position(|item| take_out(item, span, taken))) else {
                return false;
            };
            if here.is_some() || is_empty(&items[at]) {
                items.remove(at);
            }
            true
        }
        _ => false,
    }
}

fn is_empty(node: &Node) -> bool {
    matches!(&node.kind, Kind::Object(members) if members.is_empty())
        || matches!(&node.kind, Kind::Array(items) if items.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::{CaseFile, StepFile};
    use crate::json::parse;

    fn found<T: DeserializeOwned>(text: &str) -> Vec<(String, String)> {
        let errors = all_from_node::<T>(&parse(text).unwrap()).err().unwrap_or_default().into_iter();
        errors.map(|error| (text[error.span.unwrap()].to_owned(), error.message)).collect()
    }

    #[test]
    fn every_mistake_of_an_object_is_found() {
        let step =
            r#"{"user_promt": "a", "wait": 3, "expect": {"turn_counter": "x", "locaton": "y"}, "gate": {"wait": 5}}"#;
        let places: Vec<String> = found::<StepFile>(step).into_iter().map(|(place, _)| place).collect();
        assert_eq!(places, [r#""user_promt""#, "3", r#""x""#, r#""locaton""#, "5"]);
    }

    #[test]
    fn a_key_that_is_wrong_is_not_called_missing_too() {
        let found = found::<CaseFile>(r#"{"name": 3, "workers": "two"}"#);
        assert_eq!(found.iter().map(|(place, _)| place.as_str()).collect::<Vec<_>>(), ["3", r#""two""#], "{found:?}");
    }

    #[test]
    fn the_number_of_mistakes_is_bounded() {
        let keys: Vec<String> = (0..1_000).map(|n| format!(r#""k{n}": 1"#)).collect();
        assert_eq!(found::<StepFile>(&format!("{{{}}}", keys.join(", "))).len(), MISTAKES_MAX);
    }
}
