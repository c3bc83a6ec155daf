//! `[providers.NAME]`: a language model and how it is reached.

use serde::{Deserialize, Serialize};

/// A named language model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderConfig {
    /// The wire format that it speaks.
    pub adapter: Adapter,
    /// The model that narrates.
    pub model: String,
    /// The model that extracts deltas; the narrating one when not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backend_model: Option<String>,
    /// What players see; the provider's name when not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Where it is served, when not at the vendor's own address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// The environment variable that holds its key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key_env: Option<String>,
    /// The most tokens of a narration.
    #[serde(default = "defaults::max_tokens")]
    pub max_tokens: u32,
    /// The most tokens of a delta.
    #[serde(default = "defaults::backend_max_tokens")]
    pub backend_max_tokens: u32,
    /// Whether the game's temperature is sent; some models refuse it.
    #[serde(default = "defaults::yes")]
    pub send_temperature: bool,
    /// Whether narrations stream. Some gateways cannot: then a narration is shown when it is whole, and must come within
    /// the time for a whole call.
    #[serde(default = "defaults::yes")]
    pub stream: bool,
    /// How long the first token may take.
    #[serde(default = "defaults::first_token")]
    pub first_token_timeout_seconds: f64,
    /// How long a token may take after the one before it.
    #[serde(default = "defaults::between_tokens")]
    pub between_tokens_timeout_seconds: f64,
    /// How long a whole call may take.
    #[serde(default = "defaults::call")]
    pub call_timeout_seconds: f64,
}

mod defaults {
    pub(super) fn max_tokens() -> u32 {
        1024
    }
    pub(super) fn backend_max_tokens() -> u32 {
        2048
    }
    pub(super) fn yes() -> bool {
        true
    }
    pub(super) fn first_token() -> f64 {
        30.0
    }
    pub(super) fn between_tokens() -> f64 {
        20.0
    }
    pub(super) fn call() -> f64 {
        180.0
    }
}

/// Wire formats. Servers that are compatible with one of them are reached by its name and their `base_url`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Adapter {
    /// `OpenAI` chat completions, and the many servers that speak them.
    OpenAi,
    /// Anthropic messages.
    Anthropic,
    /// Ollama chat.
    Ollama,
    /// Google Gemini.
    Gemini,
    /// Groq.
    Groq,
    /// `DeepSeek`.
    DeepSeek,
    /// xAI.
    Xai,
    /// Mistral.
    Mistral,
    /// Together.
    Together,
    /// Fireworks.
    Fireworks,
}

impl ProviderConfig {
    /// A provider with the defaults for everything that is not named.
    #[must_use]
    pub fn new(adapter: Adapter, model: &str) -> Self {
        Self {
            adapter,
            model: model.to_owned(),
            backend_model: None,
            display_name: None,
            base_url: None,
            api_key_env: None,
            max_tokens: defaults::max_tokens(),
            backend_max_tokens: defaults::backend_max_tokens(),
            send_temperature: true,
            stream: true,
            first_token_timeout_seconds: defaults::first_token(),
            between_tokens_timeout_seconds: defaults::between_tokens(),
            call_timeout_seconds: defaults::call(),
        }
    }

    /// The key and what is wrong with its value.
    pub(super) fn check(&self) -> Result<(), (&'static str, String)> {
        if self.model.trim().is_empty() {
            return Err(("model", "it is empty: name the model that narrates".to_owned()));
        }
        if let Some(url) = &self.base_url
            && !(url.starts_with("http://") || url.starts_with("https://"))
        {
            return Err(("base_url", format!("`{url}` begins with neither http:// nor https://")));
        }
        if let Some(name) = &self.api_key_env
            && std::env::var_os(name).is_none()
        {
            return Err(("api_key_env", format!("the environment variable `{name}` is not set")));
        }
        for (key, seconds) in [
            ("first_token_timeout_seconds", self.first_token_timeout_seconds),
            ("between_tokens_timeout_seconds", self.between_tokens_timeout_seconds),
            ("call_timeout_seconds", self.call_timeout_seconds),
        ] {
            if !(0.001..=86_400.0).contains(&seconds) {
                return Err((key, format!("`{seconds}` is not a number of seconds from 0.001 to 86400")));
            }
        }
        Ok(())
    }
}
