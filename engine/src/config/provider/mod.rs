//! `[providers.NAME]`: a language model, how it is reached, and what is sent along.

mod adapter;
pub(super) mod credentials;
mod endpoint;
mod price;
mod sampling;

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use self::adapter::{Adapter, Format};
pub use self::endpoint::Endpoint;
pub use self::price::Price;

/// A named language model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProviderConfig {
    /// Who serves it, and so the wire format.
    pub adapter: Adapter,
    /// The model that narrates. It is sent as it is written.
    pub model: String,
    /// The model that extracts deltas; the narrating one when not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backend_model: Option<String>,
    /// The provider that extracts deltas, by its own `backend_model` and settings; this one when not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backend_provider: Option<String>,
    /// The providers that take its games while it is paused, the preferred one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fallback: Vec<String>,
    /// How many attempts may use it at the same time, over all workers. No limit when not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_concurrent: Option<u32>,
    /// What a million tokens of `model` cost; without it, no cost is counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    /// The same of `backend_model`, if it is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backend_price: Option<Price>,
    /// What players see; the provider's name when not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Where it is served, when not at the vendor's own address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// Query parameters of every call.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub query: BTreeMap<String, String>,
    /// The environment variable that holds its key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key_env: Option<String>,
    /// Headers of every call; a value can be taken from an environment variable by `$NAME`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub extra_headers: BTreeMap<String, String>,
    /// What is laid over the body of every call, level by level; null takes a field out.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub extra_body: Map<String, Value>,
    /// The most tokens of a narration.
    #[serde(default = "defaults::max_tokens")]
    pub max_tokens: u32,
    /// The most tokens of a delta.
    #[serde(default = "defaults::backend_max_tokens")]
    pub backend_max_tokens: u32,
    /// How many tokens prompt and answer may have together; found out where the server says it. Ollama gets it as `num_ctx`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_tokens: Option<u32>,
    /// How many tokens a prompt and its answer may have as long as nobody knows: not `context_tokens`, not what the server says of its
    /// model, and not a prompt that it has refused as too long.
    #[serde(default = "defaults::assumed_context_tokens")]
    pub assumed_context_tokens: u32,
    /// Whether the game's temperature is sent; some models refuse it.
    #[serde(default = "defaults::yes")]
    pub send_temperature: bool,
    /// Sampling: the share of probability that is drawn from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// Sampling: how many tokens are drawn from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_k: Option<u32>,
    /// Sampling: how probable a token must be, compared to the most probable one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_p: Option<f64>,
    /// Texts at which a narration ends.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
    /// Makes a server that can do so answer the same again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
    /// How much a token is held back for having occurred.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presence_penalty: Option<f64>,
    /// How much a token is held back for each time that it has occurred.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frequency_penalty: Option<f64>,
    /// The same as a factor, for local servers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat_penalty: Option<f64>,
    /// How much a model that thinks may think, in the vendor's word: `minimal`, `low`, `medium`, `high`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_effort: Option<String>,
    /// Whether a model that can do both thinks before it answers. The vendor's default when not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thinking: Option<bool>,
    /// How long Ollama keeps the model in memory: `10m`, `-1` without end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_alive: Option<String>,
    /// How a delta is asked for.
    #[serde(default)]
    pub structured: Structured,
    /// Whether narrations stream. Some gateways cannot: then a narration is shown when it is whole, and must come within
    /// the time for a whole call.
    #[serde(default = "defaults::yes")]
    pub stream: bool,
    /// How long what was learned from refusals is believed: which fields, limits and forms of an answer the server takes. Then one call
    /// finds out whether it still refuses them.
    #[serde(default = "defaults::relearn_after")]
    pub relearn_after_seconds: f64,
    /// How long the server may say nothing before the first token; longer by default for a server that loads its model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_token_timeout_seconds: Option<f64>,
    /// How long the server may say nothing after that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub between_tokens_timeout_seconds: Option<f64>,
    /// How long a whole call may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_timeout_seconds: Option<f64>,
}

/// How a delta is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Structured {
    /// By schema; where the server refuses that, as JSON; where it refuses that too, by the prompt alone.
    #[default]
    Auto,
    /// By schema.
    Schema,
    /// As JSON of any form.
    Json,
    /// By the prompt alone.
    None,
}

/// How long parts of a call may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Without a byte from the server, before the first token.
    pub first_token: Duration,
    /// Without a byte from the server, after it.
    pub between_tokens: Duration,
    /// A whole call.
    pub call: Duration,
}

mod defaults {
    pub(super) fn max_tokens() -> u32 {
        1024
    }
    pub(super) fn backend_max_tokens() -> u32 {
        2048
    }
    /// Models that take less say so, or refuse; for those that take more, this is more story than a prompt needs.
    pub(super) fn assumed_context_tokens() -> u32 {
        65_536
    }
    pub(super) fn relearn_after() -> f64 {
        3600.0
    }
    pub(super) fn yes() -> bool {
        true
    }
    /// A vendor's model is there already. A local server loads it, and reads the prompt slowly.
    pub(super) fn first_token(local: bool) -> f64 {
        if local { 300.0 } else { 60.0 }
    }
    pub(super) fn between_tokens(local: bool) -> f64 {
        if local { 60.0 } else { 20.0 }
    }
    pub(super) fn call(local: bool) -> f64 {
        if local { 900.0 } else { 300.0 }
    }
}

/// A model that takes less than this has no room for where the player is.
const SMALLEST_CONTEXT: u32 = 512;

/// A key whose value makes no sense, and why.
pub(super) type Wrong = (&'static str, String);

impl ProviderConfig {
    /// A provider with the defaults for everything that is not named.
    #[must_use]
    pub fn new(adapter: Adapter, model: &str) -> Self {
        Self {
            adapter,
            model: model.to_owned(),
            backend_model: None,
            backend_provider: None,
            fallback: Vec::new(),
            max_concurrent: None,
            price: None,
            backend_price: None,
            display_name: None,
            base_url: None,
            query: BTreeMap::new(),
            api_key_env: None,
            extra_headers: BTreeMap::new(),
            extra_body: Map::new(),
            max_tokens: defaults::max_tokens(),
            backend_max_tokens: defaults::backend_max_tokens(),
            context_tokens: None,
            assumed_context_tokens: defaults::assumed_context_tokens(),
            send_temperature: true,
            top_p: None,
            top_k: None,
            min_p: None,
            stop: Vec::new(),
            seed: None,
            presence_penalty: None,
            frequency_penalty: None,
            repeat_penalty: None,
            reasoning_effort: None,
            thinking: None,
            keep_alive: None,
            structured: Structured::Auto,
            stream: true,
            relearn_after_seconds: defaults::relearn_after(),
            first_token_timeout_seconds: None,
            between_tokens_timeout_seconds: None,
            call_timeout_seconds: None,
        }
    }

    /// A provider in which every key is set: it shows which there are, and of which kind their values are.
    pub(super) fn example() -> Self {
        let any = || BTreeMap::from([("*".to_owned(), String::new())]);
        Self {
            backend_model: Some(String::new()),
            backend_provider: Some(String::new()),
            fallback: vec![String::new()],
            max_concurrent: Some(0),
            price: Some(Price { prompt: 0.0, cached: Some(0.0), completion: 0.0 }),
            backend_price: Some(Price { prompt: 0.0, cached: Some(0.0), completion: 0.0 }),
            display_name: Some(String::new()),
            base_url: Some(String::new()),
            query: any(),
            api_key_env: Some(String::new()),
            extra_headers: any(),
            extra_body: Map::from_iter([("*".to_owned(), Value::Null)]),
            context_tokens: Some(0),
            top_p: Some(0.0),
            top_k: Some(0),
            min_p: Some(0.0),
            stop: vec![String::new()],
            seed: Some(0),
            presence_penalty: Some(0.0),
            frequency_penalty: Some(0.0),
            repeat_penalty: Some(0.0),
            reasoning_effort: Some(String::new()),
            thinking: Some(true),
            keep_alive: Some(String::new()),
            first_token_timeout_seconds: Some(0.0),
            between_tokens_timeout_seconds: Some(0.0),
            call_timeout_seconds: Some(0.0),
            ..Self::new(Adapter::OpenAi, "")
        }
    }

    /// Where the calls go.
    pub fn endpoint(&self) -> Result<Endpoint, String> {
        let base_url = self.base_url.as_deref().unwrap_or_else(|| self.adapter.base_url());
        Ok(Endpoint::parse(self.adapter.format(), base_url)?.with_query(&self.query))
    }

    /// How long parts of a call may take.
    #[must_use]
    pub fn timeouts(&self) -> Timeouts {
        let own = matches!(self.adapter, Adapter::Ollama | Adapter::LlamaCpp);
        let local = own || self.endpoint().is_ok_and(|endpoint| endpoint.is_local());
        let call = self.call_timeout_seconds.unwrap_or_else(|| defaults::call(local));
        // Who gives a whole call less time means that of its parts as well.
        let part = |set: Option<f64>, default: f64| Duration::from_secs_f64(set.unwrap_or(default).min(call));
        Timeouts {
            first_token: part(self.first_token_timeout_seconds, defaults::first_token(local)),
            between_tokens: part(self.between_tokens_timeout_seconds, defaults::between_tokens(local)),
            call: Duration::from_secs_f64(call),
        }
    }

    /// The same for what is kept secret, which only a process has that calls the model.
    pub(super) fn check_secrets(&self) -> Result<(), Wrong> {
        self.key()?;
        for (name, value) in self.headers()? {
            if reqwest::header::HeaderName::try_from(&name).is_err() {
                return Err(("extra_headers", format!("`{name}` is not the name of a header")));
            }
            if reqwest::header::HeaderValue::try_from(&value).is_err() {
                return Err(("extra_headers", format!("the value of `{name}` is not valid in a header")));
            }
        }
        Ok(())
    }

    /// The key and what is wrong with its value.
    pub(super) fn check(&self) -> Result<(), Wrong> {
        if self.model.trim().is_empty() {
            return Err(("model", "it is empty: name the model that narrates".to_owned()));
        }
        self.endpoint().map_err(|reason| ("base_url", reason))?;
        for (key, price) in [("price", self.price), ("backend_price", self.backend_price)] {
            if price.is_some_and(|price| !price.is_valid()) {
                return Err((key, "a price is a number from 0 to 1000000, for a million tokens".to_owned()));
            }
        }
        if self.max_concurrent == Some(0) {
            return Err((
                "max_concurrent",
                "with 0 the provider is never called: leave it out for no limit".to_owned(),
            ));
        }
        if self.max_tokens == 0 || self.backend_max_tokens == 0 {
            return Err(("max_tokens", "with 0 the model can write nothing: it is at least 1".to_owned()));
        }
        // An answer gets what a prompt leaves of the window, so this is compared with no `max_tokens`.
        for (key, context) in
            [("context_tokens", self.context_tokens), ("assumed_context_tokens", Some(self.assumed_context_tokens))]
        {
            if let Some(context) = context.filter(|context| *context < SMALLEST_CONTEXT) {
                let reason = format!("`{context}` tokens have no room for a prompt: it is at least {SMALLEST_CONTEXT}");
                return Err((key, reason));
            }
        }
        self.check_sampling()?;
        for (key, seconds) in [
            ("first_token_timeout_seconds", self.first_token_timeout_seconds),
            ("between_tokens_timeout_seconds", self.between_tokens_timeout_seconds),
            ("call_timeout_seconds", self.call_timeout_seconds),
            ("relearn_after_seconds", Some(self.relearn_after_seconds)),
        ] {
            if let Some(seconds) = seconds.filter(|seconds| !(0.001..=86_400.0).contains(seconds)) {
                return Err((key, format!("`{seconds}` is not a number of seconds from 0.001 to 86400")));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_server_has_minutes_for_its_first_token_and_a_vendor_has_one() {
        let mut provider = ProviderConfig::new(Adapter::OpenAi, "m");
        assert_eq!(provider.timeouts().first_token, Duration::from_mins(1));
        provider.base_url = Some("http://127.0.0.1:8080/v1".to_owned());
        assert_eq!(provider.timeouts().first_token, Duration::from_mins(5));
        provider.call_timeout_seconds = Some(2.0);
        assert_eq!(provider.timeouts().first_token, Duration::from_secs(2));
    }

    #[test]
    fn a_vendor_without_a_key_is_refused_and_a_server_of_ones_own_is_not() {
        let mut provider = ProviderConfig::new(Adapter::Fireworks, "m");
        assert!(provider.check_secrets().unwrap_err().1.contains("FIREWORKS_API_KEY"));
        provider.base_url = Some("http://127.0.0.1:1/v1".to_owned());
        assert_eq!((provider.check(), provider.check_secrets()), (Ok(()), Ok(())));
    }

    #[test]
    fn the_example_has_every_key() {
        let Ok(Value::Object(example)) = serde_json::to_value(ProviderConfig::example()) else { panic!() };
        let toml = "adapter = 'openai'\nmodel = 'm'\nno_such_key = 1";
        let error = toml::from_str::<ProviderConfig>(toml).unwrap_err().to_string();
        let known: Vec<_> = error.split("expected one of").nth(1).unwrap().split('`').skip(1).step_by(2).collect();
        assert!(known.len() > 25, "{known:?}");
        assert_eq!(known.iter().filter(|key| !example.contains_key(**key)).count(), 0);
    }
}
