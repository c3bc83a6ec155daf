//! What the harness itself costs: to have services up, to schedule and play a case, a step of a conversation, to read cases,
//! to compare a snapshot, and the whole suite.
//!
//! [`world`] starts services and plays cases that do as little as can be; [`reading`] reads and compares; [`suite`] runs this
//! program as a person would. Each cost is shown with its goal.

mod reading;
mod report;
mod suite;
mod world;

use std::path::PathBuf;

use serde::Serialize;

pub use report::{Cost, Report};

use super::{BenchEnvironment, BenchError, Machine};

/// What is measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Options {
    /// How often services are started.
    pub starts: usize,
    /// How many cases are played that do nothing.
    pub cases: usize,
    /// How many messages the conversation has.
    pub steps: usize,
    /// How many case files are read.
    pub files: usize,
    /// The suite; `None` leaves it out.
    #[serde(skip)]
    pub suite: Option<PathBuf>,
}

/// Measures all of it. The services of `env` carry the cases; others are started in addition and ended afterwards.
pub async fn run(options: &Options, env: &BenchEnvironment<'_>) -> Result<Report, BenchError> {
    let mut costs = world::starts(options, env).await?;
    let (played, mut findings) = world::cases(options, env).await?;
    costs.extend(played);
    costs.extend(reading::costs(options, env).await?);
    if let Some(path) = &options.suite {
        let (ran, wrong) = suite::costs(path, env).await?;
        costs.extend(ran);
        findings.extend(wrong);
    }
    let mode = env.services.mode.to_string();
    Ok(Report { machine: Machine::here(), mode, options: options.clone(), costs, findings })
}
