//! Unknown fields. The running engine lets them through; here each is compared with the schema of its file, which is made
//! from the very types that the file is read into.

use serde_json::Value;

use super::report::{Report, at, nth};
use crate::content::{Dice, Source};

/// Where editors find a file's schema.
const SCHEMA_KEY: &str = "$schema";

pub(super) fn check(source: &Source, report: &mut Report) {
    match serde_json::from_str::<Value>(source.text.trim_start_matches('\u{feff}')) {
        Ok(value) => {
            let root = source.kind.schema();
            Walk { root: &root, report }.visit(&value, &root, "");
        }
        Err(error) => {
            report.error("", format!("not JSON: {error}"));
        }
    }
}

struct Walk<'a> {
    root: &'a Value,
    report: &'a mut Report,
}

impl<'a> Walk<'a> {
    fn visit(&mut self, value: &Value, schema: &'a Value, pointer: &str) {
        let schema = self.schema_of(value, schema);
        if let Some(expected) = mismatch(value, schema) {
            let found = kind_of(value);
            self.report.error(pointer, format!("expected {expected}, found {found}"));
            return;
        }
        if let Some(complaint) = outside(value, schema) {
            self.report.error(pointer, complaint);
            return;
        }
        match value {
            Value::Object(object) => {
                let properties = schema.get("properties").and_then(Value::as_object);
                let additional = schema.get("additionalProperties").filter(|additional| additional.is_object());
                for (key, value) in object {
                    let pointer_to_key = at(pointer, key);
                    match (properties.and_then(|properties| properties.get(key)), additional) {
                        (Some(property), _) => self.visit(value, property, &pointer_to_key),
                        (None, Some(additional)) => self.visit(value, additional, &pointer_to_key),
                        (None, None) if pointer.is_empty() && key == SCHEMA_KEY => {}
                        (None, None) => {
                            let known =
                                properties.into_iter().flat_map(|properties| properties.keys().map(String::as_str));
                            self.report.error(pointer_to_key, format!("unknown field `{key}`")).suggest(key, known);
                        }
                    }
                }
            }
            Value::Array(list) => {
                if let Some(items) = schema.get("items") {
                    for (index, value) in list.iter().enumerate() {
                        self.visit(value, items, &nth(pointer, index));
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    /// The schema that really describes `value`: references followed, and of alternatives the one for its type.
    fn schema_of(&self, value: &Value, schema: &'a Value) -> &'a Value {
        let mut schema = schema;
        while let Some(target) = schema.get("$ref").and_then(Value::as_str) {
            match self.root.pointer(target.trim_start_matches('#')) {
                Some(found) => schema = found,
                None => return schema,
            }
        }
        let alternatives = schema.get("anyOf").and_then(Value::as_array);
        let fitting = alternatives.into_iter().flatten().map(|alternative| self.schema_of(value, alternative));
        fitting.into_iter().find(|alternative| describes(alternative, value)).unwrap_or(schema)
    }
}

/// What `schema` expects instead of `value`; `None` if it takes that kind of value, or says nothing of kinds.
fn mismatch(value: &Value, schema: &Value) -> Option<String> {
    if schema.get("anyOf").is_some() {
        return Some("another form".to_owned());
    }
    let kinds: Vec<&str> = match schema.get("type")? {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => return None,
    };
    let found = kind_of(value);
    let fits = |kind: &&str| *kind == found || (*kind == "number" && found == "integer");
    (!kinds.is_empty() && !kinds.iter().any(fits)).then(|| kinds.join(" or "))
}

/// What is wrong with a value of the right kind: a number outside its bounds, dice that cannot be read. The reader of the file refuses both
/// too, but it names a line and no field.
fn outside(value: &Value, schema: &Value) -> Option<String> {
    let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
    match value {
        Value::Number(number) => {
            let number = number.as_f64()?;
            let (least, most) = (bound("minimum"), bound("maximum"));
            let fits = least.is_none_or(|least| number >= least) && most.is_none_or(|most| number <= most);
            let bounds = match (least, most) {
                (Some(least), Some(most)) => format!("a number from {least} to {most}"),
                (Some(least), None) => format!("at least {least}"),
                (None, most) => format!("at most {}", most?),
            };
            (!fits).then(|| format!("expected {bounds}, found {number}"))
        }
        Value::String(text) if schema.get("format").and_then(Value::as_str) == Some(Dice::FORMAT) => {
            Dice::try_from(text.clone()).err().map(|error| error.to_string())
        }
        _ => None,
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn describes(schema: &Value, value: &Value) -> bool {
    let kind = match value {
        Value::Object(_) => "object",
        Value::Array(_) => "array",
        Value::String(_) => "string",
        Value::Null => "null",
        Value::Bool(_) | Value::Number(_) => return false,
    };
    schema.get("type").and_then(Value::as_str) == Some(kind)
}
