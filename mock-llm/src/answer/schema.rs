//! The JSON Schemas that callers send: checking a reply against one, and making the smallest value that fits one.

use serde_json::{Map, Value, json};

#[cfg(feature = "check-schemas")]
pub(crate) use checked::check;

/// Without the feature that checks, anything goes.
#[cfg(not(feature = "check-schemas"))]
#[expect(clippy::unnecessary_wraps, reason = "the shape that it has where it checks")]
pub(crate) const fn check(_: Option<&Value>, _: &Value) -> Result<(), String> {
    Ok(())
}

#[cfg(feature = "check-schemas")]
mod checked {
    use std::sync::{Arc, Mutex, PoisonError};

    use jsonschema::Validator;
    use serde_json::Value;

    /// The latest schema and what checks against it: callers send the same one again and again, and to compile it takes longer
    /// than everything else about a reply.
    static LATEST: Mutex<Option<(Value, Arc<Validator>)>> = Mutex::new(None);

    /// Checks a value; the error names the first place that is wrong. Without a schema anything goes.
    pub(crate) fn check(schema: Option<&Value>, value: &Value) -> Result<(), String> {
        let Some(schema) = schema else { return Ok(()) };
        compiled(schema)?.validate(value).map_err(|error| match error.instance_path().as_str() {
            "" => error.to_string(),
            place => format!("{error} (at {place})"),
        })
    }

    fn compiled(schema: &Value) -> Result<Arc<Validator>, String> {
        let mut latest = LATEST.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, validator)) = latest.as_ref().filter(|(known, _)| known == schema) {
            return Ok(Arc::clone(validator));
        }
        let validator =
            jsonschema::validator_for(schema).map_err(|error| format!("the schema itself is not valid ({error})"))?;
        let validator = Arc::new(validator);
        *latest = Some((schema.clone(), Arc::clone(&validator)));
        Ok(validator)
    }
}

/// A value with everything that the schema requires and nothing else. References and combinations are not followed.
pub(crate) fn smallest(schema: Option<&Value>) -> Value {
    let Some(schema) = schema else { return json!({}) };
    if let Some(value) = schema.get("const").or_else(|| schema.pointer("/enum/0")).or_else(|| schema.get("default")) {
        return value.clone();
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) if kinds.iter().any(|kind| kind == "null") => "null",
        Value::Array(kinds) => kinds.first().and_then(Value::as_str).unwrap_or_default(),
        kind => kind.as_str().unwrap_or_default(),
    };
    match kind {
        "string" => json!(""),
        "integer" | "number" => schema.get("minimum").cloned().unwrap_or(json!(0)),
        "boolean" => json!(false),
        "array" => json!([]),
        "null" => Value::Null,
        _ => {
            let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let members =
                required.map(|name| (name.to_owned(), smallest(schema.pointer(&format!("/properties/{name}")))));
            Value::Object(members.collect::<Map<_, _>>())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_value_fits_its_schema() {
        let schema = json!({
            "type": "object",
            "properties": {
                "place": { "type": ["string", "null"] },
                "mood": { "enum": ["calm", "tense"] },
                "steps": { "type": "integer", "minimum": 1 },
                "extra": { "type": "string" },
            },
            "required": ["place", "mood", "steps"],
            "additionalProperties": false,
        });
        let value = smallest(Some(&schema));
        assert_eq!(value, json!({ "place": null, "mood": "calm", "steps": 1 }));
        assert_eq!(check(Some(&schema), &value), Ok(()));
    }

    #[test]
    fn a_mismatch_names_the_place() {
        let schema = json!({ "type": "object", "properties": { "a": { "type": "integer" } } });
        let problem = check(Some(&schema), &json!({ "a": "x" })).unwrap_err();
        assert!(problem.contains("/a"), "{problem}");
    }
}
