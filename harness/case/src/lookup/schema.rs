//! What a JSON Schema says of its values.

use serde_json::Value;

/// Whether a schema does not say what is inside.
pub(super) fn is_open(schema: &Value) -> bool {
    let says = |key: &str| schema.get(key).is_some();
    !says("type") && !says("const") && !says("enum") && !says("properties")
        || is_of(schema, "object") && !says("properties") && !says("additionalProperties")
        || is_of(schema, "array") && !says("items") && !says("prefixItems")
}

pub(super) fn is_of(schema: &Value, kind: &str) -> bool {
    match schema.get("type") {
        Some(Value::String(name)) => name == kind,
        Some(Value::Array(names)) => names.iter().any(|name| name == kind),
        _ => false,
    }
}
