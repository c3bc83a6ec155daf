//! The configuration that a service's processes get: the profile's own, and over it what is asked for.

use std::path::Path;

use harness_case::profile::{Profile, Vars, fill, fill_texts};
use serde_json::{Map, Value, json};

use crate::model::{Model, Wire};
use crate::services::Services;

/// What a service gets to know of its surroundings.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    /// Where Redis and the model are.
    pub services: &'a Services,
    /// Where Redis is, if the way to it leads through the harness.
    pub redis_url: Option<&'a str>,
    /// The model, and the wire format in which it is spoken to.
    pub model: &'a Model,
    /// See `model`.
    pub wire: Wire,
    /// What the engine serves.
    pub content: &'a Path,
    /// For stores and logs.
    pub dir: &'a Path,
    /// Of everything that is kept in Redis.
    pub prefix: &'a str,
}

impl Surroundings<'_> {
    /// The values of the placeholders of a profile.
    #[must_use]
    pub fn vars(&self) -> Vars {
        let redis = self.redis_url.or(self.services.redis_url.as_deref());
        let vars = [
            ("content", json!(self.content)),
            ("dir", json!(self.dir)),
            ("adapter", json!(self.wire.adapter())),
            ("model", json!(self.model.base_url(self.wire))),
            ("redis", json!(redis)),
            // Without a Redis nothing is kept under it.
            ("prefix", redis.map_or(Value::Null, |_| json!(self.prefix))),
        ];
        vars.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// What a case lays over it: another provider of it needs to know where the model is.
    fn filled(&self, over: &Map<String, Value>) -> Map<String, Value> {
        let mut vars = self.vars();
        vars.retain(|name, _| matches!(name.as_str(), "model" | "adapter"));
        over.iter().map(|(key, value)| (key.clone(), fill_texts(value, &vars))).collect()
    }

    /// The configuration of processes that share a store; null if the profile has none.
    #[must_use]
    pub fn config(&self, profile: &Profile, over: &Map<String, Value>) -> Value {
        let Some(file) = &profile.config else { return Value::Null };
        let mut config = fill(&file.content, &self.vars()).unwrap_or_default();
        lay_over(&mut config, &self.filled(over));
        if let Value::Object(members) = &mut config {
            // A setting that is laid over with null is not set.
            members.retain(|_, value| !value.is_null());
        }
        config
    }
}

/// The configuration of engine processes that share a store: it is kept in `dir`, or in Redis under `prefix`.
pub fn engine_config(
    services: &Services,
    model: &Model,
    content: &Path,
    dir: &Path,
    prefix: &str,
    over: &Map<String, Value>,
) -> Value {
    let around = Surroundings { services, redis_url: None, model, wire: Wire::default(), content, dir, prefix };
    around.config(&Profile::story_engine(), over)
}

/// An object laid over another.
pub(crate) fn overlaid(base: &Map<String, Value>, over: Value) -> Map<String, Value> {
    let mut base = Value::Object(base.clone());
    if let Value::Object(over) = over {
        lay_over(&mut base, &over);
    }
    if let Value::Object(base) = base { base } else { Map::new() }
}

/// Lays an object over another: objects are merged, everything else is replaced.
fn lay_over(base: &mut Value, over: &Map<String, Value>) {
    if !base.is_object() {
        *base = json!({});
    }
    for (key, value) in over {
        match value {
            Value::Object(members) => lay_over(&mut base[key.as_str()], members),
            other => base[key.as_str()] = other.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_case_says_is_merged_into_what_the_harness_says() {
        let mut base = json!({"a": {"b": 1, "c": 2}, "d": 3});
        lay_over(&mut base, json!({"a": {"c": 4}, "d": {"e": 5}, "f": [6]}).as_object().unwrap());
        assert_eq!(base, json!({"a": {"b": 1, "c": 4}, "d": {"e": 5}, "f": [6]}));
    }
}
