//! The flags of `harness run`.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use harness_report::HistoryFile;
use harness_runner::model::{RealModel, Wire};
use harness_runner::run::Rounds;
use harness_runner::services::Mode;

use super::select::{Selection, Shard, Wish};
use super::shared::{Variables, Wanted, wanted_mode};

/// Shown below the flags.
pub(super) const EXAMPLES: &str = "\
Examples:
  harness run                                     everything in cases/
  harness run cases/test_retries.json             one case
  harness run --filter retry --tag '!slow'        those with this word, but none that are tagged as slow
  harness run --last-failed                       what failed, or was not run, before
  harness run --repeat 50 --fail-fast             looks for a case that fails now and then
  harness run --schedules 20 --seed 7             each case in twenty more interleavings
  harness run --retries 2 --flaky fail            tells such a case from one that is broken
  harness run --shard 1/3                         a third of the cases; 2/3 and 3/3 are the others
  harness run cases/test_x.json --watch           again whenever the case, the engine or the content changes
  harness run cases/test_x.json --keep            leaves everything up to look at
  harness run cases/test_x.json --debug           stops before each step

Exit codes:
  0 passed              1 failed, or not over in time   2 usage      3 a file is not a case   4 no services, or no case run
  5 snapshots wait      6 flaky (with --flaky fail)     130 Ctrl-C or SIGTERM

HARNESS_TIME_FACTOR=3 stretches the time limits of steps.";

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Case files, directories with them, or ids that reports print: `faults/test_retry`, `api/test_methods[GET chat]`.
    #[arg(default_value = "cases/")]
    pub(super) paths: Vec<PathBuf>,
    /// Flags that have a name in `harness.toml`, under `[preset.NAME]`; those on the command line win.
    #[arg(long, value_name = "NAME")]
    pub(super) preset: Option<String>,
    #[command(flatten)]
    pub(super) variables: Variables,
    #[command(flatten)]
    pub(super) which: WhichArgs,
    #[command(flatten)]
    pub(super) order: OrderArgs,
    #[command(flatten)]
    pub(super) limits: LimitArgs,
    #[command(flatten)]
    pub(super) services: ServiceArgs,
    #[command(flatten)]
    pub(super) results: ResultArgs,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Which cases")]
pub(super) struct WhichArgs {
    /// Only cases with this text in their id, name or path; repeated: with any of them. `!TEXT`: without it.
    #[arg(long, value_name = "TEXT")]
    filter: Vec<Wish>,
    /// Only cases with this tag; `a,b`: with one of them; repeated: all must hold. `!TAG`: without it.
    #[arg(long, value_name = "TAG")]
    tag: Vec<Wish>,
    /// Only the Ith of N parts. Where a case belongs depends on its id only, so that more cases move none.
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Only cases that failed, or were not run, and have not passed since. Remembered in `.harness/last-run.json` next to the
    /// cases; `--last-failed=FILE` (repeatable) reads other files instead, such as those of all shards.
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = ".")]
    pub(super) last_failed: Vec<PathBuf>,
    /// Say which cases these are, and run nothing; as JSON with `--json`.
    #[arg(long)]
    pub(super) list: bool,
}

#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[derive(Debug, Args)]
#[command(next_help_heading = "How often and in which order")]
pub(super) struct OrderArgs {
    /// How many cases run at the same time; four times the processors when left out.
    #[arg(long, value_name = "N")]
    pub(super) jobs: Option<NonZeroUsize>,
    /// Run each case N times. One that fails once has failed.
    #[arg(long, value_name = "N", default_value = "1", hide_default_value = true)]
    repeat: NonZeroUsize,
    /// Run the cases over and over until one fails; with `--repeat N`, at most N times.
    #[arg(long)]
    until_fail: bool,
    /// Play each case under N schedules, too: the seed draws what continues first, wherever several could.
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub(super) schedules: usize,
    /// Try a case that has failed up to N times again. One that passes then is flaky.
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub(super) retries: usize,
    /// What a flaky case does to the run.
    #[arg(long, value_enum, default_value_t = Flaky::Pass)]
    pub(super) flaky: Flaky,
    /// Start no case after one has failed.
    #[arg(long)]
    fail_fast: bool,
    /// Run again whenever a case, a snapshot, a model script, the content or a program changes. Ctrl-C ends.
    #[arg(long, conflicts_with_all = ["list", "update", "keep"])]
    pub(super) watch: bool,
    /// Stop before each step and after a failure, print what has happened and what holds, and continue by Enter; one case at a
    /// time, without its time limit.
    #[arg(long, conflicts_with_all = ["list", "watch"])]
    pub(super) debug: bool,
    /// Start the cases in an order that the seed decides.
    #[arg(long)]
    pub(super) shuffle: bool,
    /// What everything is drawn from that is left to chance; drawn itself, and printed, when left out.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

/// What a flaky case does to the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Flaky {
    /// It has passed.
    Pass,
    /// The run ends with exit code 6.
    Fail,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Time limits")]
pub(super) struct LimitArgs {
    /// Cut the whole run short after so many seconds; what has not run counts as failed.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(super) timeout: Option<Duration>,
    /// Fail a case that takes longer; each try has the whole time.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(super) case_timeout: Option<Duration>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Services and programs")]
pub(super) struct ServiceArgs {
    /// How Redis and the model are provided; the first that works of local, docker and embedded when left out.
    #[arg(long, value_parser = wanted_mode, default_value = "auto", value_name = "MODE")]
    pub(super) services: Wanted,
    /// What is tested; the first `harness.toml` next to or above the cases when left out, and the story engine without one.
    #[arg(long, value_name = "FILE")]
    pub(super) profile: Option<PathBuf>,
    /// The wire format in which the engine speaks to the scripted model: openai, anthropic or ollama. Or the URL of a real
    /// model, which then plays in place of the scripts: `http://localhost:11434/v1/`, `anthropic=https://api.anthropic.com/v1/`.
    #[arg(long, value_name = "WIRE|[WIRE=]URL", value_parser = provider, default_value = "openai")]
    pub(super) provider: Provider,
    /// The real model's name.
    #[arg(long, value_name = "NAME", default_value = "default", hide_default_value = true)]
    pub(super) provider_model: String,
    /// The environment variable that holds the real model's key.
    #[arg(long, value_name = "VARIABLE")]
    pub(super) provider_key_env: Option<String>,
    /// Have the model's narrations come as a whole.
    #[arg(long)]
    pub(super) no_stream: bool,
    /// The engine; next to this program when left out.
    #[arg(long, value_name = "PATH")]
    pub(super) engine: Option<PathBuf>,
    /// The scripted model; next to this program when left out.
    #[arg(long, value_name = "PATH")]
    pub(super) mock_llm: Option<PathBuf>,
    /// Content for the engine. When left out: the nearest `fixtures/content`, or `data` with scenarios in it, above the cases or
    /// above here, or else what is built into the engine.
    #[arg(long, value_name = "DIR")]
    pub(super) content: Option<PathBuf>,
    /// What the model answers in cases that name no script; the offline narrator's script when left out.
    #[arg(long, value_name = "FILE")]
    pub(super) model: Option<PathBuf>,
    /// External services: the engine's API.
    #[arg(long, value_name = "URL")]
    pub(super) api_url: Option<String>,
    /// External services: the engine's operators' port. Without it, cases that ask there are skipped.
    #[arg(long, value_name = "URL")]
    pub(super) operators_url: Option<String>,
    /// External services: the Redis behind the engine; looked at once, to see that it is there.
    #[arg(long, value_name = "URL")]
    pub(super) redis_url: Option<String>,
    /// External services: the scripted model that the engine calls.
    #[arg(long, value_name = "URL")]
    pub(super) mock_url: Option<String>,
    /// External services: how the engine is configured, as `engine config` prints it. Cases that need just these settings run.
    #[arg(long, value_name = "FILE")]
    pub(super) engine_config: Option<PathBuf>,
    /// External services: a program that does to processes what steps say (`PROGRAM kill 'worker[0]'`, `PROGRAM scale 2`).
    #[arg(long, value_name = "PROGRAM")]
    pub(super) control: Option<PathBuf>,
}

/// Who answers the engine, and how it is spoken to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Provider {
    pub(super) wire: Wire,
    /// Where a real model is.
    url: Option<String>,
}

impl ServiceArgs {
    /// How services are provided; none where the first way that works is taken. Who says where services are means those, and must not be given
    /// others that happen to start.
    pub(super) fn mode(&self) -> Option<Mode> {
        self.services.mode().or_else(|| self.flag_of_external().map(|_| Mode::External))
    }

    /// The first flag that speaks of services that are there already.
    pub(super) fn flag_of_external(&self) -> Option<&'static str> {
        let flags = [
            ("--api-url", self.api_url.is_some()),
            ("--operators-url", self.operators_url.is_some()),
            ("--redis-url", self.redis_url.is_some()),
            ("--mock-url", self.mock_url.is_some()),
            ("--engine-config", self.engine_config.is_some()),
            ("--control", self.control.is_some()),
        ];
        flags.into_iter().find_map(|(flag, is_given)| is_given.then_some(flag))
    }

    /// The model that plays in place of the scripts.
    pub(super) fn real_model(&self) -> Option<RealModel> {
        let url = self.provider.url.clone()?;
        Some(RealModel { url, name: self.provider_model.clone(), key_env: self.provider_key_env.clone() })
    }
}

fn provider(text: &str) -> Result<Provider, String> {
    let wire = |name: &str| {
        <Wire as ValueEnum>::from_str(name, false)
            .map_err(|_| format!("`{name}` is not one of openai, anthropic, ollama"))
    };
    let Some((before, _)) = text.split_once("://") else { return Ok(Provider { wire: wire(text)?, url: None }) };
    match before.split_once('=') {
        Some((name, _)) => {
            let url = text[name.len() + 1..].to_owned();
            Ok(Provider { wire: wire(name)?, url: Some(url) })
        }
        None => Ok(Provider { wire: Wire::Openai, url: Some(text.to_owned()) }),
    }
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Results")]
pub(super) struct ResultArgs {
    /// Keep what is new as the snapshots.
    #[arg(long)]
    pub(super) update: bool,
    /// What to do about snapshots that belong to no case any more. Known only when whole directories are run unfiltered.
    #[arg(long, value_enum, default_value_t = Unreferenced::Warn)]
    pub(super) unreferenced: Unreferenced,
    /// Leave services, engines and files as they are at the end, list them, and say how to end them. The cases'
    /// processes are then not asked to end, so that it is not checked whether they do.
    #[arg(long)]
    pub(super) keep: bool,
    #[command(flatten)]
    pub(super) reports: ReportArgs,
}

/// Reports besides what is printed.
#[derive(Debug, Args)]
#[command(next_help_heading = "Reports")]
pub(super) struct ReportArgs {
    /// Write a `JUnit` report.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write everything that happens as JSON lines; `-`, or nothing, is stdout, and the text for people goes to stderr.
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    pub(super) json: Option<PathBuf>,
    /// Write one HTML page with a timeline of every case.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// The longest history of the run, in megabytes: everything that happens as JSON lines, for a checker, in
    /// `.harness/history.jsonl` next to the cases. 0 writes none.
    #[arg(long, value_name = "MB", default_value_t = 256)]
    history_mb: u64,
    /// Print annotations for GitHub Actions; there they are printed anyway.
    #[arg(long)]
    github: bool,
}

/// What is done about snapshots that belong to no case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Unreferenced {
    /// Nothing.
    Ignore,
    /// They are listed.
    Warn,
    /// They are listed, and the run ends with exit code 5 if nothing else is wrong.
    Fail,
    /// They are deleted.
    Delete,
}

impl ReportArgs {
    /// Whether everything is to be kept that a report or the history can show.
    pub(super) fn evidence(&self) -> bool {
        self.history_mb > 0 || self.json.is_some() || self.html.is_some()
    }

    /// What is wanted of a run whose history goes into the file `history`.
    pub(super) fn wanted(&self, history: Option<&Path>) -> harness_report::Wanted {
        let limit = self.history_mb.saturating_mul(1024 * 1024);
        let history = history.filter(|_| limit > 0).map(|path| HistoryFile { path: path.to_owned(), limit });
        harness_report::Wanted {
            history,
            junit: self.junit.clone(),
            json: self.json.clone(),
            html: self.html.clone(),
            github: self.github || std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true"),
        }
    }
}

impl WhichArgs {
    /// What selects cases without looking at an earlier run.
    pub(super) fn selection(&self) -> Selection {
        Selection { texts: self.filter.clone(), tags: self.tag.clone(), shard: self.shard }
    }
}

impl OrderArgs {
    /// How often each case runs.
    pub(super) const fn rounds(&self) -> Rounds {
        match (self.repeat.get(), self.until_fail) {
            (1, true) => Rounds::UntilFailure,
            (times, _) => Rounds::Times(times),
        }
    }

    /// The seed, drawn if it was left out: short enough to be typed again.
    pub(super) fn seed(&self) -> u64 {
        self.seed.unwrap_or_else(|| rand::random_range(0..1_000_000))
    }

    /// Whether no case starts after one has failed.
    pub(super) const fn stops_at_a_failure(&self) -> bool {
        self.fail_fast || self.until_fail
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let limit = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    limit.filter(|limit| !limit.is_zero()).ok_or_else(|| "a number of seconds above 0".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::args::{Cli, Command};
    use super::*;

    fn parsed(args: &[&str]) -> Result<RunArgs, clap::Error> {
        match Cli::try_parse_from(["harness", "run"].iter().chain(args))?.command {
            Command::Run(args) => Ok(*args),
            _ => unreachable!(),
        }
    }

    #[test]
    fn until_fail_is_without_end_unless_it_is_told_how_often() {
        assert_eq!(parsed(&["--until-fail"]).unwrap().order.rounds(), Rounds::UntilFailure);
        let args = parsed(&["--until-fail", "--repeat", "9"]).unwrap();
        assert_eq!(args.order.rounds(), Rounds::Times(9));
        assert!(args.order.stops_at_a_failure());
    }

    #[test]
    fn a_provider_is_a_wire_format_or_the_url_of_a_real_model() {
        let read = |text: &str| provider(text).map(|provider| (provider.wire, provider.url));
        assert_eq!(read("ollama"), Ok((Wire::Ollama, None)));
        assert_eq!(read("http://h/v1?a=b"), Ok((Wire::Openai, Some("http://h/v1?a=b".to_owned()))));
        assert_eq!(read("anthropic=https://h/"), Ok((Wire::Anthropic, Some("https://h/".to_owned()))));
        assert!(read("gemini").is_err() && read("gemini=https://h/").is_err());
        let args = parsed(&["--provider", "http://h/", "--provider-model", "m"]).unwrap();
        assert_eq!(args.services.real_model().unwrap().name, "m");
        assert_eq!(parsed(&[]).unwrap().services.real_model(), None);
    }

    #[test]
    fn last_failed_leaves_the_paths_alone() {
        let args = parsed(&["--last-failed", "cases/a.json"]).unwrap();
        assert_eq!((args.which.last_failed.len(), args.paths), (1, vec![PathBuf::from("cases/a.json")]));
        let args = parsed(&["--last-failed=a", "--last-failed=b"]).unwrap();
        assert_eq!(args.which.last_failed, [PathBuf::from("a"), PathBuf::from("b")]);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for args in [
            ["--shard", "0/2"].as_slice(),
            &["--repeat", "0"],
            &["--jobs", "0"],
            &["--timeout", "-1"],
            &["--case-timeout", "soon"],
            &["--flaky", "maybe"],
        ] {
            assert!(parsed(args).is_err(), "{args:?}");
        }
    }
}
