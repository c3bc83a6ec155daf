//! Why a process cannot start or go on.

use std::io;
use std::net::SocketAddr;

use store::StoreError;
use store::embedded::OpenError;

use crate::config::ConfigError;
use crate::content::ContentError;
use crate::llm::ModelsError;
use crate::retention::ArchiveError;
use crate::telemetry::metrics::MetricsError;
use crate::telemetry::traces::TracesError;

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
    /// Redis answers, and takes no writes that a start needs.
    #[error("Redis is there and takes no writes: {reason}")]
    #[diagnostic(help(
        "a full one needs a higher `maxmemory`, or fewer games; a read-only one is a replica, or cannot write its own files: its log says why"
    ))]
    RedisTakesNoWrites {
        /// What it says.
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
    /// The same for the store of a tier.
    #[error("the store of the tier `{tier}`: {error}")]
    Tier {
        /// The tier.
        tier: String,
        /// Why.
        error: StoreError,
    },
    /// The archive of games cannot be opened.
    #[error(transparent)]
    #[diagnostic(help("set retention.archive to a directory that this process can write, or to s3://bucket/prefix"))]
    Archive(#[from] ArchiveError),
    /// A configured key cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Config(#[from] ConfigError),
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
        "is something else listening there? choose another address with {flag}, port 0 for any free one"
    ))]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What says where to listen.
        flag: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// The process cannot watch for signals, or the server ended by itself.
    #[error("the server cannot go on: {0}")]
    Io(#[from] io::Error),
    /// There is no operators' port to ask.
    #[error("`admin_listen` is `off`: there is nothing to ask how the process is")]
    #[diagnostic(help("give the process and this command the same --admin-listen address"))]
    NothingToAsk,
    /// The process that was asked says that it is not well.
    #[error("{url} answers {status}: {body}")]
    Unhealthy {
        /// What was asked.
        url: String,
        /// What it answered.
        status: reqwest::StatusCode,
        /// Why.
        body: String,
    },
    /// The process that was asked does not answer.
    #[error("{url} does not answer: {reason}")]
    #[diagnostic(help("is the process running, and is this its --admin-listen address?"))]
    Silent {
        /// What was asked.
        url: String,
        /// What the network says.
        reason: String,
    },
    /// Metrics cannot be set up.
    #[error("cannot set up metrics: {0}")]
    Metrics(#[from] MetricsError),
    /// Traces cannot be set up.
    #[error("cannot set up traces: {0}")]
    #[diagnostic(help("set traces.endpoint to the URL of an OTLP receiver, or leave it out"))]
    Traces(#[from] TracesError),
}
