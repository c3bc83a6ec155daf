//! A process of the engine from start to end: opens the store, serves the API, works, drains.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::api::{self, Api, Pace, StreamLimits};
use crate::config::Config;
use crate::content::{self, ContentError};
use crate::http;
use crate::llm::{Models, ModelsError};
use crate::store::embedded::{EmbeddedStore, OpenError};
use crate::store::redis::RedisStore;
use crate::store::{SharedStore, StoreError};
use crate::worker::Worker;
use crate::{signal, telemetry, welcome};

/// How long a draining server waits for answers that are under way. A client that sends half a request, or that does not
/// read, must not keep the process.
const LAST_ANSWERS: Duration = Duration::from_secs(3);

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Serves the API; with the embedded store also works.
    Api,
    /// Works.
    Worker,
}

/// The process cannot start or go on.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum ServeError {
    /// A worker process needs a store that it can share.
    #[error("`--worker` needs Redis: the embedded store belongs to one process, which works by itself")]
    #[diagnostic(help("give --redis-url (or set redis.url), or start `engine` without --worker"))]
    WorkerWithoutRedis,
    /// Redis cannot be reached.
    #[error("cannot reach Redis: {reason}")]
    #[diagnostic(help(
        "is the server running, and is --redis-url right? without Redis, leave the URL out to use the embedded store"
    ))]
    Redis {
        /// What the connection says, without credentials.
        reason: String,
    },
    /// The embedded store cannot be opened.
    #[error(transparent)]
    #[diagnostic(help("choose another directory with --data-dir, or stop the process that uses this one"))]
    Embedded(#[from] OpenError),
    /// There is no store, and who only looks makes none.
    #[error("there is no store in {place}")]
    #[diagnostic(help(
        "give the engine's own --redis-url or --data-dir, or its --config; a store is made when the engine starts"
    ))]
    NoStore {
        /// Where it was looked for.
        place: String,
    },
    /// The store is configured in a way that cannot be, or it failed while the process started.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The content cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Content(#[from] ContentError),
    /// The models cannot be set up.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Models(#[from] ModelsError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    #[diagnostic(help(
        "is something else listening there? choose another address with --listen, port 0 for any free one"
    ))]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The process cannot watch for signals, or the server ended by itself.
    #[error("the server cannot go on: {0}")]
    Io(#[from] io::Error),
    /// The process that was asked says that it is not well.
    #[error("{url} answers {status}")]
    Unhealthy {
        /// What was asked.
        url: String,
        /// What it answered.
        status: reqwest::StatusCode,
    },
    /// Metrics cannot be set up.
    #[error("cannot set up metrics: {0}")]
    Metrics(#[from] metrics_exporter_prometheus::BuildError),
}

/// What a first call of Redis says: a server that does not answer gets its own help.
fn from_redis(error: StoreError) -> ServeError {
    match error {
        StoreError::Unavailable { reason } => ServeError::Redis { reason },
        error => ServeError::Store(error),
    }
}

/// Runs the process until it is told to stop.
pub async fn run(config: Config, role: Role) -> Result<(), ServeError> {
    let metrics = telemetry::start_metrics()?;
    let library = Arc::new(content::load(config.content.as_deref())?);
    let models = Arc::new(Models::start(&config).await?);
    let (store, embedded) = open_store(&config, role).await?;
    let described = store.describe().await?;
    let stop = signal::stop()?;
    let worker = || Worker::new(Arc::clone(&store), Arc::clone(&library), Arc::clone(&models), &config);

    if role == Role::Worker {
        let worker = worker();
        welcome::worker(&config, &described, worker.id());
        worker.run(stop).await;
        return Ok(());
    }
    http::raise_file_limit();
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|source| ServeError::Listen { address: config.listen, source })?;
    let address = listener.local_addr()?;
    let drain = CancellationToken::new();
    let api = Api {
        store: Arc::clone(&store),
        library: Arc::clone(&library),
        models: Arc::clone(&models),
        metrics,
        pace: Pace {
            keepalive: Duration::from_secs_f64(config.sse.keepalive_seconds),
            retry: Duration::from_millis(config.sse.retry_ms),
        },
        streams: Arc::new(StreamLimits::new(config.sse.max_streams, config.sse.max_streams_per_client)),
        trusted_proxies: config.http.trusted_proxies,
        origins: config.http.cors_origins.clone(),
        drain: drain.clone(),
    };
    welcome::api(&config, address, &described, embedded, &library, &models);
    let limits = http::Limits {
        max_connections: config.http.max_connections,
        write_timeout: Duration::from_secs_f64(config.http.write_timeout_seconds),
    };
    let server = tokio::spawn(http::serve(listener, api::router(api), limits, drain.clone()));
    if embedded {
        // Subscribers see the turns that still end, then their streams end, then the server.
        worker().run(stop).await;
    } else {
        stop.cancelled().await;
    }
    drain.cancel();
    if let Ok(ended) = tokio::time::timeout(LAST_ANSWERS, server).await {
        ended.map_err(io::Error::other)?;
    } else {
        tracing::warn!("dropping connections that neither send nor read");
    }
    Ok(())
}

/// Asks whether a process of the same configuration is well, for a container's health check: an API by its `/health`,
/// a worker by whether its store answers.
pub async fn health(config: &Config, role: Role) -> Result<(), ServeError> {
    if role == Role::Worker {
        let (store, _) = open_store(config, role).await?;
        return Ok(store.ping().await?);
    }
    let ip = if config.listen.ip().is_unspecified() { Ipv4Addr::LOCALHOST.into() } else { config.listen.ip() };
    let url = format!("http://{}/health", SocketAddr::new(ip, config.listen.port()));
    let client = reqwest::Client::builder().timeout(Duration::from_secs(3)).build().map_err(io::Error::other)?;
    let answer = client.get(&url).send().await.map_err(io::Error::other)?;
    if answer.status().is_success() { Ok(()) } else { Err(ServeError::Unhealthy { url, status: answer.status() }) }
}

/// Opens a store that is there already, for a command beside the engine: it makes no new one.
pub(crate) async fn open_existing(config: &Config) -> Result<SharedStore, ServeError> {
    match &config.redis.url {
        Some(url) if !RedisStore::is_at(url, &config.redis.prefix).await.map_err(from_redis)? => {
            let prefix = &config.redis.prefix;
            return Err(ServeError::NoStore { place: format!("this Redis under the prefix `{prefix}`") });
        }
        None if !EmbeddedStore::is_in(&config.data_dir) => {
            let place = format!("the data directory {}", config.data_dir.display());
            return Err(ServeError::NoStore { place });
        }
        _ => {}
    }
    Ok(open_store(config, Role::Api).await?.0)
}

async fn open_store(config: &Config, role: Role) -> Result<(SharedStore, bool), ServeError> {
    let options = config.store_options();
    match (&config.redis.url, role) {
        (Some(url), _) => {
            let store = RedisStore::connect(url, &config.redis.prefix, config.redis.shards, options);
            let store = store.await.map_err(from_redis)?;
            Ok((Arc::new(store), false))
        }
        (None, Role::Worker) => Err(ServeError::WorkerWithoutRedis),
        (None, Role::Api) => {
            let store = EmbeddedStore::open(&config.data_dir, config.embedded.synchronous, options)?;
            Ok((Arc::new(store), true))
        }
    }
}
