//! `harness chaos`: starts services, plays and breaks, reports.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use harness_runner::chaos::{self, ChaosContext, ChaosError, Options};
use harness_runner::services::{Durability, ExternalUrls, Mode, Programs, Services};
use indicatif::ProgressBar;

use super::Exit;
use super::interrupt::asked_to_end;
use super::setup::{in_a_directory, without_services};
use super::shared::{Wanted, wanted_mode};

/// More turns than this a game's history does not show whole.
const TURNS_PER_GAME: usize = 1000;

/// More story events than this no turn tells.
const STORY_EVENTS_MAX: usize = 16;

#[derive(Debug, Args)]
pub(super) struct ChaosArgs {
    /// Draws the messages and the schedule of what is broken; drawn itself when left out.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// How many messages are sent.
    #[arg(long, value_name = "N", default_value_t = 2000, conflicts_with = "minutes")]
    turns: usize,
    /// Send messages for so long instead.
    #[arg(long, value_name = "M")]
    minutes: Option<u32>,
    /// How many games they are spread over.
    #[arg(long, value_name = "N", default_value_t = 200)]
    games: usize,
    /// Worker processes, each of which runs five turns at once. Without Redis one process runs them all.
    #[arg(long, value_name = "N", default_value_t = 4)]
    workers: usize,
    /// Messages per second.
    #[arg(long, value_name = "N", default_value_t = 50)]
    rate: u32,
    /// How many messages may be on their way at once.
    #[arg(long, value_name = "N", default_value_t = 16)]
    concurrency: usize,
    /// The engine's lease TTL, which also sets the pace at which things are broken.
    #[arg(long, value_name = "MS", default_value_t = 500)]
    lease_ms: u64,
    /// How Redis and the model are provided: auto, local, docker or embedded.
    #[arg(long, value_parser = wanted_mode, default_value = "auto")]
    services: Wanted,
    /// Kill Redis too and start it again on its append-only file. Only where it is a process of ours.
    #[arg(long)]
    redis_faults: bool,
    /// How many story events that wait behind each other the engine tells in one turn (`queue.story_event_batch`). Above 1, each bell sets
    /// off one more than that.
    #[arg(long, value_name = "N", default_value_t = 1)]
    story_event_batch: usize,
    /// The engine; next to this program when left out.
    #[arg(long, value_name = "PATH")]
    engine: Option<PathBuf>,
    /// The scripted model; next to this program when left out.
    #[arg(long, value_name = "PATH")]
    mock_llm: Option<PathBuf>,
    /// Keep the directory with logs, configurations and stores, and say where it is.
    #[arg(long)]
    keep: bool,
}

impl ChaosArgs {
    /// What is to be played and broken; what makes no sense comes back as a sentence.
    fn options(&self) -> Result<Options, String> {
        let turns = self.minutes.map_or(self.turns, |minutes| minutes as usize * 60 * self.rate as usize);
        for (flag, value) in [("games", self.games), ("workers", self.workers), ("rate", self.rate as usize)] {
            if value == 0 {
                return Err(format!("--{flag} 0 leaves nothing to do: give at least 1"));
            }
        }
        if self.lease_ms < 100 {
            return Err("--lease-ms below 100 cannot be distinguished from a busy machine".to_owned());
        }
        if !(1..=STORY_EVENTS_MAX).contains(&self.story_event_batch) {
            return Err(format!("--story-event-batch is from 1 to {STORY_EVENTS_MAX}, as the engine has it"));
        }
        if turns / self.games > TURNS_PER_GAME {
            let games = turns.div_ceil(TURNS_PER_GAME);
            return Err(format!("{turns} messages are too many for {} games: give --games {games}", self.games));
        }
        if self.redis_faults && self.services != Wanted::Mode(Mode::Local) {
            return Err("--redis-faults kills a Redis that is ours: give --services local".to_owned());
        }
        if self.services == Wanted::Mode(Mode::External) {
            return Err("external services cannot be broken: give --services local, docker or embedded".to_owned());
        }
        Ok(Options {
            // Short enough to be typed again.
            seed: self.seed.unwrap_or_else(|| rand::random_range(0..1_000_000)),
            turns,
            games: self.games,
            workers: self.workers,
            rate: f64::from(self.rate),
            concurrency: self.concurrency,
            lease: Duration::from_millis(self.lease_ms),
            redis_faults: self.redis_faults,
            story_event_batch: self.story_event_batch,
        })
    }
}

/// Breaks things as asked for.
pub(super) async fn run(args: ChaosArgs) -> Exit {
    let options = match args.options() {
        Ok(options) => options,
        Err(reason) => {
            note!("{reason}");
            return Exit::Usage;
        }
    };
    let end = asked_to_end();
    in_a_directory(args.keep, async |dir| {
        let programs = Programs {
            supervisor: std::env::current_exe().ok(),
            kept: None,
            engine: args.engine.clone(),
            mock_llm: args.mock_llm.clone(),
        };
        let mode = args.services.mode();
        let external = ExternalUrls::default();
        let services = match Services::start(mode, &programs, &external, Durability::Always, dir).await {
            Ok(services) => services,
            Err(error) => return without_services(error),
        };
        let exit = match harness_runner::http::client() {
            Ok(http) => play(&options, ChaosContext { services: &services, programs: &programs, dir, http }, end).await,
            Err(error) => {
                note!("{error}");
                Exit::Services
            }
        };
        services.stop().await;
        exit
    })
    .await
}

async fn play(options: &Options, context: ChaosContext<'_>, end: impl Future<Output = ()>) -> Exit {
    note!("seed {}", options.seed);
    let bar = std::io::stderr().is_terminal().then(ProgressBar::new_spinner);
    let tell = |line: &str| {
        if let Some(bar) = &bar {
            bar.set_message(line.to_owned());
            bar.tick();
        }
    };
    let played = tokio::select! {
        played = chaos::run(options, context, tell) => played,
        () = end => {
            note!("interrupted");
            return Exit::Interrupted;
        }
    };
    if let Some(bar) = &bar {
        bar.finish_and_clear();
    }
    match played {
        Ok(report) => {
            show!("{}", report.render().trim_end());
            if report.passed() { Exit::Ok } else { Exit::Failed }
        }
        Err(ChaosError::Services(error)) => {
            note!("{:?}", miette::Report::new(error));
            Exit::Services
        }
        Err(error @ ChaosError::Stuck(_)) => {
            show!("{error}\n0 passed, 1 failed");
            Exit::Failed
        }
        Err(error) => {
            note!("{error}");
            Exit::Services
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::args::{Cli, Command};
    use super::*;

    fn options(args: &[&str]) -> Result<Options, String> {
        match Cli::try_parse_from(["harness", "chaos"].iter().chain(args)).unwrap().command {
            Command::Chaos(args) => args.options(),
            _ => unreachable!(),
        }
    }

    #[test]
    fn minutes_are_turned_into_messages() {
        assert_eq!(options(&["--minutes", "2", "--rate", "10"]).unwrap().turns, 1200);
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_what_would() {
        for (args, advice) in [
            (["--games", "0"].as_slice(), "at least 1"),
            (&["--games", "1"], "--games 2"),
            (&["--redis-faults"], "--services local"),
            (&["--services", "external"], "cannot be broken"),
            (&["--lease-ms", "5"], "busy machine"),
            (&["--story-event-batch", "0"], "from 1 to 16"),
            (&["--story-event-batch", "17"], "from 1 to 16"),
        ] {
            let error = options(args).unwrap_err();
            assert!(error.contains(advice), "{error}");
        }
    }
}
