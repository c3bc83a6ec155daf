//! Contingency prompts: hints for the narrator that a scenario, a room or an actor carries, always on or only while a condition holds.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, MapAccess, Visitor};
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::when::When;

/// A hint for the narrator. In a file it is a plain string (always on) or `{"prompt": …, "when": …}`.
#[derive(Debug, Clone, PartialEq)]
pub struct ContingencyPrompt {
    /// The hint, as the narrator reads it.
    pub prompt: String,
    /// While this holds; without it, always. A present but empty `when` never holds.
    pub when: Option<When>,
}

impl From<&str> for ContingencyPrompt {
    fn from(prompt: &str) -> Self {
        Self { prompt: prompt.to_owned(), when: None }
    }
}

impl Serialize for ContingencyPrompt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(when) = &self.when else { return serializer.serialize_str(&self.prompt) };
        let mut object = serializer.serialize_struct("ContingencyPrompt", 2)?;
        object.serialize_field("prompt", &self.prompt)?;
        object.serialize_field("when", when)?;
        object.end()
    }
}

impl<'de> Deserialize<'de> for ContingencyPrompt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PromptVisitor)
    }
}

struct PromptVisitor;

impl<'de> Visitor<'de> for PromptVisitor {
    type Value = ContingencyPrompt;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a prompt: a string, or an object with `prompt` and, if it is not always on, `when`")
    }

    fn visit_str<E: de::Error>(self, prompt: &str) -> Result<Self::Value, E> {
        Ok(prompt.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut prompt, mut when) = (None, None);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "prompt" => prompt = Some(map.next_value()?),
                "when" => when = map.next_value()?,
                _ => drop(map.next_value::<de::IgnoredAny>()?),
            }
        }
        Ok(ContingencyPrompt { prompt: prompt.ok_or_else(|| de::Error::missing_field("prompt"))?, when })
    }
}

impl JsonSchema for ContingencyPrompt {
    fn schema_name() -> Cow<'static, str> {
        "ContingencyPrompt".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A hint for the narrator: always on, or while `when` holds.",
            "anyOf": [
                { "type": "string" },
                {
                    "type": "object",
                    "properties": { "prompt": { "type": "string" }, "when": generator.subschema_for::<When>() },
                    "required": ["prompt"],
                    "additionalProperties": false
                }
            ]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_is_read_and_written_in_both_forms() {
        for text in [r#""Gulls cry.""#, r#"{"prompt":"Gulls cry.","when":{"location":"jetty"}}"#] {
            let prompt: ContingencyPrompt = serde_json::from_str(text).unwrap();
            assert_eq!(prompt.prompt, "Gulls cry.");
            assert_eq!(serde_json::to_string(&prompt).unwrap(), text);
        }
    }

    #[test]
    fn a_prompt_of_another_shape_is_explained() {
        let error = serde_json::from_str::<ContingencyPrompt>("3").unwrap_err().to_string();
        assert!(error.contains("a string, or an object with `prompt`"), "{error}");
    }
}
