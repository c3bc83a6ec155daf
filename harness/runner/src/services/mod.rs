//! What cases need around the engine: a Redis and a scripted model, found, started and stopped.

mod control;
mod docker;
mod embedded;
mod error;
mod external;
mod kept;
mod local;
mod process;
mod programs;
mod proxy;
mod reap;
mod supervise;

pub use control::Control;
pub use error::{Said, ServiceError, StartError};
pub use external::{External, ExternalUrls};
pub use kept::Kept;
pub use local::{Durability, RedisServer};
pub(crate) use process::READY_LIMIT;
pub use process::{Launch, Process};
pub use programs::Programs;
pub(crate) use proxy::Effect;
pub use proxy::{LinkFaults, Proxy, Upstream};
pub use reap::reap;
pub use supervise::supervise;

use std::fmt;
use std::path::Path;
use std::time::Duration;

/// How services are provided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Mode {
    /// `redis-server` and `mock-llm` as processes of this machine.
    Local,
    /// Both as containers.
    Docker,
    /// No Redis: one engine process with its own store; `mock-llm` as a process.
    Embedded,
    /// Everything runs already; the cases run one after the other.
    External,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Local => "local",
            Self::Docker => "docker",
            Self::Embedded => "embedded",
            Self::External => "external",
        })
    }
}

/// Running services. Dropping them stops what was started.
#[derive(Debug)]
pub struct Services {
    /// How they are provided.
    pub mode: Mode,
    /// Why this mode was chosen, in a few words.
    pub reason: String,
    /// Redis, where there is one.
    pub redis_url: Option<String>,
    /// The scripted model's base URL, without namespace and without `/v1`.
    pub mock_url: String,
    /// The engine's API, where it is not started case by case.
    pub api_url: Option<String>,
    /// What is known of services that are not ours.
    pub external: External,
    guard: Guard,
}

/// What must stay alive for the services to be there.
#[derive(Debug)]
enum Guard {
    Local { redis: Box<local::RedisServer>, model: Process },
    Model(Process),
    Containers(Box<docker::Containers>),
    Nothing,
}

impl Services {
    /// Starts services in the wanted mode; `None` takes the first that works of local, docker and embedded. A Redis that is
    /// started as a process keeps its data as `durability` says.
    pub async fn start(
        wanted: Option<Mode>,
        programs: &Programs,
        external: &ExternalUrls,
        durability: Durability,
        dir: &Path,
    ) -> Result<Self, ServiceError> {
        if wanted != Some(Mode::External) {
            // Asked for here, so that it is missed once and not in every case.
            programs.engine()?;
        }
        match wanted {
            Some(Mode::Local) => local::start(programs, dir, durability, "as asked for").await,
            Some(Mode::Docker) => docker::start(programs, "as asked for").await,
            Some(Mode::Embedded) => embedded::start(programs, dir, "as asked for").await,
            Some(Mode::External) => external::services(external).await,
            None => Self::first_that_works(programs, durability, dir).await,
        }
    }

    async fn first_that_works(programs: &Programs, durability: Durability, dir: &Path) -> Result<Self, ServiceError> {
        let no_local = match local::start(programs, dir, durability, "redis-server is on the PATH").await {
            Err(error @ ServiceError::NoRedisServer) => error,
            other => return other,
        };
        let no_docker = match docker::start(programs, "there is no redis-server, but Docker").await {
            Err(error @ ServiceError::Docker { .. }) => error,
            other => return other,
        };
        let reason = format!("not local: {no_local}; not docker: {no_docker}");
        embedded::start(programs, dir, &reason).await
    }

    /// Kills Redis and starts it again on its data after `down`. Nothing happens where it is not a process of ours.
    pub(crate) async fn restart_redis(&self, programs: &Programs, down: Duration) -> Result<(), StartError> {
        match &self.guard {
            Guard::Local { redis, .. } => {
                redis.kill().await;
                tokio::time::sleep(down).await;
                redis.restart(programs).await
            }
            _ => Ok(()),
        }
    }

    /// Lets go of what was started without stopping it.
    pub fn keep(self) {
        // Processes that were started to be kept are not killed when they are dropped. Containers would be.
        if let Guard::Containers(containers) = self.guard {
            std::mem::forget(containers);
        }
    }

    /// Stops what was started, and waits for it.
    pub async fn stop(self) {
        match self.guard {
            Guard::Local { redis, model } => {
                redis.kill().await;
                model.kill();
                model.ended().await;
            }
            Guard::Model(model) => {
                model.kill();
                model.ended().await;
            }
            Guard::Containers(containers) => containers.remove().await,
            Guard::Nothing => {}
        }
    }
}
