//! Measures the engine under load, beside a peer where there is one, in one run on one machine.
//!
//! Every measurement is open loop: what is to happen has its moment before the run begins, and a latency counts from
//! that moment, not from when the harness got round to it. So a server that stalls is charged for all that waited.
//!
//! One room a measurement ([`fanout`]); what they share is here: [`latency`] counts, [`process`] asks the system what a
//! server uses, [`place`] says what was measured where.

pub mod fanout;
mod latency;
mod place;
mod process;

use std::path::PathBuf;

use crate::services::{ServiceError, StartError};

pub use latency::{Latency, Summary};
pub use place::Place;

/// A measurement could not be made.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The engine's surroundings do not start.
    #[error(transparent)]
    Services(#[from] ServiceError),
    /// A server does not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A server does not do as it is told.
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
    #[error("there is no {what}: install the Debian packages nginx and libnginx-mod-nchan, or leave out --against")]
    NoPeer {
        /// What is missing.
        what: &'static str,
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
