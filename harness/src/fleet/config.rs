//! The configuration that an engine gets: the harness's own, and over it what is asked for.

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::model::Model;
use crate::services::Services;

/// The provider's name, and that of its model.
const PROVIDER: &str = "mock";
const MODEL: &str = "mock-model";

/// The configuration of engine processes that share a store: it is kept in `dir`, or in Redis under `prefix`.
pub(crate) fn engine_config(
    services: &Services,
    model: &Model,
    content: &Path,
    dir: &Path,
    prefix: &str,
    over: &Map<String, Value>,
) -> Value {
    let mut config = json!({
        "content": content,
        "data_dir": dir.join("data"),
        "default_provider": PROVIDER,
        "providers": { PROVIDER: { "adapter": "openai", "model": MODEL, "base_url": model.openai_url() } },
    });
    if let Some(url) = &services.redis_url {
        config["redis"] = json!({ "url": url, "prefix": prefix });
    }
    lay_over(&mut config, over);
    config
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
