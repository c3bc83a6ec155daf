//! The API of a process: what it is made of, and the whole of it for a command that needs no listener.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use store::SharedStore;
use story::Library;
use tokio_util::sync::CancellationToken;

use super::ServeError;
use crate::api::{
    self, Actor, Api, Auth, Guard, IdentityProvider, ImportTurns, Overviews, Pace, StoreProbe, StreamLimits,
};
use crate::config::{AuthMode, Config, ConfigError};
use crate::content;
use crate::llm::Models;
use crate::retention::Archive;
use crate::telemetry::metrics::Metrics;
use crate::tiers::Tiers;

/// Who may call, as the configuration has it. Keys in files and variables are read now, an identity provider's when they are needed.
pub(super) fn auth(config: &Config) -> Result<Auth, ServeError> {
    if config.auth.mode != AuthMode::Keys {
        return Ok(Auth::open());
    }
    let auth = Auth::keys(config.auth.resolve()?);
    let Some(jwt) = &config.auth.jwt else { return Ok(auth) };
    let provider = IdentityProvider::new(jwt.clone());
    let invalid = |reason| ConfigError::Invalid { key: "auth.jwt".to_owned(), reason };
    Ok(auth.with_identities(provider.map_err(invalid)?))
}

/// The event streams of this process.
pub(super) fn streams(config: &Config) -> Arc<StreamLimits> {
    let limits = StreamLimits::new(config.sse.max_streams, config.sse.max_streams_per_client);
    Arc::new(limits.with(Tiers::new(config)))
}

/// An API as the configuration has it, with metrics and streams of its own.
pub(super) fn api_of(
    config: &Config,
    store: SharedStore,
    library: Arc<Library>,
    models: Arc<Models>,
    auth: Auth,
) -> Api {
    let streams = streams(config);
    let tiers = Tiers::new(config);
    Api {
        library,
        models,
        history: config.chat_history_limit,
        story_event_batch: config.queue.story_event_batch,
        language: config.language.clone(),
        metrics: Metrics::detached(),
        probe: StoreProbe::new(Arc::clone(&store)),
        turns: config.turns.limits(),
        import_max: config.http.import_max_bytes,
        answers_max: config.http.answers_max_bytes_per_address,
        imports: Arc::new(ImportTurns::new(&config.http)),
        archive: None,
        pace: Pace {
            keepalive: Duration::from_secs_f64(config.sse.keepalive_seconds),
            retry: Duration::from_millis(config.sse.retry_ms),
            ticket: Duration::from_secs(config.auth.ticket_stream_seconds.max(1)),
        },
        overviews: Overviews::new(Arc::clone(&store), tiers.clone(), Some(Arc::clone(&streams))),
        streams,
        trusted_proxies: config.http.trusted_proxies,
        auth,
        tiers,
        ticket_lifetime: config.auth.ticket_lifetime(),
        guard: Guard::default(),
        drain: CancellationToken::new(),
        store,
    }
}

/// Every operation on a store, for a local command. No model is called, so no provider needs its key: that of an
/// imported game must only be known by name.
pub(crate) async fn whole_api(config: &Config, store: SharedStore) -> Result<Router, ServeError> {
    let mut config = config.clone();
    for provider in config.providers.values_mut() {
        // A vendor's own address would ask for a key.
        provider.base_url.get_or_insert_with(|| "http://127.0.0.1:9/v1".to_owned());
        provider.api_key_env = None;
        provider.extra_headers.clear();
    }
    config.auth.mode = AuthMode::Local;
    let library = Arc::new(content::load(config.content.as_deref())?);
    let models = Arc::new(Models::start(&config).await?);
    let archive = config.retention.archive.as_deref().map(Archive::open).transpose()?;
    let api = Api { archive, ..api_of(&config, store, library, models, Auth::open()) };
    Ok(api::router(api).layer(axum::Extension(Actor::local_command())))
}
