//! What a server says of its models: which it offers, and how many tokens they take.

use std::time::Duration;

use serde_json::{Value, json};

use super::provider::Provider;
use super::role::Role;
use super::{ModelError, Reason};
use crate::config::Format;
use crate::visible;

/// How long a server may take to describe itself.
pub(super) const TIMEOUT: Duration = Duration::from_secs(10);

/// A model that a server offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// What it is called by.
    pub name: String,
    /// How many tokens it takes, where the server says it.
    pub context_tokens: Option<u32>,
}

/// The names under which servers say how many tokens a model takes. What is loaded counts more than what would be possible.
const WINDOWS: [&str; 8] = [
    "loaded_context_length",
    "max_model_len",
    "context_length",
    "context_window",
    "max_context_length",
    "inputTokenLimit",
    "n_ctx",
    "max_input_tokens",
];

impl Provider {
    /// The models that the server offers.
    pub async fn offered(&self) -> Result<Vec<Offered>, ModelError> {
        let path = if self.format == Format::OllamaChat { "/api/tags" } else { "/models" };
        let body = self.caller.ask(self.endpoint.at(path), None, TIMEOUT).await?;
        let list: Value = serde_json::from_slice(&body).map_err(|error| {
            ModelError::new(Reason::Unreadable, format!("the list of models cannot be read: {error}"))
        })?;
        let entries = ["data", "models"].iter().find_map(|key| list.get(*key)).unwrap_or(&list);
        let entries = entries.as_array().map(Vec::as_slice).unwrap_or_default();
        Ok(entries.iter().filter_map(offered).collect())
    }

    /// Finds out how many tokens the models take, where that is not configured and the server says it.
    pub(super) async fn discover(&self) {
        if !self.asks_for_window {
            return;
        }
        for role in [&self.narrator, &self.backend] {
            if let Some(tokens) = self.window_of(role).await {
                match self.format {
                    Format::OllamaChat => role.window.at_most(tokens),
                    _ => role.window.found(tokens),
                }
                tracing::debug!(
                    provider = self.info.name,
                    model = role.model,
                    tokens,
                    "the server says how much it takes"
                );
            }
        }
    }

    async fn window_of(&self, role: &Role) -> Option<u32> {
        let ask = async |url, body| {
            let body = self.caller.ask(url, body, TIMEOUT).await.ok()?;
            serde_json::from_slice::<Value>(&body).ok()
        };
        match self.format {
            Format::OllamaChat => {
                let body = serde_json::to_vec(&json!({ "model": role.model })).ok();
                let details = ask(self.endpoint.at("/api/show"), body).await?;
                let info = details.get("model_info")?.as_object()?;
                let length = info.iter().find(|(key, _)| key.ends_with(".context_length"))?.1;
                tokens(length)
            }
            Format::ChatCompletions => {
                // A server of llama.cpp has one window for each of its slots, whatever the model could take.
                if let Some(props) = ask(self.endpoint.on_server("/props"), None).await
                    && let Some(window) = props.pointer("/default_generation_settings/n_ctx").and_then(tokens)
                {
                    return Some(window);
                }
                let offered = self.offered().await.ok()?;
                let named = offered.iter().find(|model| model.name == role.model);
                named.or(offered.first().filter(|_| offered.len() == 1))?.context_tokens
            }
            Format::Messages | Format::GenerateContent => None,
        }
    }
}

fn offered(entry: &Value) -> Option<Offered> {
    let name = ["id", "name", "model"].iter().find_map(|key| entry.get(*key)?.as_str())?;
    let name = name.strip_prefix("models/").unwrap_or(name);
    let context_tokens =
        WINDOWS.iter().find_map(|key| tokens(entry.get(*key).or_else(|| entry.get("meta")?.get(*key))?));
    Some(Offered { name: visible::line(name).into_owned(), context_tokens })
}

fn tokens(value: &Value) -> Option<u32> {
    value.as_u64().and_then(|tokens| u32::try_from(tokens).ok()).filter(|tokens| *tokens > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_found_under_every_name_that_servers_give_it() {
        for (entry, expected) in [
            (json!({ "id": "m", "max_model_len": 4096 }), Some(4096)),
            (json!({ "id": "m", "context_length": 8192, "top_provider": {} }), Some(8192)),
            (json!({ "id": "m", "max_context_length": 32768, "loaded_context_length": 4096 }), Some(4096)),
            (json!({ "id": "m", "meta": { "n_ctx": 2048 } }), Some(2048)),
            (json!({ "name": "models/m", "inputTokenLimit": 1_048_576 }), Some(1_048_576)),
            (json!({ "id": "m", "object": "model" }), None),
        ] {
            assert_eq!(offered(&entry), Some(Offered { name: "m".to_owned(), context_tokens: expected }), "{entry}");
        }
        assert_eq!(offered(&json!({ "object": "model" })), None);
    }
}
