//! How many turns there are a second, from end to end: a message is accepted over HTTP, claimed, narrated, its delta read and
//! applied, committed, and a subscriber sees that it is done. The model takes no time, so what is measured is the engine; or it streams at
//! a real one's pace, and what is measured is how much processor time a turn takes.
//!
//! [`load`] sends messages to a [`subject`] and [`board`] follows each to its end. The [`engine`]'s events are kept and
//! [`verify`] judges them: a turn that is lost, doubled or out of order is a finding. A peer is under the same load, from the same
//! code, after the engine has ended: jobs that do nothing ([`apalis`]), or a program that does the same job ([`compare`]).

mod apalis;
mod board;
mod compare;
mod engine;
mod load;
mod report;
mod subject;
mod verify;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

pub use compare::{ChatPeer, Comparison, Row, run as compare};
pub use report::{Outcome, Ratios, Report};

use super::deployment::{Deployment, Setup, script};
use super::narration_pace::Pace;
use super::{BenchEnvironment, BenchError, Machine, allow_files};
use apalis::Peer;
use engine::Games;

/// What goes by before anything is counted.
const WARM_UP: Duration = Duration::from_secs(1);
/// How long what was accepted may take to its end after the last message, before `HARNESS_TIME_FACTOR` stretches it.
const GRACE: Duration = Duration::from_secs(20);
/// File descriptors in addition to those of the listeners.
const OTHER_FILES: usize = 600;
/// The narration of every turn.
const NARRATION: &str = "You look around. The fog has moved a little closer to the landing, and the rope of the bell hangs \
                         as it hung before. Somewhere out on the water a lamp is lit, swings twice, and is still again.";

/// What is measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Options {
    /// Over how many games messages are dealt, one after the other.
    pub games: usize,
    /// How many worker processes there are.
    pub workers: usize,
    /// How many turns each runs at once.
    pub slots: usize,
    /// Closed loop: how many messages are under way at the same time.
    pub at_a_time: usize,
    /// Open loop: messages per second.
    pub rate: Option<f64>,
    /// How the model streams; without it, it answers at once.
    pub pace: Option<Pace>,
    /// How long it is counted.
    #[serde(rename = "seconds", serialize_with = "crate::seconds")]
    pub length: Duration,
    /// What is measured too.
    pub against: Option<Against>,
    /// Where that program is, if it is not where `ci/peers/build` puts it.
    #[serde(skip)]
    pub peer: Option<PathBuf>,
    /// How often each side is measured against a program that does the same job.
    pub repeats: usize,
}

/// What the engine is measured against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Against {
    /// Jobs that do nothing: [`run`] measures them.
    Apalis,
    /// The same job: [`compare()`] measures it.
    #[serde(untagged)]
    Chat(ChatPeer),
}

/// Measures the engine and, if asked for, apalis after it.
pub async fn run(options: &Options, env: &BenchEnvironment<'_>) -> Result<Report, BenchError> {
    allow_files(options.games + options.at_a_time + OTHER_FILES)?;
    // Missed before anything is measured.
    let peer =
        (options.against == Some(Against::Apalis)).then(|| apalis::program(options.peer.as_deref())).transpose()?;

    let script = options.pace.map_or_else(|| script(NARRATION), |pace| pace.script());
    let (workers, slots, streams) = (options.workers, options.slots, options.games);
    let deployment = Deployment::open(env, &Setup { name: "turns", workers, slots, streams, script: &script }).await?;
    let games = Arc::new(Games::new(deployment.address, deployment.games(options.games).await?));
    let load = load::run(options, &games).await?;
    let mut outcomes = vec![Outcome::new("story-engine".to_owned(), load, options)];
    let mut findings = outcomes[0].findings();
    findings.extend(games.findings());
    findings.extend(deployment.stop().await);

    let mut in_process = None;
    if let Some(program) = &peer {
        let peer = Peer::start(options, program, env).await?;
        let load = load::run(options, &Arc::new(peer.jobs())).await?;
        let outcome = Outcome::new("apalis".to_owned(), load, options);
        if options.rate.is_none() {
            in_process = Some(peer.in_process(outcome.accepted.max(1), options, &env.http).await?);
        }
        outcomes.push(outcome);
        peer.stop().await;
    }
    let ratios = if options.rate.is_none() { report::ratios(&outcomes, in_process) } else { Ratios::default() };
    Ok(Report {
        machine: Machine::here(),
        store: env.store(),
        options: options.clone(),
        ratios,
        outcomes,
        peer_in_process_per_second: in_process,
        findings,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_names_what_the_engine_was_measured_against() {
        let name = |against: Against| serde_json::to_value(against).unwrap();
        assert_eq!(name(Against::Apalis), "apalis");
        assert_eq!(name(Against::Chat(ChatPeer::Langgraph)), "langgraph");
    }
}
