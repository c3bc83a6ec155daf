//! Keywords of JSON Schema. A validator passes over a keyword that it does not know, so a slip in one would check nothing.

use super::FORMATS;
use crate::json::{JsonError, Kind, Member, Node, nearest};

/// Keywords whose value is a schema, or a list of schemas.
const SCHEMAS: [&str; 16] = [
    "additionalItems",
    "additionalProperties",
    "allOf",
    "anyOf",
    "contains",
    "contentSchema",
    "else",
    "if",
    "items",
    "not",
    "oneOf",
    "prefixItems",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
];

/// Keywords whose value has schemas under names that are not keywords.
const NAMED: [&str; 6] =
    ["$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties"];

/// All other keywords.
const PLAIN: [&str; 37] = [
    "$anchor",
    "$comment",
    "$dynamicAnchor",
    "$dynamicRef",
    "$id",
    "$ref",
    "$schema",
    "$vocabulary",
    "const",
    "contentEncoding",
    "contentMediaType",
    "default",
    "dependentRequired",
    "deprecated",
    "description",
    "enum",
    "examples",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "maxContains",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minContains",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "pattern",
    "readOnly",
    "required",
    "title",
    "type",
    "uniqueItems",
];

/// Keywords that say something about a value and ask for nothing.
const NOTES: [&str; 9] =
    ["$comment", "$id", "$schema", "default", "deprecated", "description", "examples", "readOnly", "title"];

/// Whether every value is as a schema asks, as it stands there: it has no keyword that asks for something. One that asks for what is always so,
/// such as a text of no fewer than no characters, is not found.
pub(super) fn asks_for_nothing(schema: &Node) -> bool {
    let is_note = |member: &Member| match member.key.as_str() {
        "required" => matches!(&member.value.kind, Kind::Array(items) if items.is_empty()),
        "allOf" => member.value.items().iter().all(asks_for_nothing),
        "anyOf" => member.value.items().iter().any(asks_for_nothing),
        key => NOTES.contains(&key),
    };
    match &schema.kind {
        Kind::Bool(asked) => *asked,
        Kind::Object(members) => members.iter().all(is_note),
        _ => false,
    }
}

/// Every keyword of a schema is one that JSON Schema has, and every format one that is checked.
pub(super) fn check(schema: &Node) -> Result<(), JsonError> {
    for member in schema.members() {
        let key = member.key.as_str();
        if SCHEMAS.contains(&key) {
            check(&member.value)?;
            member.value.items().iter().try_for_each(check)?;
        } else if NAMED.contains(&key) {
            member.value.members().iter().try_for_each(|named| check(&named.value))?;
        } else if key == "format" {
            check_format(&member.value)?;
        } else if !PLAIN.contains(&key) {
            let error = JsonError::at(member.key_span.clone(), format!("JSON Schema has no keyword `{key}`"));
            let known = SCHEMAS.iter().chain(&NAMED).chain(&PLAIN).copied();
            return Err(match nearest(key, known) {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error.help("a validator would pass over it; what is for readers goes into `$comment`"),
            });
        }
    }
    Ok(())
}

/// A format is one that a validator checks.
pub(super) fn check_format(format: &Node) -> Result<(), JsonError> {
    let Kind::String(name) = &format.kind else { return Ok(()) };
    if FORMATS.contains(&name.as_str()) {
        return Ok(());
    }
    let error = JsonError::at(format.span.clone(), format!("`{name}` is not a format that is known here"));
    Err(match nearest(name, FORMATS) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.help(format!("known here: {}", FORMATS.join(", "))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

    #[test]
    fn a_slip_in_a_keyword_or_a_format_is_found_at_any_depth() {
        for (schema, message) in [
            (r#"{"typ": "string"}"#, "no keyword `typ`"),
            (r#"{"properties": {"a": {"minimun": 1}}}"#, "no keyword `minimun`"),
            (r#"{"anyOf": [{"type": "string"}, {"requird": []}]}"#, "no keyword `requird`"),
            (r#"{"items": {"format": "uid"}}"#, "`uid` is not a format"),
        ] {
            assert!(check(&parse(schema).unwrap()).unwrap_err().message.contains(message), "{schema}");
        }
    }

    #[test]
    fn names_of_properties_and_values_are_no_keywords() {
        let schema = r#"{"properties": {"typ": true}, "const": {"typ": 1}, "$defs": {"x": {"type": "null"}}, "additionalProperties": false}"#;
        assert!(check(&parse(schema).unwrap()).is_ok());
    }
}
