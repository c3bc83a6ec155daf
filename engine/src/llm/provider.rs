//! Configured providers, ready to be called.

use std::collections::BTreeMap;
use std::time::Duration;

use genai::adapter::AdapterKind;
use genai::chat::{ChatOptions, ChatResponseFormat, JsonSpec};
use genai::resolver::{AuthData, Endpoint};
use genai::{Client, ModelIden, ModelSpec, ServiceTarget, WebConfig};
use serde::Serialize;

use crate::config::{Adapter, Config, ProviderConfig};

/// The models cannot be set up.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum ModelsError {
    /// The HTTP client cannot be built.
    #[error("the client of provider `{name}` cannot be set up: {reason}")]
    Client {
        /// The provider.
        name: String,
        /// What genai says.
        reason: String,
    },
    /// There is no provider, and the offline narrator cannot run.
    #[error("no model is configured, and the offline narrator cannot run: {0}")]
    #[diagnostic(help("add a [providers.NAME] table to the configuration"))]
    Offline(String),
}

type Resolved = Result<Option<AuthData>, genai::resolver::Error>;

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
    pub(super) client: Client,
    pub(super) narrator: ModelSpec,
    pub(super) backend: ModelSpec,
    pub(super) max_tokens: u32,
    pub(super) send_temperature: bool,
    pub(super) stream: bool,
    /// How a delta is asked for, which is the same in every turn.
    pub(super) extraction: ChatOptions,
    pub(super) timeouts: Timeouts,
    pub(super) key: Option<String>,
    info: ProviderInfo,
}

/// How long parts of a call may take.
pub(super) struct Timeouts {
    pub(super) first_token: Duration,
    pub(super) between_tokens: Duration,
    pub(super) call: Duration,
}

/// What clients may know of a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProviderInfo {
    /// Its name in the configuration.
    pub name: String,
    /// What players see.
    pub display_name: String,
    /// The wire format.
    pub vendor: Adapter,
    /// The model that narrates.
    pub model: String,
}

impl Models {
    /// Sets up what is configured; with no provider, the offline narrator.
    pub async fn start(config: &Config) -> Result<Self, ModelsError> {
        if config.providers.is_empty() {
            return Self::offline().await;
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
    async fn offline() -> Result<Self, ModelsError> {
        let (server, provider) = super::offline::start().await?;
        let name = "offline".to_owned();
        let providers = BTreeMap::from([(name.clone(), Provider::new(&name, &provider)?)]);
        Ok(Self { providers, default: name, _offline: Some(server) })
    }

    #[cfg(not(feature = "offline"))]
    #[expect(clippy::unused_async, reason = "the same face as with the feature")]
    async fn offline() -> Result<Self, ModelsError> {
        Err(ModelsError::Offline("this engine was built without it".to_owned()))
    }

    /// The provider of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Provider> {
        self.providers.get(name)
    }

    /// The name of the provider of games that name none.
    #[must_use]
    pub fn default_name(&self) -> &str {
        &self.default
    }

    /// Every provider, by name.
    pub fn list(&self) -> impl Iterator<Item = &ProviderInfo> {
        self.providers.values().map(|provider| &provider.info)
    }
}

impl Provider {
    fn new(name: &str, config: &ProviderConfig) -> Result<Self, ModelsError> {
        let call = Duration::from_secs_f64(config.call_timeout_seconds);
        let web = WebConfig::default().with_connect_timeout(Duration::from_secs(10)).with_timeout(call);
        let key = config.api_key_env.as_ref().and_then(|name| std::env::var(name).ok());
        let mut builder = Client::builder().with_web_config(web);
        if let Some(key) = key.clone() {
            builder = builder
                .with_auth_resolver_fn(move |_: ModelIden| Ok(Some(AuthData::from_single(key.clone()))) as Resolved);
        }
        let client = builder
            .build()
            .map_err(|error| ModelsError::Client { name: name.to_owned(), reason: error.to_string() })?;
        let target = |model: &str| spec(config, model, key.as_deref());
        let backend = config.backend_model.as_deref().unwrap_or(&config.model);
        Ok(Self {
            narrator: target(&config.model),
            backend: target(backend),
            client,
            max_tokens: config.max_tokens,
            send_temperature: config.send_temperature,
            stream: config.stream,
            extraction: extraction(config),
            timeouts: Timeouts {
                first_token: Duration::from_secs_f64(config.first_token_timeout_seconds),
                between_tokens: Duration::from_secs_f64(config.between_tokens_timeout_seconds),
                call,
            },
            key,
            info: ProviderInfo {
                name: name.to_owned(),
                display_name: config.display_name.clone().unwrap_or_else(|| name.to_owned()),
                vendor: config.adapter,
                model: config.model.clone(),
            },
        })
    }
}

/// How a delta is asked for: as JSON of its schema where genai passes one on, or of any form; the prompt says which, and
/// the reading is tolerant.
fn extraction(config: &ProviderConfig) -> ChatOptions {
    let form = match config.adapter {
        Adapter::Ollama => ChatResponseFormat::JsonMode,
        _ => ChatResponseFormat::JsonSpec(JsonSpec::new("delta", story::delta_schema())),
    };
    let options = ChatOptions::default().with_max_tokens(config.backend_max_tokens).with_response_format(form);
    if config.send_temperature { options.with_temperature(0.0) } else { options }
}

/// Where and as whom a model is called: by our own address and key if set, else by the vendor's defaults.
fn spec(config: &ProviderConfig, model: &str, key: Option<&str>) -> ModelSpec {
    let iden = ModelIden::new(kind(config.adapter), model);
    match &config.base_url {
        Some(url) => ModelSpec::Target(ServiceTarget {
            // genai appends the path of the call to the base.
            endpoint: Endpoint::from_owned(format!("{}/", url.trim_end_matches('/'))),
            auth: AuthData::from_single(key.unwrap_or("none")),
            model: iden,
        }),
        None => ModelSpec::Iden(iden),
    }
}

const fn kind(adapter: Adapter) -> AdapterKind {
    match adapter {
        Adapter::OpenAi => AdapterKind::OpenAI,
        Adapter::Anthropic => AdapterKind::Anthropic,
        Adapter::Ollama => AdapterKind::Ollama,
        Adapter::Gemini => AdapterKind::Gemini,
        Adapter::Groq => AdapterKind::Groq,
        Adapter::DeepSeek => AdapterKind::DeepSeek,
        Adapter::Xai => AdapterKind::Xai,
        Adapter::Mistral => AdapterKind::Mistral,
        Adapter::Together => AdapterKind::Together,
        Adapter::Fireworks => AdapterKind::Fireworks,
    }
}
