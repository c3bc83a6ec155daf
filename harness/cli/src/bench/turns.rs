//! `harness bench turns`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use harness_bench::turns::{self, Against, ChatPeer, Options};
use harness_runner::services::Mode;

use super::{Common, PaceArgs, measure, sensible};
use crate::Exit;

#[derive(Debug, Args)]
pub(super) struct TurnsArgs {
    /// Over how many games messages are dealt, one after the other.
    #[arg(long, value_name = "N", default_value_t = 100)]
    games: usize,
    /// Worker processes; without Redis there is one process for all.
    #[arg(long, value_name = "M", default_value_t = 2)]
    workers: usize,
    /// How many turns each worker runs at once.
    #[arg(long, value_name = "N", default_value_t = 5)]
    slots: usize,
    /// How many messages are under way at the same time: as much is done as can be. Without effect with --rate.
    #[arg(long, value_name = "C", default_value_t = 32)]
    concurrency: usize,
    /// Messages per second, whatever their outcome; each counts from the moment that was planned for it.
    #[arg(long, value_name = "R")]
    rate: Option<f64>,
    /// The model streams word by word, as a real one does, and does not answer at once. Give the workers a slot for each turn that is
    /// under way.
    #[arg(long)]
    pace: bool,
    #[command(flatten)]
    narration_pace: PaceArgs,
    /// For how long, after a second that does not count.
    #[arg(long, value_name = "S", default_value_t = 10.0)]
    seconds: f64,
    /// What else is measured in the same way, in the same run.
    #[arg(long, value_enum)]
    against: Option<Peer>,
    /// The peer's program; where `ci/peers/build` puts it when left out.
    #[arg(long, value_name = "PATH")]
    peer: Option<PathBuf>,
    /// How often the engine and saq, dbos or langgraph are measured, in turns; medians are reported.
    #[arg(long, value_name = "N", default_value_t = 3)]
    repeats: usize,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Peer {
    /// Jobs that do nothing, pushed over HTTP and run by apalis.
    Apalis,
    /// The same turns on SAQ, a job queue on Redis.
    Saq,
    /// The same turns on DBOS, durable workflows on Postgres.
    Dbos,
    /// The same turns on `LangGraph`'s development server, in memory.
    Langgraph,
}

impl Peer {
    const fn against(self) -> Against {
        match self {
            Self::Apalis => Against::Apalis,
            Self::Saq => Against::Chat(ChatPeer::Saq),
            Self::Dbos => Against::Chat(ChatPeer::Dbos),
            Self::Langgraph => Against::Chat(ChatPeer::Langgraph),
        }
    }
}

impl TurnsArgs {
    pub(super) fn options(&self) -> Result<Options, String> {
        if self.games == 0 || self.workers == 0 || self.slots == 0 || self.concurrency == 0 || self.repeats == 0 {
            return Err("--games, --workers, --slots, --concurrency and --repeats are at least 1".to_owned());
        }
        sensible(self.rate.unwrap_or(1.0), self.seconds)?;
        let (against, mode) = (self.against.map(Peer::against), self.common.services.mode());
        match against {
            Some(Against::Apalis) if mode == Some(Mode::Embedded) => {
                return Err("apalis keeps its jobs in Redis: --services local, or docker".to_owned());
            }
            Some(Against::Chat(_)) if !matches!(mode, None | Some(Mode::Local)) => {
                return Err(
                    "what the stores use is counted, too, so they are processes here: --services local".to_owned()
                );
            }
            _ => {}
        }
        Ok(Options {
            games: self.games,
            workers: self.workers,
            slots: self.slots,
            at_a_time: self.concurrency,
            rate: self.rate,
            pace: self.pace.then(|| self.narration_pace.pace()).transpose()?,
            length: Duration::from_secs_f64(self.seconds),
            against,
            peer: self.peer.clone(),
            repeats: self.repeats,
        })
    }

    /// Measures it; an error says what is wrong with the command line.
    pub(super) async fn run(&self) -> Result<Exit, String> {
        let options = self.options()?;
        Ok(match options.against {
            Some(Against::Chat(peer)) => {
                measure(&self.common, async |env| turns::compare(&options, peer, env).await).await
            }
            _ => measure(&self.common, async |env| turns::run(&options, env).await).await,
        })
    }
}
