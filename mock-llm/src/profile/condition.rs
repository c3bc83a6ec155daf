//! When a server refuses a call: conditions on its body, its messages and its headers. All that are given must hold.

use serde::Deserialize;
use serde_json::Value;

use crate::{
    call::{Kind, ModelCall, Role},
    script::Captured,
};

/// A rough tokenizer: the estimate of most bug reports.
const LETTERS_PER_TOKEN: usize = 4;

/// Conditions on a call.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct When {
    kind: Option<Kind>,
    /// Places in the body, by JSON pointer, of which one must hold something. The first becomes `{{field}}`.
    has: Vec<String>,
    /// Places in the body that must hold nothing.
    lacks: Vec<String>,
    /// Places in the body that must hold these values.
    equals: std::collections::BTreeMap<String, Value>,
    /// The body has a field that is not among these. The first becomes `{{field}}`.
    field_beside: Option<Vec<String>>,
    /// A keyword that is in the schema of the answer. The first becomes `{{field}}`.
    schema_has: Vec<String>,
    roles: Option<Roles>,
    /// Prompt and answer together have more tokens than this: four letters each, and `max_tokens`.
    tokens_over: Option<u64>,
    /// The prompt alone has more tokens than this.
    prompt_over: Option<u64>,
    /// No message has this word.
    text_lacks: Option<String>,
    /// A header is not there or empty.
    header_missing: Option<String>,
    /// The query has no such parameter.
    query_missing: Option<String>,
    /// The model is none of these.
    model_beside: Option<Vec<String>>,
}

/// Rules of chat templates that a list of messages can break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Roles {
    /// More than one system message, or one that is not the first.
    SystemNotFirst,
    /// After a system message, user and assistant do not alternate, or do not begin with the user.
    NotAlternating,
    /// There is a system message.
    System,
    /// The last message is the assistant's.
    EndsWithAssistant,
}

/// A call with what only its address says.
pub(crate) struct Seen<'a> {
    pub(crate) call: &'a ModelCall,
    pub(crate) body: &'a Value,
    pub(crate) query: &'a str,
}

impl When {
    /// Whether all hold; what the refusal may name is put into `names`.
    pub(super) fn holds(&self, seen: &Seen<'_>, names: &mut Captured) -> bool {
        let Seen { call, body, query } = seen;
        let is_set = |pointer: &String| body.pointer(pointer).is_some_and(|value| !value.is_null());
        let first_set = self.has.iter().find(|pointer| is_set(pointer));
        let beside = self.field_beside.as_ref().and_then(|known| {
            let fields = body.as_object()?.iter().filter(|(_, value)| !value.is_null());
            fields.map(|(name, _)| name).find(|name| !known.contains(name))
        });
        let in_schema = call.wanted.schema().and_then(|schema| self.schema_has.iter().find(|key| has_key(schema, key)));
        let field =
            first_set.map(|pointer| pointer.rsplit('/').next().unwrap_or_default()).or(beside.map(String::as_str));
        if let Some(field) = field.or(in_schema.map(String::as_str)) {
            names.insert("field".to_owned(), field.to_owned());
        }
        let letters: usize = call.messages.iter().map(|message| message.text.chars().count()).sum();
        let prompt = u64::try_from(letters / LETTERS_PER_TOKEN).unwrap_or(u64::MAX);
        let answer =
            ["/max_tokens", "/max_completion_tokens", "/options/num_predict", "/generationConfig/maxOutputTokens"];
        let answer = answer.iter().find_map(|place| body.pointer(place)?.as_u64()).unwrap_or(0);
        for (name, number) in [("prompt", prompt), ("answer", answer), ("asked", prompt + answer)] {
            names.insert(name.to_owned(), number.to_string());
        }
        let header = |name: &String| {
            call.header(name).is_some_and(|value| !value.trim_start_matches("Bearer").trim().is_empty())
        };
        self.kind.is_none_or(|kind| kind == call.kind())
            && (self.has.is_empty() || first_set.is_some())
            && self.lacks.iter().all(|pointer| !is_set(pointer))
            && self.equals.iter().all(|(pointer, value)| body.pointer(pointer) == Some(value))
            && (self.field_beside.is_none() || beside.is_some())
            && (self.schema_has.is_empty() || in_schema.is_some())
            && self.roles.is_none_or(|roles| roles.are_in(call))
            && self.tokens_over.is_none_or(|window| prompt + answer > window)
            && self.prompt_over.is_none_or(|window| prompt > window)
            && self
                .text_lacks
                .as_ref()
                .is_none_or(|word| !call.messages.iter().any(|said| said.text.to_lowercase().contains(word)))
            && self.header_missing.as_ref().is_none_or(|name| !header(name))
            && self
                .query_missing
                .as_ref()
                .is_none_or(|name| !query.split('&').any(|pair| pair.split('=').next() == Some(name)))
            && self.model_beside.as_ref().is_none_or(|models| !models.contains(&call.model))
    }
}

impl Roles {
    fn are_in(self, call: &ModelCall) -> bool {
        let mut roles = call.messages.iter().map(|message| message.role);
        match self {
            Self::System => roles.any(|role| role == Role::System),
            Self::SystemNotFirst => roles.skip(1).any(|role| role == Role::System),
            Self::EndsWithAssistant => roles.next_back() == Some(Role::Assistant),
            Self::NotAlternating => {
                let spoken = roles.enumerate().filter(|(index, role)| *index > 0 || *role != Role::System);
                let expected = [Role::User, Role::Assistant].into_iter().cycle();
                spoken.map(|(_, role)| role).zip(expected).any(|(role, expected)| role != expected)
            }
        }
    }
}

/// Whether a keyword is anywhere in a schema. The name of a property is no keyword.
fn has_key(schema: &Value, key: &str) -> bool {
    match schema {
        Value::Object(members) => members.iter().any(|(name, value)| {
            name == key
                || match value {
                    Value::Object(properties) if name == "properties" => {
                        properties.values().any(|one| has_key(one, key))
                    }
                    _ => has_key(value, key),
                }
        }),
        Value::Array(items) => items.iter().any(|item| has_key(item, key)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;
    use bytes::Bytes;
    use serde_json::json;

    use super::*;
    use crate::{call::Api, wire};

    fn holds(when: Value, request: &Value) -> Option<Captured> {
        let when: When = serde_json::from_value(when).unwrap();
        let bytes = Bytes::from(request.to_string());
        let call = wire::parse(Api::ChatCompletions, "", HeaderMap::new(), bytes).unwrap();
        let mut names = Captured::new();
        when.holds(&Seen { call: &call, body: request, query: "a=1" }, &mut names).then_some(names)
    }

    fn said(roles: &[&str]) -> Value {
        let messages: Vec<Value> = roles.iter().map(|role| json!({ "role": role, "content": "four" })).collect();
        json!({ "model": "m", "messages": messages, "max_tokens": 10, "stop": null })
    }

    #[test]
    fn rules_of_chat_templates_are_minded() {
        for (rule, broken, kept) in [
            ("system_not_first", ["system", "system", "user"], ["system", "user", "assistant"]),
            ("not_alternating", ["system", "assistant", "user"], ["system", "user", "assistant"]),
            ("not_alternating", ["user", "user", "assistant"], ["user", "assistant", "user"]),
            ("ends_with_assistant", ["system", "user", "assistant"], ["user", "assistant", "user"]),
        ] {
            assert!(holds(json!({ "roles": rule }), &said(&broken)).is_some(), "{rule}");
            assert!(holds(json!({ "roles": rule }), &said(&kept)).is_none(), "{rule}");
        }
    }

    #[test]
    fn what_is_refused_is_named() {
        let request = said(&["user", "assistant"]);
        let names = holds(json!({ "tokens_over": 11 }), &request).unwrap();
        assert_eq!((names["prompt"].as_str(), names["asked"].as_str()), ("2", "12"));
        assert!(holds(json!({ "tokens_over": 12 }), &request).is_none());
        assert_eq!(holds(json!({ "field_beside": ["model", "messages"] }), &request).unwrap()["field"], "max_tokens");
        assert!(holds(json!({ "has": ["/stop"] }), &request).is_none(), "null is nothing");
        assert!(holds(json!({ "query_missing": "a" }), &request).is_none());
        assert!(holds(json!({ "header_missing": "authorization", "text_lacks": "json" }), &request).is_some());
    }

    #[test]
    fn a_keyword_of_a_schema_is_distinguished_from_a_property() {
        let schema = json!({ "type": "object", "properties": { "maxItems": { "type": "string" } } });
        assert!(!has_key(&schema, "maxItems"));
        assert!(has_key(&json!({ "properties": { "a": { "type": "array", "maxItems": 3 } } }), "maxItems"));
    }
}
