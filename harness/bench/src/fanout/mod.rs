//! How fast one event reaches many: N subscribers of a game, M events per second.
//!
//! [`publish`] makes the events at their moments, one after the other; [`subscriber`]s note when each arrives. The engine
//! ([`engine`]) and nginx's nchan module ([`nchan`]), which does the same for plain messages, are given the same events,
//! of the same size, and are listened to by the same code.

mod engine;
mod nchan;
mod publish;
mod report;
mod subscriber;

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use tokio::time::Instant;

pub use report::{Outcome, Report};

use self::publish::{Publisher, Schedule};
use self::subscriber::Tally;
use super::process::Group;
use super::{BenchEnvironment, BenchError, Machine, allow_files};

/// How many subscribers connect at the same time.
const CONNECTING: usize = 64;
/// How long stragglers may take after the last event.
const GRACE: Duration = Duration::from_secs(15);
/// File descriptors in addition to those of the subscribers.
const OTHER_FILES: usize = 200;

/// What is measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// How many subscribers.
    pub subscribers: usize,
    /// Events per second, over all games.
    pub rate: f64,
    /// How long.
    pub length: Duration,
    /// Over how many games subscribers and events are spread.
    pub games: usize,
    /// How many events are read from the log at the end; none for a peer.
    pub replay: usize,
}

/// A server that publishes and is subscribed to.
pub(super) trait Server: Sized {
    /// What the report calls it.
    fn name(&self) -> String;
    /// Its processes.
    fn group(&self) -> Group;
    /// Its address, and the path at which a game's events after those so far are listened to.
    fn stream(&self, game: usize) -> (std::net::SocketAddr, String);
    /// What makes one game's next event, and knows which number it has.
    fn publisher(&self, game: usize) -> impl Publisher + 'static;
    /// How long it takes to send that many events of a log; none where there is no log to speak of.
    async fn replay(&self, events: usize) -> Result<Option<Duration>, BenchError>;
    /// Ends it with SIGTERM; answers how long it took to go.
    async fn stop(self) -> Result<Duration, BenchError>;
}

/// Measures the engine and, if asked for, nchan after it.
pub async fn run(options: &Options, env: &BenchEnvironment<'_>, against_nchan: bool) -> Result<Report, BenchError> {
    allow_files(options.subscribers + OTHER_FILES)?;
    let mut outcomes = vec![measure(options, engine::start(options, env).await?).await?];
    if against_nchan {
        outcomes.push(measure(options, nchan::start(options, env).await?).await?);
    }
    Ok(Report { machine: Machine::here(), options: options.clone(), outcomes })
}

async fn measure(options: &Options, server: impl Server) -> Result<Outcome, BenchError> {
    let (name, group) = (server.name(), server.group());
    let empty = group.memory();
    let schedule = Arc::new(Schedule::new(options));
    let tally = Arc::new(Tally::default());

    let start = Instant::now();
    let connect = |number: usize| {
        let game = number % options.games;
        let (address, path) = server.stream(game);
        subscriber::connect(address, path, game, Arc::clone(&schedule), Arc::clone(&tally))
    };
    let mut connected = futures::stream::iter((0..options.subscribers).map(connect)).buffer_unordered(CONNECTING);
    let mut subscribers = tokio::task::JoinSet::new();
    while let Some(subscriber) = connected.next().await {
        let subscriber = subscriber.map_err(|reason| BenchError::Server {
            server: "the server",
            what: "be subscribed to",
            reason,
        })?;
        subscribers.spawn(subscriber.listen());
    }
    drop(connected);
    let connecting = start.elapsed();
    let idle = group.memory();

    let cpu = group.cpu();
    schedule.begin();
    let publishing = (0..options.games).map(|game| schedule.publish(game, server.publisher(game)));
    let lags = futures::future::try_join_all(publishing).await?;
    let all_here =
        tokio::time::timeout(harness_runner::stretched(GRACE), tally.until_all(schedule.expected(options))).await;
    let cpu = group.cpu().saturating_sub(cpu);
    let loaded = group.memory();

    let replay = if options.replay > 0 { server.replay(options.replay).await? } else { None };
    let stopping = server.stop().await?;
    subscribers.abort_all();
    Ok(Outcome {
        name,
        complete: all_here.is_ok(),
        expected: schedule.expected(options),
        delivered: tally.delivered(),
        out_of_order: tally.out_of_order(),
        per_second: tally.per_second(),
        latency: tally.latency(),
        publisher_lag_ms: lags.into_iter().max().unwrap_or_default().as_secs_f64() * 1000.0,
        connects_per_second: rate(options.subscribers, connecting),
        bytes_per_subscriber: per(idle.saturating_sub(empty), options.subscribers),
        bytes_per_subscriber_after_load: per(loaded.saturating_sub(empty), options.subscribers),
        memory_bytes: loaded,
        cpu_seconds: cpu.as_secs_f64(),
        replay_ms: replay.map(|replay| replay.as_secs_f64() * 1000.0),
        stop_ms: stopping.as_secs_f64() * 1000.0,
    })
}

fn per(bytes: u64, subscribers: usize) -> u64 {
    bytes / subscribers.max(1) as u64
}

#[expect(clippy::cast_precision_loss, reason = "counts of connections are far below 2^53")]
fn rate(count: usize, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64().max(f64::EPSILON)
}
