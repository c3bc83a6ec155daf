//! The shape of the answer that the extracting model is asked for.

use serde_json::{Value, json};

/// The JSON schema of what a model may send as a delta. It keeps to the rules of the strictest providers: every property is required,
/// nothing else is allowed, and what may be absent is nullable; variables are therefore a list of `{name, value}`.
/// Monsters, following and story events are not in it: they belong to conditionals.
#[must_use]
pub fn delta_schema() -> Value {
    let holder = json!({
        "anyOf": [
            {
                "type": "object",
                "properties": {
                    "type": { "type": "string", "enum": ["player", "npc", "location"] },
                    "name": { "type": ["string", "null"], "description": "The NPC's or location's name; null for the player." }
                },
                "required": ["type", "name"],
                "additionalProperties": false
            },
            { "type": "null" }
        ]
    });
    json!({
        "type": "object",
        "properties": {
            "user_location": {
                "type": ["string", "null"],
                "description": "The key of the location where the player is at the end of the turn; null if they stayed."
            },
            "scene_change": {
                "anyOf": [
                    {
                        "type": "object",
                        "properties": { "to": { "type": "string" }, "reason": { "type": "string" } },
                        "required": ["to", "reason"],
                        "additionalProperties": false
                    },
                    { "type": "null" }
                ]
            },
            "item_events": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "item": { "type": "string" },
                        "action": { "type": "string", "enum": ["acquire", "give", "drop", "move", "use"] },
                        "from": holder,
                        "to": holder,
                        "consumed": { "type": ["boolean", "null"] }
                    },
                    "required": ["item", "action", "from", "to", "consumed"],
                    "additionalProperties": false
                }
            },
            "npc_events": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": { "npc_id": { "type": "string" }, "set_location": { "type": ["string", "null"] } },
                    "required": ["npc_id", "set_location"],
                    "additionalProperties": false
                }
            },
            "set_vars": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "name": { "type": "string" },
                        "value": { "type": "string", "description": "The new value. To add to a number: +5, or -5." }
                    },
                    "required": ["name", "value"],
                    "additionalProperties": false
                }
            },
            "game_ended": { "type": "boolean" }
        },
        "required": ["user_location", "scene_change", "item_events", "npc_events", "set_vars", "game_ended"],
        "additionalProperties": false
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every object in the schema, wherever it is.
    fn objects(schema: &Value, found: &mut Vec<Value>) {
        match schema {
            Value::Object(map) => {
                if map.get("type") == Some(&json!("object")) {
                    found.push(schema.clone());
                }
                map.values().for_each(|value| objects(value, found));
            }
            Value::Array(list) => list.iter().for_each(|value| objects(value, found)),
            _ => {}
        }
    }

    #[test]
    fn every_object_requires_all_it_has_and_allows_nothing_else() {
        let mut found = Vec::new();
        objects(&delta_schema(), &mut found);
        assert_eq!(found.len(), 7);
        for object in found {
            let names: Vec<_> = object["properties"].as_object().unwrap().keys().cloned().collect();
            assert_eq!(object["required"], json!(names));
            assert_eq!(object["additionalProperties"], json!(false));
        }
    }

    #[test]
    fn a_model_is_not_offered_what_belongs_to_conditionals() {
        let text = delta_schema().to_string();
        for word in ["monster_events", "set_following", "prompt"] {
            assert!(!text.contains(word), "{word}");
        }
    }
}
