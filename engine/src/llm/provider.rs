//! Configured providers, ready to be called.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use protocol::{PromptPurpose, ProviderInfo, TurnModel, Usage};
use store::Spending;
use story::Prompt;

use super::completion::Tokens;
use super::dialect::{Dialect, LimitName, OutputFormat};
use super::http::Caller;
use super::learned::Learned;
use super::purpose::Purpose;
use super::role::Role;
use super::trouble::Trouble;
use super::window::Window;
use super::wire;
use crate::config::{Adapter, Config, Endpoint, Format, Price, ProviderConfig, Structured};
use crate::telemetry::model_figures;

/// The tokens that a summary is given room for; it is asked for in 300 words.
const SUMMARY_TOKENS: u32 = 800;

/// The models cannot be set up.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum ModelsError {
    /// The HTTP client cannot be built.
    #[error("the client of provider `{name}` cannot be set up: {reason}")]
    Client {
        /// The provider.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// There is no provider, and the offline narrator cannot run.
    #[error("no model is configured, and the offline narrator cannot run: {0}")]
    #[diagnostic(help("add a [providers.NAME] table to the configuration"))]
    Offline(String),
}

/// Every configured provider.
pub struct Models {
    providers: BTreeMap<String, Provider>,
    default: String,
    /// Keeps the offline narrator running as long as it may be called.
    #[cfg(feature = "offline")]
    _offline: Option<mock_llm::MockLlm>,
}

/// A provider, ready to be called.
pub struct Provider {
    pub(super) format: Format,
    pub(super) caller: Caller,
    pub(super) endpoint: Endpoint,
    /// Whether the server is asked how many tokens it takes. Vendors take more than any prompt here has.
    pub(super) asks_for_window: bool,
    pub(super) narrator: Role,
    pub(super) backend: Role,
    pub(super) sends_temperature: bool,
    pub(super) stream: bool,
    pub(super) structured: Structured,
    /// Where every narration is to stop, as configured.
    pub(super) stop: Vec<String>,
    /// The provider that extracts the deltas of its narrations, if it is another one.
    pub(super) deltas_from: Option<String>,
    pub(super) info: ProviderInfo,
    seed: Option<i64>,
    /// What the check at start has found.
    pub(super) trouble: Trouble,
}

impl Models {
    /// Sets up what is configured; with no provider, the offline narrator.
    pub async fn start(config: &Config) -> Result<Self, ModelsError> {
        if config.providers.is_empty() {
            return Self::offline(config).await;
        }
        let providers = config
            .providers
            .iter()
            .map(|(name, provider)| Ok((name.clone(), Provider::new(name, provider)?)))
            .collect::<Result<BTreeMap<_, _>, ModelsError>>()?;
        let default = config.default_provider.clone().or_else(|| providers.keys().next().cloned()).unwrap_or_default();
        Ok(Self {
            providers,
            default,
            #[cfg(feature = "offline")]
            _offline: None,
        })
    }

    #[cfg(feature = "offline")]
    async fn offline(config: &Config) -> Result<Self, ModelsError> {
        let (server, provider) = super::offline::start(config).await?;
        let name = "offline".to_owned();
        let providers = BTreeMap::from([(name.clone(), Provider::new(&name, &provider)?)]);
        Ok(Self { providers, default: name, _offline: Some(server) })
    }

    #[cfg(not(feature = "offline"))]
    #[expect(clippy::unused_async, reason = "the same face as with the feature")]
    async fn offline(_config: &Config) -> Result<Self, ModelsError> {
        Err(ModelsError::Offline("this engine was built without it".to_owned()))
    }

    /// Asks the servers how many tokens their models take, where that is not configured.
    pub async fn discover(&self) {
        futures::future::join_all(self.providers.values().map(Provider::discover)).await;
    }

    /// The provider of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Provider> {
        self.providers.get(name)
    }

    /// The provider that extracts the deltas of what the named one narrates.
    #[must_use]
    pub(crate) fn backend_of(&self, name: &str) -> Option<&Provider> {
        let provider = self.get(name)?;
        provider.deltas_from.as_ref().map_or(Some(provider), |backend| self.get(backend))
    }

    /// The name of the provider of games that name none.
    #[must_use]
    pub(crate) fn default_name(&self) -> &str {
        &self.default
    }

    pub(super) fn providers(&self) -> impl Iterator<Item = &Provider> {
        self.providers.values()
    }

    /// Every provider, by name.
    pub fn list(&self) -> impl Iterator<Item = &ProviderInfo> {
        self.providers.values().map(|provider| &provider.info)
    }
}

impl Provider {
    fn new(name: &str, config: &ProviderConfig) -> Result<Self, ModelsError> {
        let failed = |reason: String| ModelsError::Client { name: name.to_owned(), reason };
        let endpoint = config.endpoint().map_err(failed)?;
        if let Some(remark) = &endpoint.remark {
            tracing::warn!(provider = name, "{remark}");
        }
        if let Some(remark) = config.remark() {
            tracing::warn!(provider = name, "{remark}");
        }
        let key = config.key().map_err(|(key, reason)| failed(format!("{key}: {reason}")))?;
        let headers = config.headers().map_err(|(key, reason)| failed(format!("{key}: {reason}")))?;
        let caller = Caller::new(config, &endpoint, key, &headers).map_err(failed)?;
        let dialect = Dialect::new(first_output_format(config, &endpoint), first_limit(&endpoint));
        let believed = Duration::from_secs_f64(config.relearn_after_seconds);
        let learned = Arc::new(Learned::new(dialect.clone(), believed));
        let new_window = || Arc::new(Window::new(first_window(config), config.assumed_context_tokens));
        let window = new_window();
        let backend_model = config.backend_model.as_deref().unwrap_or(&config.model);
        // What is learned of a model counts for both purposes.
        let (for_backend, backend_window) = if backend_model == config.model {
            (Arc::clone(&learned), Arc::clone(&window))
        } else {
            (Arc::new(Learned::new(dialect, believed)), new_window())
        };
        let role = |model: &str, price: Option<Price>, purpose, max_tokens, stream, learned, window| Role {
            price,
            model: model.to_owned(),
            url: endpoint.call(config.adapter.format(), model, stream),
            max_tokens,
            fixed: wire::fixed(config, &endpoint, purpose),
            learned,
            window,
        };
        metrics::gauge!(
            "story_engine_provider_info",
            "provider" => name.to_owned(), "model" => config.model.clone(), "backend_model" => backend_model.to_owned()
        )
        .set(1.0);
        Ok(Self {
            format: config.adapter.format(),
            caller,
            asks_for_window: config.context_tokens.is_none()
                && (config.base_url.is_some()
                    || matches!(config.adapter, Adapter::Ollama | Adapter::LlamaCpp | Adapter::OpenRouter)),
            narrator: role(
                &config.model,
                config.price,
                Purpose::Narrate,
                config.max_tokens,
                config.stream,
                learned,
                window,
            ),
            backend: role(
                backend_model,
                if backend_model == config.model { config.price } else { config.backend_price },
                Purpose::Extract,
                config.backend_max_tokens,
                false,
                for_backend,
                backend_window,
            ),
            // Anthropic's newer models take one of the two.
            sends_temperature: config.send_temperature
                && !(config.adapter.format() == Format::Messages && config.top_p.is_some()),
            stream: config.stream,
            structured: config.structured,
            stop: config.stop.clone(),
            deltas_from: config.backend_provider.clone(),
            info: ProviderInfo {
                name: name.to_owned(),
                display_name: config.display_name.clone().unwrap_or_else(|| name.to_owned()),
                vendor: config.adapter.name().to_owned(),
                model: config.model.clone(),
            },
            seed: config.seed,
            endpoint,
            trouble: Trouble::default(),
        })
    }

    /// The model of its narrations, for the records of turns.
    #[must_use]
    pub fn described(&self) -> TurnModel {
        TurnModel { provider: self.info.name.clone(), model: self.info.model.clone(), seed: self.seed }
    }

    /// Its name in the configuration.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.info.name
    }

    /// Who makes its server, as the configuration names adapters.
    #[must_use]
    pub fn vendor(&self) -> &str {
        &self.info.vendor
    }

    /// The model that narrates.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.narrator.model
    }

    /// How many bytes the prompt of a narration may have, of so many messages.
    #[must_use]
    pub(crate) fn prompt_bytes(&self, messages: usize) -> usize {
        self.narrator.window.budget(u32::try_from(messages).unwrap_or(u32::MAX), self.narrator.max_tokens)
    }

    /// The same where the prompt matters more than a long answer: that gets as few tokens as a paragraph has.
    #[must_use]
    pub fn most_prompt_bytes(&self, messages: usize) -> usize {
        let answer = self.narrator.max_tokens.min(Window::SHORT_ANSWER);
        self.narrator.window.budget(u32::try_from(messages).unwrap_or(u32::MAX), answer)
    }

    /// How many bytes the prompt of a summary may have.
    #[must_use]
    pub fn summary_bytes(&self) -> usize {
        self.backend.window.budget(2, self.backend.max_tokens.min(SUMMARY_TOKENS))
    }

    /// The model for one of a turn's calls, and how many tokens it takes as far as anybody has said it.
    #[must_use]
    pub fn model_of(&self, purpose: PromptPurpose) -> (&str, Option<u32>) {
        let role = self.role_of(purpose);
        (&role.model, role.window.tokens())
    }

    /// About how many tokens so many bytes have, by what the server has counted before.
    #[must_use]
    pub(crate) fn tokens_of(&self, purpose: PromptPurpose, bytes: usize) -> u32 {
        self.role_of(purpose).window.tokens_of(bytes)
    }

    /// The most tokens of an answer.
    #[must_use]
    pub(crate) fn longest_answer(&self, purpose: PromptPurpose) -> u64 {
        u64::from(self.role_of(purpose).max_tokens)
    }

    /// The most that a call may use: its prompt, as far as that can be estimated, with `more` tokens that it will have, and the longest answer. Letters other than those of English count
    /// for a token in each of their bytes, which is what tokenizers take at most: of rare scripts they know no words.
    #[must_use]
    pub(crate) fn most(&self, purpose: PromptPurpose, prompt: &Prompt, more: u64) -> Spending {
        let role = self.role_of(purpose);
        let texts = prompt.messages().iter().map(|message| message.content.as_str()).chain([prompt.system()]);
        let others: usize = texts.map(|text| text.bytes().filter(|byte| !byte.is_ascii()).count()).sum();
        let estimated = u64::from(role.window.tokens_of(prompt.bytes() - others)).saturating_add(others as u64);
        let (prompt_tokens, completion_tokens) = (estimated.saturating_add(more), self.longest_answer(purpose));
        let usage = Usage { prompt_tokens, completion_tokens, ..Usage::default() };
        self.spending(purpose, usage)
    }

    /// What tokens come to, by the price table.
    #[must_use]
    pub(crate) fn spending(&self, purpose: PromptPurpose, used: Usage) -> Spending {
        let price = self.role_of(purpose).price.as_ref();
        let cost = price.map(|price| price.millionths(used.prompt_tokens, used.cached_tokens, used.completion_tokens));
        Spending { tokens: used.prompt_tokens.saturating_add(used.completion_tokens), cost: cost.unwrap_or_default() }
    }

    const fn role_of(&self, purpose: PromptPurpose) -> &Role {
        match purpose {
            PromptPurpose::Narrate => &self.narrator,
            PromptPurpose::Extract => &self.backend,
        }
    }

    /// Counts tokens and what they cost by provider and model, for the metrics.
    pub(super) fn count(&self, role: &Role, tokens: &Tokens) {
        let tokens = tokens.believed();
        let cost = role.price.as_ref().map(|price| price.millionths(tokens.prompt, tokens.cached, tokens.completion));
        model_figures::used(&self.info.name, tokens.prompt, tokens.completion, cost.unwrap_or_default());
        if let Some(cost) = cost {
            metrics::counter!("story_engine_model_cost_millionths_total", "provider" => self.info.name.clone())
                .increment(cost);
        }
        for (kind, number) in [
            ("prompt", tokens.prompt),
            ("cached", tokens.cached),
            ("completion", tokens.completion),
            ("reasoning", tokens.reasoning),
        ] {
            if number > 0 {
                let (provider, model) = (self.info.name.clone(), role.model.clone());
                metrics::counter!(
                    "story_engine_model_tokens_total", "provider" => provider, "model" => model, "kind" => kind
                )
                .increment(number);
            }
        }
    }
}

/// How a delta is asked for until the server refuses it.
fn first_output_format(config: &ProviderConfig, endpoint: &Endpoint) -> OutputFormat {
    // Their documentation says that they refuse lengths.
    let refuses_limits = config.adapter.format() == Format::Messages || endpoint.is_azure();
    match (config.structured, config.adapter) {
        (Structured::Json, _) | (Structured::Auto, Adapter::DeepSeek) => OutputFormat::Json,
        (Structured::None, _) => OutputFormat::Plain,
        (Structured::Schema | Structured::Auto, _) if refuses_limits => OutputFormat::WithoutLimits,
        (Structured::Schema | Structured::Auto, _) => OutputFormat::Schema,
    }
}

/// `OpenAI` itself has renamed it; others know the old name, and some of them both.
fn first_limit(endpoint: &Endpoint) -> LimitName {
    if endpoint.is_host("api.openai.com") { LimitName::MaxCompletionTokens } else { LimitName::MaxTokens }
}

/// The window that is counted on from the start. Ollama gets it as `num_ctx`, and cuts a longer prompt without a word.
fn first_window(config: &ProviderConfig) -> Option<u32> {
    match config.adapter.format() {
        Format::OllamaChat => Some(wire::ollama_window(config)),
        _ => config.context_tokens,
    }
}
