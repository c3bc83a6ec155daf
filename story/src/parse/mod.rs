//! Reading a delta from what a model wrote: inside code fences, amid prose, after a draft, as JSON that no standard allows, cut off before
//! its end, with the odd value of the wrong type. What cannot be understood is left out and reported; what is left out changes nothing.

mod relaxed;
mod salvage;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use thiserror::Error;

use self::salvage::{Salvaged, salvage};
use crate::delta::{Delta, SceneChange};

/// A delta as it was read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parsed {
    /// What the model wants changed. Monsters, following and story events are not in it: a model may not send them.
    pub delta: Delta,
    /// Whether the text broke off and was closed for it: effects may be missing, names may be cut.
    pub repaired: bool,
    /// What was left out: JSON pointer and reason.
    pub ignored: Vec<String>,
}

/// Why a text holds no delta.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DeltaParseError {
    /// Nothing but white space.
    #[error("the model's answer is empty")]
    Empty,
    /// Not a `{` in it.
    #[error("the model's answer holds no JSON object")]
    NoObject,
    /// Objects, but none that can be read, even by closing what was cut off.
    #[error("the model's answer is not JSON: {0}")]
    Malformed(String),
    /// An object, but without a single field of a delta.
    #[error("the model's answer is not a delta; it has the fields {}", .0.join(", "))]
    NotADelta(Vec<String>),
}

/// The fields that a model may send.
const FIELDS: [&str; 8] =
    ["user_location", "scene_change", "item_events", "attacks", "npc_events", "set_vars", "add_vars", "game_ended"];

/// Reads a delta. `set_vars` may be an object or the list of `{name, value}` that the schema asks for; nulls are absent values.
pub fn parse_delta(text: &str) -> Result<Parsed, DeltaParseError> {
    if text.trim().is_empty() {
        return Err(DeltaParseError::Empty);
    }
    let Salvaged { object, repaired } = salvage(text, |object| FIELDS.iter().any(|field| object.contains_key(*field)))?;
    let mut reader = Reader { fields: without_null_words(without_nulls(object)), ignored: Vec::new() };
    let delta = reader.delta();
    Ok(Parsed { delta, repaired, ignored: reader.ignored })
}

/// Takes a delta out of an object field by field, so that one bad value costs only itself.
struct Reader {
    fields: Map<String, Value>,
    ignored: Vec<String>,
}

impl Reader {
    fn delta(&mut self) -> Delta {
        let delta = Delta {
            user_location: self.take("user_location"),
            scene_change: self.scene_change(),
            item_events: self.take_list("item_events"),
            attacks: self.take_list("attacks"),
            npc_events: self.take_list("npc_events"),
            set_vars: self.set_vars().into_iter().collect(),
            add_vars: self.take("add_vars").unwrap_or_default(),
            game_ended: self.take("game_ended").unwrap_or_default(),
            ..Delta::default()
        };
        let rest: Vec<_> = self.fields.keys().cloned().collect();
        for field in rest {
            self.ignore(&format!("/{field}"), "a model may not send this");
        }
        self.without_following(delta)
    }

    fn take<T: DeserializeOwned>(&mut self, field: &str) -> Option<T> {
        let value = self.fields.remove(field)?;
        self.read(&format!("/{field}"), value)
    }

    fn take_list<T: DeserializeOwned>(&mut self, field: &str) -> Vec<T> {
        match self.fields.remove(field) {
            None => Vec::new(),
            Some(Value::Array(list)) => {
                let read = list
                    .into_iter()
                    .enumerate()
                    .filter_map(|(index, value)| self.read(&format!("/{field}/{index}"), value));
                read.collect()
            }
            // A single event is sometimes sent without the list round it.
            Some(value) => self.read(&format!("/{field}"), value).into_iter().collect(),
        }
    }

    /// An object, or only the scene's name.
    fn scene_change(&mut self) -> Option<SceneChange> {
        match self.fields.remove("scene_change")? {
            Value::String(to) => Some(SceneChange { to, reason: String::new() }),
            Value::Object(change) if change.is_empty() => None,
            value => self.read("/scene_change", value),
        }
    }

    fn set_vars(&mut self) -> Vec<(String, String)> {
        let pairs: Vec<(String, Value)> = match self.fields.remove("set_vars") {
            None => Vec::new(),
            // One entry of the list, without the list.
            Some(entry @ Value::Object(_)) if is_var_entry(&entry) => self.var_entry(0, &entry).into_iter().collect(),
            Some(Value::Object(vars)) => vars.into_iter().collect(),
            Some(Value::Array(list)) => {
                list.into_iter().enumerate().filter_map(|(index, entry)| self.var_entry(index, &entry)).collect()
            }
            Some(_) => {
                self.ignore("/set_vars", "neither an object nor a list");
                Vec::new()
            }
        };
        pairs.into_iter().filter_map(|(name, value)| Some((name.clone(), self.var_value(&name, value)?))).collect()
    }

    fn var_entry(&mut self, index: usize, entry: &Value) -> Option<(String, Value)> {
        let pair = entry.get("name").and_then(Value::as_str).zip(entry.get("value"));
        if pair.is_none() {
            self.ignore(&format!("/set_vars/{index}"), "not a `name` with a `value`");
        }
        pair.map(|(name, value)| (name.to_owned(), value.clone()))
    }

    /// Variables are text; a number or a boolean is taken as it is written.
    fn var_value(&mut self, name: &str, value: Value) -> Option<String> {
        match value {
            Value::String(text) => Some(text),
            Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => {
                self.ignore(&format!("/set_vars/{name}"), "not a string");
                None
            }
        }
    }

    fn without_following(&mut self, mut delta: Delta) -> Delta {
        for (index, event) in delta.npc_events.iter_mut().enumerate() {
            if event.set_following.take().is_some() {
                self.ignore(&format!("/npc_events/{index}/set_following"), "a model may not send this");
            }
        }
        delta
    }

    fn read<T: DeserializeOwned>(&mut self, pointer: &str, value: Value) -> Option<T> {
        serde_json::from_value(value).inspect_err(|error| self.ignore(pointer, &error.to_string())).ok()
    }

    fn ignore(&mut self, pointer: &str, reason: &str) {
        self.ignored.push(format!("{pointer}: {reason}"));
    }
}

/// `object` without the fields that are null, at every depth.
fn without_nulls(object: Map<String, Value>) -> Map<String, Value> {
    fn clean(value: Value) -> Value {
        match value {
            Value::Object(object) => Value::Object(without_nulls(object)),
            Value::Array(list) => Value::Array(list.into_iter().filter(|value| !value.is_null()).map(clean).collect()),
            plain => plain,
        }
    }
    object.into_iter().filter(|(_, value)| !value.is_null()).map(|(key, value)| (key, clean(value))).collect()
}

/// The same object without names that only say that there is none: no location and no scene is called so.
fn without_null_words(mut object: Map<String, Value>) -> Map<String, Value> {
    object.retain(|field, value| {
        let named = match field.as_str() {
            "user_location" => value.as_str(),
            "scene_change" => value.get("to").unwrap_or(value).as_str(),
            _ => None,
        };
        !named.is_some_and(|name| ["null", "none", ""].iter().any(|word| name.trim().eq_ignore_ascii_case(word)))
    });
    object
}

/// Whether an object is `{"name": …, "value": …}`, and no map of variables.
fn is_var_entry(entry: &Value) -> bool {
    entry.as_object().is_some_and(|fields| fields.len() == 2 && fields.contains_key("value"))
        && entry.get("name").is_some_and(Value::is_string)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::delta::{ItemAction, NpcEvent};

    fn read(text: &str) -> Delta {
        let parsed = parse_delta(text).unwrap();
        assert_eq!((parsed.repaired, parsed.ignored), (false, vec![]), "{text}");
        parsed.delta
    }

    #[test]
    fn an_answer_that_keeps_to_the_schema_is_read_whole() {
        let delta = read(
            r#"{ "user_location": "lamp_room", "scene_change": null, "game_ended": false,
                 "item_events": [{ "item": "oar", "action": "acquire", "from": { "type": "location", "name": null }, "to": null, "consumed": null }],
                 "npc_events": [{ "npc_id": "gull", "set_location": null }],
                 "set_vars": [{ "name": "lamp_lit", "value": "true" }] }"#,
        );
        assert_eq!(delta.user_location.as_deref(), Some("lamp_room"));
        assert_eq!((delta.item_events[0].action, delta.item_events[0].to.as_ref()), (ItemAction::Acquire, None));
        assert_eq!(delta.npc_events, [NpcEvent { npc_id: "gull".into(), ..NpcEvent::default() }]);
        assert_eq!(delta.set_vars, BTreeMap::from([("lamp_lit".into(), "true".into())]));
    }

    #[test]
    fn attacks_are_read_and_half_an_attack_is_none() {
        let text = r#"{"attacks": [{"attacker": "player", "target": "eel", "item": null}, {"attacker": "eel"}]}"#;
        let parsed = parse_delta(text).unwrap();
        assert_eq!(parsed.delta.attacks.len(), 1);
        assert!(parsed.ignored[0].starts_with("/attacks/1: missing field `target`"), "{:?}", parsed.ignored);
        let parsed = parse_delta(r#"{"attacks": [], "set_hp": {"player": 9}}"#).unwrap();
        assert_eq!((parsed.delta.is_empty(), parsed.ignored.len()), (true, 1), "hit points are the rules' business");
    }

    #[test]
    fn fences_and_prose_round_the_object_do_not_matter() {
        for text in [
            "```json\n{\"user_location\": \"jetty\"}\n```",
            "Here you are {as you asked}: {\"user_location\": \"jetty\"} I hope {that} helps.",
            "\u{feff}{\"user_location\": \"attic\"}{\"user_location\": \"jetty\"}",
        ] {
            assert_eq!(read(text).user_location.as_deref(), Some("jetty"), "{text}");
        }
        assert!(read("{}").is_empty());
    }

    #[test]
    fn json_as_models_write_it_is_read() {
        let delta = r#"{"user_location":null,"scene_change":null,"item_events":[],"npc_events":[],"set_vars":[{"name":"lit","value":"yes"}],"game_ended":false}"#;
        let expected = read(delta);
        for text in [
            delta.replace("false}", "false,}"),
            delta.replace("\"item_events\"", "// nothing was taken\n\"item_events\""),
            delta.replace('"', "'"),
            delta.replace('"', "'").replace("null", "None").replace("false", "False"),
            delta.replace("\"name\"", "“name”").replace("\"yes\"", "“yes”"),
            serde_json::to_string(delta).unwrap(),
            format!("```json\n{}\n```", serde_json::to_string(delta).unwrap()),
            format!(r#"{{"name":"delta","arguments":{delta}}}"#),
            serde_json::json!({ "function": { "name": "delta", "arguments": delta } }).to_string(),
            format!("[{delta}]"),
            format!(r#"{{"type":"object","properties":{delta}}}"#),
            delta.replace("\"user_location\":null", "\"user_location\":\"None\""),
            delta.replace("\"scene_change\":null", "\"scene_change\":{\"to\":\"null\",\"reason\":\"\"}"),
            format!("<think>{{\"user_location\":\"attic\"}}? No.</think>{delta}"),
            format!("{{}} {delta} {{\"mood\": 1}}"),
        ] {
            assert_eq!(read(&text), expected, "{text}");
        }
        assert_eq!(read("{\"user_location\": \"lamp\nroom\"}").user_location.as_deref(), Some("lamp\nroom"));
    }

    #[test]
    fn variables_come_as_a_map_or_a_list_and_plain_values_become_text() {
        let expected = BTreeMap::from([("lit".into(), "true".into()), ("oil".into(), "2".into())]);
        assert_eq!(read(r#"{"set_vars": {"lit": true, "oil": 2}}"#).set_vars, expected);
        let one = BTreeMap::from([("lit".into(), "true".into())]);
        assert_eq!(read(r#"{"set_vars": {"name":"lit","value":true}}"#).set_vars, one);
        assert_eq!(
            read(r#"{"set_vars": [{"name":"lit","value":"true"},{"name":"oil","value":2}]}"#).set_vars,
            expected
        );
    }

    #[test]
    fn a_scene_may_be_named_without_ceremony() {
        assert_eq!(read(r#"{"scene_change": "rescue"}"#).scene_change.unwrap().to, "rescue");
        assert_eq!(
            read(r#"{"scene_change": {"to": "rescue", "reason": "light"}}"#).scene_change.unwrap().reason,
            "light"
        );
        assert_eq!(read(r#"{"scene_change": {}}"#).scene_change, None);
    }

    #[test]
    fn one_bad_value_costs_only_itself() {
        let parsed = parse_delta(
            r#"{"item_events": [{"item":"oar","action":"fling"}, {"item":"net","action":"drop"}], "user_location": ["x"], "set_vars": {"a": {}}}"#,
        )
        .unwrap();
        assert_eq!(parsed.delta.item_events.len(), 1);
        assert_eq!(parsed.ignored.len(), 3, "{:?}", parsed.ignored);
        assert!(parsed.ignored.iter().any(|line| line.starts_with("/item_events/0: unknown variant `fling`")));
    }

    #[test]
    fn what_belongs_to_conditionals_is_left_out() {
        let parsed = parse_delta(
            r#"{"prompt":"Boo","monster_events":[{"action":"spawn","instance_id":"x","template":"../../etc"}],
                "npc_events":[{"npc_id":"gull","set_following":"pc"}]}"#,
        )
        .unwrap();
        assert_eq!(parsed.delta.npc_events, [NpcEvent { npc_id: "gull".into(), ..NpcEvent::default() }]);
        assert!(parsed.delta.monster_events.is_empty() && parsed.delta.prompt.is_none());
        assert_eq!(parsed.ignored.len(), 3);
    }

    #[test]
    fn a_cut_answer_is_read_and_reported_as_repaired() {
        let parsed =
            parse_delta("```json\n{\"user_location\": \"lamp_room\", \"item_events\": [{\"item\": \"oar\", \"act")
                .unwrap();
        assert!(parsed.repaired);
        assert_eq!(parsed.delta.user_location.as_deref(), Some("lamp_room"));
        assert!(parsed.delta.item_events.is_empty(), "half an event is no event");
    }

    #[test]
    fn what_is_no_delta_is_an_error() {
        assert_eq!(parse_delta(" \n"), Err(DeltaParseError::Empty));
        assert_eq!(parse_delta("I cannot do that."), Err(DeltaParseError::NoObject));
        assert!(matches!(parse_delta("{what? no: json}"), Err(DeltaParseError::Malformed(_))));
        assert_eq!(parse_delta(r#"{"answer": 42}"#), Err(DeltaParseError::NotADelta(vec!["answer".into()])));
        let schema =
            r#"{"type":"object","properties":{"user_location":{"type":"string"},"game_ended":{"type":"boolean"}}}"#;
        assert!(matches!(parse_delta(schema), Err(DeltaParseError::NotADelta(_))), "a schema is no answer");
        // An event inside something unreadable must not be taken for the whole.
        assert!(parse_delta(r#"{oops "item_events": [{"item": "oar", "action": "drop"}]}"#).is_err());
    }
}
