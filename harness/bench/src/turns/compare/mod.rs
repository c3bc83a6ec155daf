//! The engine beside a program that does the same job with another library: run by run in turns, each on services of its own.
//!
//! [`program`] starts the peer, [`chat`] is the peer as the load speaks to it, in a [`dialect`] of HTTP; [`check`] judges what it has done.
//! Both sides are under the same load from the same code, and [`report`] says what each took, and who is better.

mod chat;
mod check;
mod dialect;
mod program;
mod report;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use harness_runner::services::{Durability, ExternalUrls, Mode, Services};
use serde::Serialize;

pub use report::{Comparison, Row};

use super::engine::Games;
use super::report::Outcome;
use super::{NARRATION, OTHER_FILES, Options, load};
use crate::deployment::{Deployment, Setup, script};
use crate::{BenchEnvironment, BenchError, Machine, allow_files, process};
use chat::Conversations;
use program::Program;

/// What plays a turn is not what is measured.
const MODEL: &str = "mock-llm";

/// A program that does what the engine does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ChatPeer {
    /// A job queue on Redis.
    Saq,
    /// Durable workflows on Postgres.
    Dbos,
    /// `LangGraph`'s development server, in memory.
    Langgraph,
}

impl ChatPeer {
    /// What it is called, also where it is built.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Saq => "saq",
            Self::Dbos => "dbos",
            Self::Langgraph => "langgraph",
        }
    }
}

/// Who is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Ours,
    Theirs,
}

/// The sides in the order in which they are measured: in turns, so that what changes on the machine meanwhile changes for both.
fn order(repeats: usize) -> impl Iterator<Item = Side> {
    [Side::Ours, Side::Theirs].into_iter().cycle().take(repeats * 2)
}

/// What one run of one side has brought.
#[derive(Debug, Clone, Serialize)]
pub struct Run {
    /// What the load says.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// Processor time of the program and its store, in milliseconds for each turn.
    pub server_cpu_ms: f64,
    /// Memory of the program and its store at the end, in bytes; what processes share counts once.
    pub memory: u64,
    /// What is wrong with it: nothing, if it is worth its numbers.
    pub findings: Vec<String>,
}

/// Measures both sides, so often each.
pub async fn run(options: &Options, peer: ChatPeer, env: &BenchEnvironment<'_>) -> Result<Comparison, BenchError> {
    allow_files(options.games + options.at_a_time + OTHER_FILES)?;
    if env.services.mode != Mode::Local {
        let reason = format!("what a container uses is not counted, and the services are {}", env.services.mode);
        return Err(BenchError::Server { server: "the harness", what: "compare (--services local)", reason });
    }
    // Missed before anything is measured.
    let program = Program::find(peer, options.peer.as_deref())?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for (number, side) in order(options.repeats).enumerate() {
        let dir = env.subdir(&number.to_string())?;
        let before: BTreeSet<i32> = process::descendants().into_keys().collect();
        let external = ExternalUrls::default();
        let services = Services::start(Some(Mode::Local), env.programs, &external, Durability::None, &dir).await?;
        let inner = BenchEnvironment { services: &services, programs: env.programs, dir: &dir, http: env.http.clone() };
        match side {
            Side::Ours => ours.push(engine(options, &inner, &before).await?),
            Side::Theirs => theirs.push(other(options, &program, &inner, &before).await?),
        }
        services.stop().await;
    }
    Ok(Comparison::new(Machine::here(), options.clone(), peer, ours, theirs))
}

async fn engine(options: &Options, env: &BenchEnvironment<'_>, before: &BTreeSet<i32>) -> Result<Run, BenchError> {
    let (workers, slots, streams) = (options.workers, options.slots, options.games);
    let script = model_script(options);
    let deployment = Deployment::open(env, &Setup { name: "turns", workers, slots, streams, script: &script }).await?;
    let games = Arc::new(Games::new(deployment.address, deployment.games(options.games).await?));
    let load = load::run(options, &games).await?;
    let memory = memory(before);
    let outcome = Outcome::new("story-engine".to_owned(), load, options);
    let mut findings = outcome.findings();
    findings.extend(games.findings());
    findings.extend(deployment.stop().await);
    Ok(Run { server_cpu_ms: server_cpu(&outcome.cpu_ms), outcome, memory, findings })
}

async fn other(
    options: &Options,
    program: &Program,
    env: &BenchEnvironment<'_>,
    before: &BTreeSet<i32>,
) -> Result<Run, BenchError> {
    let running = program.start(options, &model_script(options), env).await?;
    let narration = options.pace.map_or_else(|| NARRATION.to_owned(), |pace| pace.pieces().concat());
    let conversations = Conversations::open(program.peer, running.address, &env.http, options.games, narration);
    let conversations = Arc::new(conversations.await?);
    let load = load::run(options, &conversations).await?;
    let memory = memory(before);
    let outcome = Outcome::new(program.peer.name().to_owned(), load, options);
    let mut findings = outcome.findings();
    findings.extend(conversations.findings(&env.http).await?);
    running.stop().await;
    Ok(Run { server_cpu_ms: server_cpu(&outcome.cpu_ms), outcome, memory, findings })
}

fn model_script(options: &Options) -> String {
    options.pace.map_or_else(|| script(NARRATION), |pace| pace.script())
}

/// Of processor time by name what is neither this program's nor the model's.
fn server_cpu(by_name: &BTreeMap<String, f64>) -> f64 {
    let own = process::own_name();
    by_name.iter().filter(|(name, _)| **name != own && *name != MODEL).map(|(_, ms)| ms).sum()
}

/// Memory of all that was started since, but for the model.
fn memory(before: &BTreeSet<i32>) -> u64 {
    let started = process::descendants().into_iter().filter(|(pid, name)| !before.contains(pid) && name != MODEL);
    started.map(|(pid, _)| process::memory(pid)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_take_turns_and_each_is_measured_as_often() {
        use Side::{Ours, Theirs};
        assert_eq!(order(3).collect::<Vec<_>>(), [Ours, Theirs, Ours, Theirs, Ours, Theirs]);
    }

    #[test]
    fn what_plays_the_turns_is_not_charged() {
        let by_name = [("engine", 1.5), ("redis-server", 0.25), (MODEL, 8.0)].map(|(name, ms)| (name.to_owned(), ms));
        let mut by_name: BTreeMap<String, f64> = by_name.into();
        by_name.insert(process::own_name(), 4.0);
        assert!((server_cpu(&by_name) - 1.75).abs() < 1e-9, "{by_name:?}");
    }
}
