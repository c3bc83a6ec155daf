//! The settings of the engine that a case lays over its configuration, by the schema that the engine publishes.

use std::sync::LazyLock;

use jsonschema::Validator;
use jsonschema::error::ValidationErrorKind;
use serde_json::{Map, Value};

use super::unknown;
use crate::json::{JsonError, Kind, Node};
use crate::profile::{Vars, fill_texts};

/// As `engine config --schema` prints it. A test of the engine keeps the file as its types are.
static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    let published = include_str!("../../../../docs/engine-config.schema.json");
    serde_json::from_str(published).unwrap_or_default()
});

static VALIDATOR: LazyLock<Option<Validator>> = LazyLock::new(|| jsonschema::validator_for(&SCHEMA).ok());

/// Of what a run puts in the place of placeholders, one.
static FILLED: LazyLock<Vars> = LazyLock::new(|| {
    let vars = [("adapter", "openai"), ("model", "http://127.0.0.1/v1/")];
    vars.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect()
});

/// Everything in the case's `engine` that is no setting, or not one of this kind.
pub(crate) fn check(case: &Node) -> Vec<JsonError> {
    let Some(engine) = case.get("engine") else { return Vec::new() };
    let mut found = Vec::new();
    unknown_keys(engine, &SCHEMA, "setting", &mut found);
    let value = fill_texts(&engine.to_value(), &FILLED);
    let errors = VALIDATOR.iter().flat_map(|validator| validator.iter_errors(&value));
    for error in errors {
        // A case names only what it changes, and null takes a setting away. Unknown keys were found above.
        let wrong = !error.instance().is_null()
            && matches!(
                error.kind(),
                ValidationErrorKind::Type { .. }
                    | ValidationErrorKind::Enum { .. }
                    | ValidationErrorKind::Minimum { .. }
                    | ValidationErrorKind::Maximum { .. }
                    | ValidationErrorKind::AnyOf { .. }
                    | ValidationErrorKind::OneOfNotValid { .. }
            );
        if let Some(node) = at(engine, error.instance_path().as_str()).filter(|_| wrong) {
            found.push(JsonError::at(node.span.clone(), format!("the engine does not take this: {error}")));
        }
    }
    found
}

fn at<'a>(node: &'a Node, pointer: &str) -> Option<&'a Node> {
    pointer.split('/').skip(1).try_fold(node, |node, token| match &node.kind {
        Kind::Object(_) => node.get(&token.replace("~1", "/").replace("~0", "~")),
        Kind::Array(items) => items.get(token.parse::<usize>().ok()?),
        _ => None,
    })
}

fn unknown_keys(node: &Node, schema: &Value, what: &str, found: &mut Vec<JsonError>) {
    let schema = resolved(schema);
    let nothing = Map::new();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&nothing);
    let others = schema.get("additionalProperties");
    for member in node.members() {
        match (properties.get(&member.key), others) {
            (Some(property), _) => {
                unknown_keys(&member.value, property, &format!("setting of `{}`", member.key), found);
            }
            (None, Some(Value::Bool(false))) => {
                found.push(unknown(member.key_span.clone(), what, &member.key, properties.keys().map(String::as_str)));
            }
            (None, Some(other)) => unknown_keys(&member.value, other, &format!("setting of `{}`", member.key), found),
            (None, None) => {}
        }
    }
}

/// What a schema refers to.
fn resolved(schema: &Value) -> &Value {
    let referred = schema.get("$ref").and_then(Value::as_str).and_then(|name| SCHEMA.pointer(name.strip_prefix('#')?));
    let object = |choice: &&Value| resolved(choice).get("properties").is_some();
    let chosen = || schema.get("anyOf").and_then(Value::as_array)?.iter().find(object).map(resolved);
    referred.or_else(chosen).unwrap_or(schema)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

    /// What is found, by the text that it points at and its message.
    fn found(engine: &str) -> Vec<(String, String)> {
        let text = format!(r#"{{"engine": {engine}}}"#);
        let errors = check(&parse(&text).unwrap()).into_iter();
        errors
            .map(|error| (text[error.span.unwrap()].to_owned(), error.message + error.help.as_deref().unwrap_or("")))
            .collect()
    }

    #[test]
    fn a_setting_that_the_engine_does_not_have_is_found_with_the_one_that_was_meant() {
        for (engine, place, message) in [
            (r#"{"wroker": {}}"#, r#""wroker""#, "did you mean `worker`?"),
            (
                r#"{"worker": {"max_retry": 1}}"#,
                r#""max_retry""#,
                "no setting of `worker` `max_retry`did you mean `max_retries`?",
            ),
            (r#"{"worker": {"max_retries": "many"}}"#, r#""many""#, "does not take this"),
            (r#"{"providers": {"other": {"adapter": "{adaptor}"}}}"#, r#""{adaptor}""#, "does not take this"),
            (r#"{"queue": {"story_events": "first"}}"#, r#""first""#, "does not take this"),
            (r#"{"providers": {"mock": {"modl": "x"}}}"#, r#""modl""#, "did you mean `model`?"),
        ] {
            let found = found(engine);
            assert_eq!(found.len(), 1, "{engine}: {found:?}");
            assert_eq!(found[0].0, place);
            assert!(found[0].1.contains(message), "{engine}: {found:?}");
        }
    }

    #[test]
    fn what_the_engine_takes_is_left_alone() {
        for engine in [
            r#"{"worker": {"max_retries": 1, "retry_delay_seconds": 0.01}, "queue": {"story_events": "next"}}"#,
            r#"{"providers": {"mock": {"max_tokens": 5}}, "content": null, "sse": {"keepalive_seconds": 0.05}}"#,
            r#"{"providers": {"other": {"adapter": "{adapter}", "model": "m", "base_url": "{model}"}}}"#,
        ] {
            assert_eq!(found(engine), [], "{engine}");
        }
    }
}
