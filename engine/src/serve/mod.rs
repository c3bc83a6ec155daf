//! A process of the engine from start to end: opens the store, serves the API and the operators' port, works, drains.

mod error;
mod health;
mod in_process;
mod open;
mod parts;
mod workers;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use metrics::gauge;
use store::WorkerId;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

pub use self::error::ServeError;
pub use self::health::health;
pub(crate) use self::health::{plain_client, reachable};
pub use self::in_process::InProcess;
use self::open::{Opened, open};
pub(crate) use self::open::{every_redis, open_every_redis, open_existing, open_or_create, open_tiers};
pub(crate) use self::parts::whole_api;
use self::workers::Workers;
use crate::api::{self, Admin, Api, Breakdown, Guard, Overviews, Prompts, StoreProbe};
use crate::config::{AdminListen, Config, DEFAULT_ADMIN_LISTEN};
use crate::llm::Models;
use crate::retention::Archive;
use crate::telemetry::logs::{Log, LogFormat, LostLines};
use crate::telemetry::metrics::Metrics;
use crate::telemetry::traces::Traces;
use crate::tiers::Tiers;
use crate::watchdog::Watchdog;
use crate::{content, http, signal, welcome};

/// How long a draining server waits for responses that are under way. A client that sends half a request, or that does not
/// read, must not keep the process.
const DRAIN_LIMIT: Duration = Duration::from_secs(3);

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Serves the API; with the embedded store also works.
    Api,
    /// Works.
    Worker,
}

/// Runs the process until it is asked to stop.
pub async fn run(config: Config, role: Role, log: &Log) -> Result<(), ServeError> {
    let announce = Announce::Operators(log.format());
    Box::pin(run_until(config, role, log.lost(), signal::stop()?, announce)).await
}

/// Who is to know that a process is ready.
#[derive(Debug)]
enum Announce {
    /// Those who read its output.
    Operators(LogFormat),
    /// The program that it runs in: where the API listens.
    Program(oneshot::Sender<SocketAddr>),
}

/// Runs the process until `stop`.
async fn run_until(
    config: Config,
    role: Role,
    lost: LostLines,
    stop: CancellationToken,
    announce: Announce,
) -> Result<(), ServeError> {
    let metrics = Metrics::start(Some(lost))?;
    gauge!("story_engine_config_info", "fingerprint" => config.fingerprint()).set(1.0);
    let traces = Traces::start(&config.traces)?;
    let ended = Box::pin(serve_until(config, role, metrics, stop, announce)).await;
    traces.stop().await;
    ended
}

async fn serve_until(
    config: Config,
    role: Role,
    metrics: Metrics,
    stop: CancellationToken,
    announce: Announce,
) -> Result<(), ServeError> {
    let library = Arc::new(content::load(config.content.as_deref())?);
    let models = Arc::new(Models::start(&config).await?);
    let Opened { store, is_embedded, tiers: stores, reaching: _reaching } = open(&config, role).await?;
    let described = store.describe().await?;
    let (drain, watchdog) = (CancellationToken::new(), Watchdog::default());
    let probe = StoreProbe::new(Arc::clone(&store));
    let _probing = AbortOnDropHandle::new(tokio::spawn(probe.clone().watch()));
    let works = role == Role::Worker || is_embedded;
    // The figures are the same in every process: that those of one role have them is enough.
    let breakdown = match role {
        Role::Api => Breakdown::new(Arc::clone(&store), stores.clone(), config.metrics.clone()),
        Role::Worker => Breakdown::default(),
    };
    let works_for = stores.into_iter().filter(|tier| works && (is_embedded || config.works_for(tier.name()))).collect();
    let archive = config.retention.archive.as_deref().map(Archive::open).transpose()?;
    let workers = Workers {
        id: WorkerId::of_this_process(config.worker.name.as_ref()),
        stores: works_for,
        library: Arc::clone(&library),
        models: Arc::clone(&models),
        config: config.clone(),
        watchdog: watchdog.clone(),
        archive: archive.clone(),
    };
    http::raise_file_limit();
    let auth = parts::auth(&config)?;
    let (streams, tiers) = (parts::streams(&config), Tiers::new(&config));
    let overviews = Overviews::new(Arc::clone(&store), tiers, (role == Role::Api).then(|| Arc::clone(&streams)))
        .with_breakdown(breakdown);
    let admin = Admin {
        overviews: overviews.clone(),
        store: Arc::clone(&store),
        archive: archive.clone(),
        prompts: Prompts {
            store: Arc::clone(&store),
            library: Arc::clone(&library),
            models: Arc::clone(&models),
            history: config.chat_history_limit,
            story_event_batch: config.queue.story_event_batch,
        },
        probe: probe.clone(),
        metrics: metrics.clone(),
        watchdog: watchdog.clone(),
        auth: auth.clone(),
        guard: Guard::default(),
        // A worker that stops is not ready; an API that works as well goes on until its turns have ended.
        drain: if role == Role::Worker { stop.clone() } else { drain.clone() },
    };
    let (operators, _admin_server) = start_admin(&config, admin).await?;

    // Only who calls models checks them. With the offline narrator there is nothing to check.
    let calls_models = (role == Role::Worker || is_embedded) && !config.providers.is_empty();
    let (checked, how) = (Arc::clone(&models), config.check_models);
    let _check =
        calls_models.then(|| AbortOnDropHandle::new(tokio::spawn(async move { checked.check_at_start(how).await })));

    if role == Role::Worker {
        if let Announce::Operators(format) = announce {
            welcome::worker(format, &config, &described, &workers.id, operators);
        }
        workers.run(stop).await;
        return Ok(());
    }
    let (listener, address) = listen(config.listen, "--listen").await?;
    let api = Api {
        metrics,
        probe,
        overviews,
        streams,
        archive,
        guard: guard(&config, address),
        drain: drain.clone(),
        ..parts::api_of(&config, Arc::clone(&store), Arc::clone(&library), Arc::clone(&models), auth)
    };
    match announce {
        // Who waits for it has gone if nobody takes the address; then it is asked to stop as well.
        Announce::Program(ready) => drop(ready.send(address)),
        Announce::Operators(format) => {
            welcome::api(format, &config, address, operators, &described, is_embedded, &library, &models);
        }
    }
    let server = tokio::spawn(http::serve(listener, api::router(api), limits(&config), drain.clone()));
    if is_embedded {
        // Subscribers see the turns that still end, then their streams end, then the server.
        workers.run(stop).await;
    } else {
        stop.cancelled().await;
    }
    drain.cancel();
    if let Ok(ended) = tokio::time::timeout(DRAIN_LIMIT, server).await {
        ended.map_err(io::Error::other)?;
    } else {
        tracing::warn!("dropping connections that neither send nor read");
    }
    Ok(())
}

/// Serves the operators' port until what comes back is dropped, also while the process drains.
async fn start_admin(
    config: &Config,
    admin: Admin,
) -> Result<(Option<SocketAddr>, Option<AbortOnDropHandle<()>>), ServeError> {
    let AdminListen::At(address) = config.admin_listen else { return Ok((None, None)) };
    let (listener, address) = match listen(address, "--admin-listen").await {
        // Nobody has asked for this very port, and another process of this machine has it.
        Err(ServeError::Listen { .. }) if address == DEFAULT_ADMIN_LISTEN => {
            listen(SocketAddr::new(address.ip(), 0), "--admin-listen").await?
        }
        bound => bound?,
    };
    let admin = Admin { guard: guard(config, address), ..admin };
    let server = http::serve(listener, api::admin(admin), limits(config), CancellationToken::new());
    Ok((Some(address), Some(AbortOnDropHandle::new(tokio::spawn(server)))))
}

async fn listen(address: SocketAddr, flag: &'static str) -> Result<(TcpListener, SocketAddr), ServeError> {
    let failed = |source| ServeError::Listen { address, flag, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

/// A server on loopback answers to names that nobody else can own; one that the network can reach, to any, unless they are listed.
fn guard(config: &Config, address: SocketAddr) -> Guard {
    let hosts = &config.http.hosts;
    Guard {
        hosts: (address.ip().is_loopback() || !hosts.is_empty()).then(|| hosts.as_slice().into()),
        origins: config.http.cors_origins.clone(),
        behind_proxy: config.http.trusted_proxies > 0,
    }
}

fn limits(config: &Config) -> http::Limits {
    http::Limits {
        max_connections: config.http.max_connections,
        // Behind a proxy, all connections come from its address.
        max_connections_per_address: match config.http.trusted_proxies {
            0 => config.http.max_connections_per_address,
            _ => config.http.max_connections,
        },
        header_timeout: Duration::from_secs_f64(config.http.header_timeout_seconds),
        body_timeout: Duration::from_secs_f64(config.http.body_timeout_seconds),
        write_timeout: Duration::from_secs_f64(config.http.write_timeout_seconds),
    }
}
