//! Unknown fields and wrong forms. The running engine lets them through; here each is compared with the schema of its file, which is made
//! from the very types that the file is read into.

use serde_json::Value;

use super::report::{Report, at, nth};
use crate::content::{Dice, Source};
use crate::suggest::nearest;
use crate::when::Comparison;

/// Where editors find a file's schema.
const SCHEMA_KEY: &str = "$schema";

pub(super) fn check(source: &Source, report: &mut Report) {
    check_form(&source.text, &source.kind.schema(), report);
    let named = serde_json::from_str::<Value>(&source.text).ok().and_then(|value| value.get(SCHEMA_KEY).cloned());
    if let Some(schema) = named {
        let own = format!("{}.schema.json", source.kind);
        if schema.as_str().is_none_or(|schema| schema.rsplit('/').next() != Some(own.as_str())) {
            report
                .warning(
                    at("", SCHEMA_KEY),
                    format!(
                        "`{SCHEMA_KEY}` names {schema}, which is no schema of such a file; editors do not check it then"
                    ),
                )
                .help(format!("write a path that ends with `{own}`, or leave it out"));
        }
    }
}

/// Compares `text` with the schema `root`.
pub(super) fn check_form(text: &str, root: &Value, report: &mut Report) {
    match serde_json::from_str::<Value>(text.trim_start_matches('\u{feff}')) {
        Ok(value) => Walk { root, report }.visit(&value, root, ""),
        Err(error) => {
            let remedy = if error.is_eof() {
                "the file ends too early: a bracket, a brace or a quotation mark is not closed".to_owned()
            } else {
                format!(
                    "look at line {} and the one before it: a comma is missing or one too many, or a quotation mark is",
                    error.line()
                )
            };
            report.error("", format!("not JSON: {error}")).help(remedy);
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
            let complaint = self.report.error(pointer, format!("expected {expected}, found {found}"));
            complaint.help(written_as(&expected, value));
            return;
        }
        if let Some(complaint) = outside(value, schema) {
            self.report.error(pointer, complaint).help(format!("write {} here", within(schema)));
            return;
        }
        let choices = choices(schema);
        if let Some(text) = value.as_str().filter(|text| !choices.is_empty() && !choices.contains(text)) {
            let near = nearest(text, choices.iter().copied());
            let help = near.map_or_else(
                || format!("write one of {}", choices.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            self.report.error(pointer, format!("`{text}` is none of {}", choices.join(", "))).help(help);
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
                            let known: Vec<&str> = properties
                                .into_iter()
                                .flat_map(|properties| properties.keys().map(String::as_str))
                                .collect();
                            let help = match nearest(key, known.iter().copied()) {
                                Some(near) => format!("did you mean `{near}`?"),
                                None => format!("leave it out; what is known here: {}", known.join(", ")),
                            };
                            self.report.error(pointer_to_key, format!("unknown field `{key}`")).help(help);
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
        Value::String(text) if schema.get("format").and_then(Value::as_str) == Some(Comparison::FORMAT) => {
            Comparison::try_from(text.clone()).err().map(|error| error.to_string())
        }
        _ => None,
    }
}

/// How what was found is written in the form that is expected.
fn written_as(expected: &str, value: &Value) -> String {
    match (expected, value) {
        ("string", Value::Number(_) | Value::Bool(_)) => format!("write it in quotation marks: `\"{value}\"`"),
        ("string", Value::Null) => "leave the field out".to_owned(),
        ("object", _) => "write it in braces, as `{ \"key\": … }`".to_owned(),
        ("array", _) => "write it in brackets, as `[ … ]`, also if it is only one".to_owned(),
        ("boolean", _) => "write `true` or `false`, without quotation marks".to_owned(),
        ("integer" | "number", Value::String(_)) => "write the number without quotation marks".to_owned(),
        _ => format!("write it as {expected}"),
    }
}

/// What is allowed where a number or dice are.
fn within(schema: &Value) -> String {
    match schema.get("format").and_then(Value::as_str) {
        Some(Dice::FORMAT) => "dice like `1d6+1`".to_owned(),
        Some(Comparison::FORMAT) => "an operator and a number, like `>= 5`".to_owned(),
        _ if schema.get("maximum").and_then(Value::as_f64) == Some(1.0) => {
            "a part of 1, like `0.3` for three times in ten,".to_owned()
        }
        _ => "a number within these bounds".to_owned(),
    }
}

/// The words that a schema allows; none where it allows any.
fn choices(schema: &Value) -> Vec<&str> {
    let listed = schema.get("enum").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let alternatives = schema.get("oneOf").and_then(Value::as_array).into_iter().flatten();
    let described = alternatives.flat_map(|alternative| {
        let one = alternative.get("const").and_then(Value::as_str);
        let several = alternative.get("enum").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        one.into_iter().chain(several)
    });
    listed.chain(described).collect()
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
