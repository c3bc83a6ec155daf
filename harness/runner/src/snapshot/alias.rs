//! The one redactor: what differs from run to run becomes a name for what it is.
//!
//! Ids become names in the order in which they appear (`[request#1]`), not one blank for all: two that are swapped must
//! show. Times, durations and places in the event log become blanks.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Names for the ids of a case, given in the order in which they are met.
#[derive(Debug, Default)]
pub struct Aliases {
    names: BTreeMap<String, String>,
    counts: BTreeMap<&'static str, usize>,
}

/// Keys whose values are ids, with what they are ids of.
const IDS: &[(&str, &str)] =
    &[("request_id", "request"), ("caused_by", "request"), ("game_id", "game"), ("game_state_id", "game")];

/// Keys whose values differ from run to run, with what is written in their place.
/// Tokens too: they change with every word of a prompt, which has a snapshot of its own.
const BLANKS: &[(&str, &str)] = &[
    ("duration_ms", "[ms]"),
    ("seed", "[seed]"),
    ("cursor", "[cursor]"),
    ("prompt_tokens", "[tokens]"),
    ("completion_tokens", "[tokens]"),
];

impl Aliases {
    /// Gives an id a name before it is met.
    pub fn name(&mut self, id: &str, kind: &'static str) -> String {
        if let Some(name) = self.names.get(id) {
            return name.clone();
        }
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        let name = format!("[{kind}#{count}]");
        self.names.insert(id.to_owned(), name.clone());
        name
    }

    /// A document without what differs from run to run, its keys in the order of the alphabet.
    pub(crate) fn redact(&mut self, value: &Value) -> Value {
        match value {
            Value::Object(members) => {
                let mut keys: Vec<&String> = members.keys().collect();
                keys.sort();
                Value::Object(
                    keys.into_iter().map(|key| (key.clone(), self.member(key, &members[key]))).collect::<Map<_, _>>(),
                )
            }
            Value::Array(items) => items.iter().map(|item| self.redact(item)).collect(),
            Value::String(text) => Value::String(self.text(text)),
            other => other.clone(),
        }
    }

    fn member(&mut self, key: &str, value: &Value) -> Value {
        if value.is_null() {
            return Value::Null;
        }
        if let (Some((_, kind)), Some(id)) = (IDS.iter().find(|(name, _)| *name == key), value.as_str()) {
            return self.name(id, kind).into();
        }
        if let Some((_, blank)) = BLANKS.iter().find(|(name, _)| *name == key) {
            return (*blank).into();
        }
        if key.ends_with("_at") || key == "not_before" {
            return "[time]".into();
        }
        self.redact(value)
    }

    /// A text in which known ids have become their names.
    pub(super) fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (id, name) in &self.names {
            if text.contains(id.as_str()) {
                text = text.replace(id.as_str(), name);
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ids_are_named_in_the_order_in_which_they_are_met() {
        let mut aliases = Aliases::default();
        let met = aliases.redact(&json!([
            {"request_id": "b", "game_id": "g"}, {"request_id": "a", "caused_by": "b"}, {"request_id": "b"}, {"request_id": null}
        ]));
        assert_eq!(
            met,
            json!([
                {"game_id": "[game#1]", "request_id": "[request#1]"},
                {"caused_by": "[request#1]", "request_id": "[request#2]"},
                {"request_id": "[request#1]"}, {"request_id": null}
            ])
        );
    }

    #[test]
    fn times_and_durations_are_blanks_and_null_stays_null() {
        let redacted = Aliases::default()
            .redact(&json!({"duration_ms": 3, "enqueued_at": "2026", "not_before": null, "cursor": "1:2", "turn": 4}));
        assert_eq!(
            redacted.to_string(),
            r#"{"cursor":"[cursor]","duration_ms":"[ms]","enqueued_at":"[time]","not_before":null,"turn":4}"#
        );
    }

    #[test]
    fn a_known_id_inside_a_text_is_named_too() {
        let mut aliases = Aliases::default();
        aliases.name("0190-77", "request");
        assert_eq!(aliases.redact(&json!("/v1/requests/0190-77")), json!("/v1/requests/[request#1]"));
    }
}
