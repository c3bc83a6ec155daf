//! The fields of a body that are the same in every turn: rendered once, and written as they are.

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};

/// What the configuration sends along with every call for one purpose.
#[derive(Debug, Default)]
pub(in crate::llm) struct Fixed {
    /// Fields of the body.
    top: Vec<(String, Box<RawValue>)>,
    /// Fields of the object in which a format keeps its sampling.
    options: Vec<(String, Box<RawValue>)>,
    /// What `extra_body` lays over fields that change from call to call.
    over: Map<String, Value>,
}

/// Fields before they are rendered.
#[derive(Debug, Default)]
pub(super) struct Fields {
    pub(super) top: Map<String, Value>,
    pub(super) options: Map<String, Value>,
    /// The names of fields that change from call to call.
    pub(super) varying: &'static [&'static str],
}

/// Adds a field if it is set.
pub(super) fn put(fields: &mut Map<String, Value>, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        fields.insert(name.to_owned(), value.into());
    }
}

impl Fixed {
    /// Renders the fields, with `extra_body` laid over them.
    pub(super) fn new(fields: Fields, extra_body: &Map<String, Value>) -> Self {
        let Fields { mut top, options, varying } = fields;
        let mut over = extra_body.clone();
        over.retain(|key, value| {
            let varies = varying.contains(&key.as_str());
            if !varies {
                overlay(top.entry(key.clone()).or_insert(Value::Null), value.take());
            }
            varies
        });
        Self { top: render(top), options: render(options), over }
    }

    /// The names of all fields.
    pub(in crate::llm) fn names(&self) -> impl Iterator<Item = &str> {
        self.top.iter().chain(&self.options).map(|(name, _)| name.as_str())
    }

    /// The fields of the body, without those that the server refuses.
    pub(super) fn top<'a>(&'a self, dropped: &'a [String]) -> Written<'a> {
        Written { fields: &self.top, dropped }
    }

    /// The fields of its options.
    pub(super) fn options<'a>(&'a self, dropped: &'a [String]) -> Written<'a> {
        Written { fields: &self.options, dropped }
    }

    /// The bytes of a body, with what is laid over it.
    pub(super) fn lay_over(&self, body: &impl Serialize) -> serde_json::Result<Vec<u8>> {
        if self.over.is_empty() {
            return serde_json::to_vec(body);
        }
        let mut body = serde_json::to_value(body)?;
        overlay(&mut body, Value::Object(self.over.clone()));
        serde_json::to_vec(&body)
    }
}

fn render(fields: Map<String, Value>) -> Vec<(String, Box<RawValue>)> {
    let set = fields.into_iter().filter(|(_, value)| !value.is_null());
    // A value is always JSON.
    set.filter_map(|(name, value)| Some((name, to_raw_value(&value).ok()?))).collect()
}

/// Lays a value over another, level by level; null takes out what is there.
fn overlay(under: &mut Value, over: Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (key, value) in over {
                if value.is_null() {
                    under.remove(&key);
                } else {
                    overlay(under.entry(key).or_insert(Value::Null), value);
                }
            }
        }
        (under, over) => *under = over,
    }
}

/// Fields to be flattened into a body.
#[derive(Debug, Clone, Copy)]
pub(super) struct Written<'a> {
    fields: &'a [(String, Box<RawValue>)],
    dropped: &'a [String],
}

impl Written<'_> {
    pub(super) fn is_empty(&self) -> bool {
        self.fields.iter().all(|(name, _)| self.dropped.contains(name))
    }
}

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in self.fields.iter().filter(|(name, _)| !self.dropped.contains(name)) {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}
