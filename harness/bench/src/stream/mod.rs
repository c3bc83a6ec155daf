//! What is added between a model's words and a subscriber: many streams at once, each of a turn that is narrated at a fixed pace.
//!
//! The model sends each word of a narration at its moment after the call has come, which its journal has; words are of one
//! length, so a chunk says by its offset which of them it holds, and how long ago they were due. The engine gathers words for
//! about 30 ms before they cost an event: what the newest word of a chunk has waited is what the way takes, what the oldest
//! has waited is that and the gathering.

mod added;
mod player;
mod report;

use std::collections::HashMap;
use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use jiff::Timestamp;
use mock_llm::{Kind, Record, Role};
use serde::Serialize;
use tokio::time::Instant;

pub use report::Report;

use self::added::{Called, Sums};
use self::player::Player;
use super::deployment::{Deployment, Setup, failed};
use super::narration_pace::Pace;
use super::{BenchEnvironment, BenchError, Machine, allow_files, process};

/// The most streams at once: their calls must all be in the model's journal when it is read.
pub const STREAMS_MAX: usize = 250;
/// How long a round may take on top of the model's own time, before `HARNESS_TIME_FACTOR` stretches it.
const GRACE: Duration = Duration::from_secs(20);
/// File descriptors in addition to those of the streams.
const OTHER_FILES: usize = 200;

/// What is measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Options {
    /// How many streams at once, each of a game of its own.
    pub streams: usize,
    /// How many turns each game has, one after the other.
    pub rounds: usize,
    /// How the model streams each turn.
    #[serde(flatten)]
    pub pace: Pace,
    /// How many worker processes there are; together they have a slot for each stream.
    pub workers: usize,
}

/// Measures the engine.
pub async fn run(options: &Options, env: &BenchEnvironment<'_>) -> Result<Report, BenchError> {
    allow_files(options.streams * 2 + OTHER_FILES)?;
    let script = options.pace.script();
    let slots = options.streams.div_ceil(options.workers);
    let setup = Setup { name: "stream", workers: options.workers, slots, streams: options.streams, script: &script };
    let deployment = Deployment::open(env, &setup).await?;
    let games = deployment.games(options.streams).await?;
    let opened = games.into_iter().enumerate().map(|(number, game)| Player::open(number, game, deployment.address));
    let opened: Result<Vec<Player>, _> = futures::stream::iter(opened).buffered(16).try_collect().await;
    let mut players = opened.map_err(|error| failed("be listened to", error))?;
    let (mut sums, mut last_call) = (Sums::default(), 0);
    let before = process::cpu_by_name();
    let began = Instant::now();
    for _ in 0..options.rounds {
        let (at, time) = (Instant::now(), Timestamp::now());
        let limit = options.pace.due(options.pace.words) + harness_runner::stretched(GRACE);
        let observed = futures::future::join_all(players.iter_mut().map(|player| player.play(limit))).await;
        let calls = deployment.model.calls_after(last_call).await?;
        last_call = calls.last().map_or(last_call, |call| call.id);
        // By the clock that the model's journal goes by.
        let on_clock = |call: &Record| at + Duration::try_from(call.at.duration_since(time)).unwrap_or_default();
        let called = narrations(&calls, on_clock);
        for (number, observed) in observed.into_iter().enumerate() {
            match observed {
                Ok(observed) => sums.add(options, number, &observed, called.get(&number)),
                Err(reason) => sums.findings.push(format!("stream {number}: {reason}")),
            }
        }
    }
    let length = began.elapsed();
    let cpu = process::cpu_between(&before, &process::cpu_by_name());
    sums.findings.extend(deployment.stop().await);
    Ok(Report::new(Machine::here(), env.store(), options, sums, length, cpu))
}

/// When the model was called for each stream's narration.
fn narrations(calls: &[Record], on_clock: impl Fn(&Record) -> Instant) -> HashMap<usize, Called> {
    let mut called: HashMap<usize, Called> = HashMap::new();
    for call in calls.iter().filter(|call| call.kind == Kind::Text) {
        let said = call.messages.iter().rev().find(|message| message.role == Role::User);
        let Some(number) = said.and_then(|said| player::number(&said.text)) else { continue };
        let late = call.answer.first_frame_ms.map(|ms| Duration::from_secs_f64(ms / 1000.0));
        let entry = called.entry(number).or_insert(Called { at: on_clock(call), first_frame: late, times: 0 });
        entry.times += 1;
    }
    called
}
