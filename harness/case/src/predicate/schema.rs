//! How expected values look in the published schema: editors complete the words.

use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use super::WORDS;

/// The schema of a map from places to what is expected there.
pub(crate) fn values(_: &mut SchemaGenerator) -> Schema {
    let words: Map<String, Value> =
        WORDS.iter().map(|(name, meaning)| ((*name).to_owned(), json!({ "description": meaning }))).collect();
    json_schema!({
        "type": "object",
        "additionalProperties": {
            "description": "The value that is expected there, or words that it must fulfil.",
            "anyOf": [
                { "type": "object", "properties": words, "additionalProperties": false, "minProperties": 1 },
                { "not": { "type": "object", "patternProperties": { "^\\$": true }, "minProperties": 1, "propertyNames": { "pattern": "^\\$" } } }
            ]
        }
    })
}
