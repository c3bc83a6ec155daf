//! Whether the rule of the autoscalers is a good one: real worker processes come and go by it under a load that rises and falls like
//! that of a day, and beside it the same load meets as many workers as the rule allows at most.
//!
//! A day takes a minute here, so the rule's times are shortened as well. A worker that goes is asked to end, and lets its turns end first.

mod curve;
mod report;
mod rule;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use client::{Client, Item};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use parking_lot::Mutex;
use protocol::{ChatRequest, Event, IfBusy, Priority};
use serde::Serialize;
use tokio::time::{Instant, sleep_until, timeout_at};

pub use curve::Curve;
pub use report::{Fleet, Report};
pub use rule::Rule;

use super::deployment::{BenchGame, Deployment, Setup, failed};
use super::narration_pace::Pace;
use super::{BenchEnvironment, BenchError, Latency, Machine, allow_files};
use rule::Scaler;

/// How often the queue is looked at.
const LOOK: Duration = Duration::from_millis(500);
/// How long what was accepted may take to its end after the day, before `HARNESS_TIME_FACTOR` stretches it.
const GRACE: Duration = Duration::from_secs(30);
/// File descriptors in addition to those of the games.
const OTHER_FILES: usize = 600;

/// What is measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Options {
    /// The load.
    pub curve: Curve,
    /// The rule.
    pub rule: Rule,
    /// Over how many games messages are dealt, one after the other.
    pub games: usize,
    /// How many turns a worker runs at once.
    pub slots: usize,
    /// How the model streams.
    pub pace: Pace,
}

/// What was seen at a moment of the day.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Look {
    /// When, in seconds.
    pub at: f64,
    /// Messages per second that were sent.
    pub rate: f64,
    /// Requests that waited, and that ran.
    pub work: u64,
    /// How long the oldest had waited, in milliseconds.
    pub oldest_ms: u64,
    /// How many workers there were.
    pub workers: usize,
}

/// Measures the rule, and then as many workers as it allows.
pub async fn run(options: &Options, env: &BenchEnvironment<'_>) -> Result<Report, BenchError> {
    allow_files(2 * options.games + OTHER_FILES)?;
    let by_rule = day(options, options.rule, env, "scale").await?;
    let most = Rule { min: options.rule.max, ..options.rule };
    let always_most = day(options, most, env, "scale-most").await?;
    Ok(Report {
        machine: Machine::here(),
        store: env.store(),
        options: options.clone(),
        fleets: [by_rule, always_most],
    })
}

/// What players have seen.
#[derive(Debug, Default)]
struct Seen {
    to_first_words: Latency,
    to_end: Latency,
    wrong: Vec<String>,
}

/// One day with workers by a rule.
async fn day(options: &Options, rule: Rule, env: &BenchEnvironment<'_>, name: &str) -> Result<Fleet, BenchError> {
    let script = options.pace.script();
    let (slots, streams) = (options.slots, options.games);
    let deployment = Deployment::open(env, &Setup { name, workers: rule.min, slots, streams, script: &script }).await?;
    let games = deployment.games(options.games).await?;
    let seen = Arc::new(Mutex::new(Seen::default()));
    let start = Instant::now();
    let over = start + options.curve.length + harness_runner::stretched(GRACE);
    let players = async {
        let mut turns = FuturesUnordered::new();
        for (number, at) in options.curve.moments().into_iter().enumerate() {
            sleep_until(start + at).await;
            let (client, game) = (deployment.client.clone(), games[number % games.len()]);
            let (seen, due) = (Arc::clone(&seen), start + at);
            turns.push(tokio::spawn(async move {
                let turn = timeout_at(over, play(&client, game, due, &seen)).await;
                if let Err(reason) = turn.unwrap_or_else(|_| Err("not over in time".to_owned())) {
                    seen.lock().wrong.push(format!("message {number} of game {}: {reason}", game.id));
                }
            }));
        }
        while turns.next().await.is_some() {}
    };
    let looks = Mutex::new(Vec::new());
    tokio::select! {
        ended = watch(&deployment, options, rule, start, &looks) => match ended? {},
        () = players => {}
    }
    let mut seen = std::mem::take(&mut *seen.lock());
    seen.wrong.extend(deployment.stop().await);
    Ok(Fleet::new(looks.into_inner(), &seen.to_first_words, &seen.to_end, seen.wrong))
}

/// Looks at the queue and has as many workers as the rule says, until it is dropped.
async fn watch(
    deployment: &Deployment,
    options: &Options,
    rule: Rule,
    start: Instant,
    looks: &Mutex<Vec<Look>>,
) -> Result<Infallible, BenchError> {
    let mut scaler = Scaler::new(rule);
    let mut moments = tokio::time::interval_at(start, LOOK);
    loop {
        moments.tick().await;
        let queue = deployment.queue().await?;
        let (now, work) = (start.elapsed(), queue.depth + queue.active);
        let workers = scaler.workers(now, work);
        let (rate, oldest_ms) = (options.curve.rate(now.min(options.curve.length)), queue.oldest_age_ms);
        looks.lock().push(Look { at: now.as_secs_f64(), rate, work, oldest_ms, workers });
        deployment.scale(workers).await?;
    }
}

/// Sends a message and follows its turn to the end.
async fn play(client: &Client, game: BenchGame, due: Instant, seen: &Mutex<Seen>) -> Result<(), String> {
    let message = ChatRequest {
        game_state_id: game.id,
        message: "I look around, and then I look once more.".to_owned(),
        actor: None,
        if_busy: IfBusy::Enqueue,
        priority: Priority::Normal,
        stream: None,
    };
    let accepted = client.chat(&message).await.map_err(|error| failed("take a message", error).to_string())?;
    let mut events = client.request_events(accepted.request_id);
    let mut has_words = false;
    while let Some(item) = events.next().await {
        match item {
            Item::Event { event: Event::ChatChunk(_), .. } if !has_words => {
                has_words = true;
                seen.lock().to_first_words.record(due.elapsed());
            }
            Item::Event { event: Event::RequestCompleted(_), .. } => {
                seen.lock().to_end.record(due.elapsed());
                return Ok(());
            }
            Item::Event { event, .. } if event.is_terminal() => {
                return Err(format!("{} {}", event.name(), event.data()));
            }
            Item::Failed(error) => return Err(error.to_string()),
            _ => {}
        }
    }
    Err("its events ended before it did".to_owned())
}
