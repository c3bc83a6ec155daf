//! Injects faults at random and checks the engine's promises: many games are played while processes are killed, frozen and
//! restarted at random moments; afterwards a checker reads every event that was published and everything that was stored.
//!
//! [`plan`] draws from one seed who says what, [`schedule`] what is broken; [`scenario`] is what is played. [`testbed`] holds the
//! processes and games, [`players`] speak, [`readers`] read, [`injector`] injects the faults, [`ledger`] follows the model's journal; [`evidence`] is read when
//! all is at rest, [`check`] judges it without touching anything, [`report`] reports.

mod check;
#[cfg(test)]
mod check_tests;
mod evidence;
mod injector;
mod ledger;
mod observed;
mod plan;
mod players;
mod readers;
mod report;
mod scenario;
mod schedule;
mod subject;
mod testbed;
mod together;
#[cfg(test)]
mod together_tests;

use std::path::{Path, PathBuf};
use std::pin::pin;
use std::time::Duration;

use client::ClientError;
use harness_events::Failure;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

pub use plan::Options;
pub use report::Report;

use crate::model::ModelError;
use crate::services::{Programs, ServiceError, Services};
use evidence::Done;
use injector::InjectionLog;
use ledger::Ledger;
use plan::Message;
use players::Board;
use readers::Read;
use schedule::Roster;
use testbed::Testbed;

/// How much longer than its messages a run may last, before `HARNESS_TIME_FACTOR` stretches it.
const TIME_TO_REPAIR: Duration = Duration::from_mins(5);

/// How often progress is reported.
const PROGRESS_EVERY: Duration = Duration::from_secs(1);

/// The run did not get as far as to be judged.
#[derive(Debug, thiserror::Error)]
pub enum ChaosError {
    /// Processes do not start.
    #[error(transparent)]
    Services(#[from] ServiceError),
    /// The model refuses a command or cannot be reached.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The engine does not answer while nothing is broken.
    #[error("cannot {what}: {source}")]
    Engine {
        /// What was to be done.
        what: &'static str,
        /// What came instead.
        source: ClientError,
    },
    /// The run does not end: whatever hangs, the harness does not wait forever.
    #[error("{}", .0.render())]
    Stuck(Box<Failure>),
    /// A file that the processes need cannot be written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// What a run is given.
#[derive(Debug)]
pub struct ChaosContext<'a> {
    /// Redis and the model.
    pub services: &'a Services,
    /// Where the programs are.
    pub programs: &'a Programs,
    /// Where logs and stores go.
    pub dir: &'a Path,
    /// For the calls that the harness makes itself.
    pub http: reqwest::Client,
}

/// Plays, breaks, waits until all is at rest, and checks. `progress` is called once a second.
pub async fn run(options: &Options, context: ChaosContext<'_>, progress: impl Fn(&str)) -> Result<Report, ChaosError> {
    let load = plan::load(options);
    let testbed = Testbed::open(options, context, &load).await?;
    let board = Board::default();
    let limit = load.last().map_or(Duration::ZERO, |message| message.due) + crate::stretched(TIME_TO_REPAIR);
    let played = tokio::time::timeout(limit, play(options, &testbed, &board, load, &progress)).await;
    let (injected, ledger, reads) = played.map_err(|_| ChaosError::Stuck(Box::new(testbed.stuck(limit))))?;
    progress("reading everything again");
    let done = Done { posts: board.into_posts(), ledger, reads };
    let evidence = evidence::collect(&testbed, done, &injected, options.story_event_batch).await;
    let mut findings = check::check(&evidence);
    findings.extend(testbed.stop().await);
    Ok(Report::new(options, &testbed, &injected, &evidence, findings))
}

/// Players speak while faults are injected; after the last message every fault is repaired and the engine comes to rest.
async fn play(
    options: &Options,
    testbed: &Testbed<'_>,
    board: &Board,
    load: Vec<Message>,
    progress: impl Fn(&str),
) -> (InjectionLog, Ledger, Vec<Read>) {
    let (end_of_load, load_over) = watch::channel(false);
    let (end_of_all, all_over) = watch::channel(false);
    let work = async {
        let injections = schedule::injections(options, Roster::of(options, testbed.has_redis()));
        let speak = async {
            players::speak(testbed, board, load, options.concurrency).await;
            end_of_load.send_replace(true);
        };
        let (injected, ()) = tokio::join!(injector::run(testbed, injections, load_over), speak);
        testbed.rest().await;
        end_of_all.send_replace(true);
        injected
    };
    let reads = readers::read(testbed, all_over.clone());
    let mut all = pin!(async { tokio::join!(work, Ledger::follow(&testbed.model, all_over), reads) });
    let mut ticks = tokio::time::interval(PROGRESS_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            all = &mut all => return all,
            _ = ticks.tick() => progress(&report::progress(testbed, board)),
        }
    }
}
