//! Measures the engine under load, and a peer where there is one, in one run on one machine.
//!
//! Latencies are those of an open loop wherever one is asked for: what is to happen has its moment before the run begins,
//! and a latency counts from that moment, not from when the harness got round to it. So a server that stalls is charged for
//! all that waited. What can be done at most is asked in a closed loop, which says so.
//!
//! One folder a measurement: [`turns`], [`accept`], [`stream`], [`fanout`], [`storage`] and [`scale`] of the engine, [`own`] of the harness
//! itself. What they share is here: [`env`] and [`deployment`] are where it is done, [`narration_pace`] how fast the model streams, [`pace`] says when, [`open`] is the open loop,
//! [`wire`] is how servers are spoken to, [`latency`] counts, [`process`] asks the system what a server uses, [`machine`] says
//! what was measured where, [`table`] shows it.

pub mod accept;
mod deployment;
mod env;
pub mod fanout;
mod latency;
mod machine;
mod narration_pace;
mod open;
pub mod own;
mod pace;
mod process;
pub mod scale;
pub mod storage;
pub mod stream;
mod table;
pub mod turns;
mod wire;

use std::path::PathBuf;
use std::time::Duration;

use harness_runner::model::ModelError;
use harness_runner::services::{ServiceError, StartError};

pub use env::BenchEnvironment;
pub use latency::{Latency, Summary};
pub use machine::Machine;
pub use narration_pace::Pace;
pub use open::Lag;

/// A measurement could not be made.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The engine's surroundings do not start.
    #[error(transparent)]
    Services(#[from] ServiceError),
    /// A server does not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The model refuses a command or cannot be reached.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A server refuses a command or cannot be reached.
    #[error("{server} cannot {what}: {reason}")]
    Server {
        /// Which one.
        server: &'static str,
        /// What it was to do.
        what: &'static str,
        /// What came of it.
        reason: String,
    },
    /// The peer is not installed.
    #[error("there is no {what}: {advice}, or leave out --against")]
    NoPeer {
        /// What is missing.
        what: String,
        /// How to get it.
        advice: &'static str,
    },
    /// A file cannot be written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// More connections than this process may have.
    #[error("{wanted} connections are more than the {limit} files that this process may open: raise `ulimit -n`")]
    Files {
        /// How many were asked for.
        wanted: usize,
        /// How many there may be.
        limit: u64,
    },
}

/// Lets this process, and those that it starts, open as many files as the system allows them; fails if that is too few.
pub(crate) fn allow_files(wanted: usize) -> Result<(), BenchError> {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limits = getrlimit(Resource::Nofile);
    limits.current = limits.maximum;
    // Without it the limit below says what there is.
    let _ = setrlimit(Resource::Nofile, limits);
    match getrlimit(Resource::Nofile).current {
        Some(limit) if limit < wanted as u64 => Err(BenchError::Files { wanted, limit }),
        _ => Ok(()),
    }
}

/// A duration as a report's JSON has it.
fn seconds<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}
