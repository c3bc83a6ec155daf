//! What cases need around the engine: a Redis and a scripted model, found, started and stopped.

mod docker;
mod embedded;
mod error;
mod external;
mod local;
mod process;
mod programs;
mod reap;
mod supervise;

pub use error::{ServiceError, StartError};
pub use external::ExternalUrls;
pub use process::{Launch, Process};
pub use programs::Programs;
pub use reap::reap;
pub use supervise::supervise;

use std::fmt;
use std::path::Path;

/// How services are come by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Mode {
    /// `redis-server` and `mock-llm` as processes of this machine.
    Local,
    /// Both as containers.
    Docker,
    /// No Redis: one engine process with its own store; `mock-llm` as a process.
    Embedded,
    /// Somebody else has started everything; the cases run one after the other.
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
    /// How they were come by.
    pub mode: Mode,
    /// Why this mode, in a few words for the person who asked for `auto`.
    pub reason: String,
    /// Redis, where there is one.
    pub redis_url: Option<String>,
    /// The scripted model's base URL, without namespace and without `/v1`.
    pub mock_url: String,
    /// The engine's API, where it is not started case by case.
    pub api_url: Option<String>,
    guard: Guard,
}

/// What must stay alive for the services to be there.
#[derive(Debug)]
enum Guard {
    Processes(Vec<Process>),
    Containers(Box<docker::Containers>),
    Nothing,
}

impl Services {
    /// Starts services in the wanted mode; `None` takes the first that works of local, docker and embedded.
    pub async fn start(
        wanted: Option<Mode>,
        programs: &Programs,
        external: &ExternalUrls,
        dir: &Path,
    ) -> Result<Self, ServiceError> {
        if wanted != Some(Mode::External) {
            // Asked for here, so that it is missed once and not in every case.
            programs.engine()?;
        }
        match wanted {
            Some(Mode::Local) => local::start(programs, dir, "as asked for").await,
            Some(Mode::Docker) => docker::start(programs, "as asked for").await,
            Some(Mode::Embedded) => embedded::start(programs, dir, "as asked for").await,
            Some(Mode::External) => external::services(external).await,
            None => Self::first_that_works(programs, dir).await,
        }
    }

    async fn first_that_works(programs: &Programs, dir: &Path) -> Result<Self, ServiceError> {
        let no_local = match local::start(programs, dir, "redis-server is on the PATH").await {
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

    /// Stops what was started, and waits for it.
    pub async fn stop(self) {
        match self.guard {
            Guard::Processes(processes) => {
                for process in processes {
                    process.kill();
                    process.ended().await;
                }
            }
            Guard::Containers(containers) => containers.remove().await,
            Guard::Nothing => {}
        }
    }
}
