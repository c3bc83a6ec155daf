//! A delta's schema as a server takes it: with its limits, or without them.

use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use super::dialect::OutputFormat;

/// Limits that several vendors refuse in a schema. They only stop a model that repeats itself; `max_tokens` stops it as well.
const LIMITS: [&str; 2] = ["maxItems", "maxLength"];

/// A delta's schema, rendered once for all calls that ask by it.
#[derive(Debug)]
pub struct Schema {
    whole: Box<RawValue>,
    without_limits: Box<RawValue>,
}

impl Schema {
    /// Renders a schema.
    #[must_use]
    pub fn new(schema: &Value) -> Self {
        // A schema is plain data: there is nothing in it that JSON cannot say.
        let render = |schema: &Value| to_raw_value(schema).unwrap_or_default();
        Self { whole: render(schema), without_limits: render(&without_limits(schema)) }
    }

    /// The schema as the output has it.
    pub(super) fn rendered(&self, output: OutputFormat) -> &RawValue {
        match output {
            OutputFormat::Schema => &self.whole,
            OutputFormat::WithoutLimits | OutputFormat::Json | OutputFormat::Plain => &self.without_limits,
        }
    }
}

fn without_limits(schema: &Value) -> Value {
    match schema {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(name, _)| !LIMITS.contains(&name.as_str()));
            kept.map(|(name, value)| (name.clone(), without_limits(value))).collect()
        }
        Value::Array(list) => list.iter().map(without_limits).collect(),
        plain => plain.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn limits_are_left_out_at_every_depth_and_nothing_else_is() {
        let schema =
            json!({ "anyOf": [{ "type": "array", "items": { "type": "string", "maxLength": 80 }, "maxItems": 16 }] });
        assert_eq!(Schema::new(&schema).rendered(OutputFormat::Schema).get(), schema.to_string());
        let plain = r#"{"anyOf":[{"items":{"type":"string"},"type":"array"}]}"#;
        let found: Value =
            serde_json::from_str(Schema::new(&schema).rendered(OutputFormat::WithoutLimits).get()).unwrap();
        assert_eq!(found, serde_json::from_str::<Value>(plain).unwrap());
    }
}
