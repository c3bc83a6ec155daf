//! `harness run`: gathers cases, starts services, runs, reports, cleans up.

use std::env;
use std::future::pending;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use miette::Report;
use rustix::process::{Pid, test_kill_process_group};

use super::Exit;
use super::gather::{gather, list};
use super::interrupt::Interrupt;
use super::run_args::{Flaky, RunArgs};
use super::{unreferenced, watch};
use crate::case::Case;
use crate::last_run::{self, Standing};
use crate::profile::{self, Profile};
use crate::report::{CaseOutcome, Events, Reporters, Summary};
use crate::run::{CaseStanding, Ended, Plan, RunContext, Schedules, run as run_cases};
use crate::services::{Durability, ExternalUrls, Kept, Programs, ServiceError, Services};

/// Why a run is cut short from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    Interrupted,
    TimedOut(Duration),
    Changed,
}

impl Cut {
    /// Says so, where that has not been done yet.
    fn exit(self) -> Exit {
        match self {
            Self::Interrupted => Exit::Interrupted,
            // Another run follows, whose exit code counts.
            Self::Changed => Exit::Ok,
            Self::TimedOut(limit) => {
                note!("the run was not over after {} s (--timeout)", limit.as_secs_f64());
                Exit::Failed
            }
        }
    }
}

/// Runs cases as asked for.
pub(super) async fn run(args: RunArgs) -> Exit {
    let interrupt = Interrupt::listen();
    if args.order.watch { watch::run(&args, interrupt).await } else { once(&args, interrupt, pending()).await }
}

/// Runs cases once. When `changed` ends, the run is cut short.
pub(super) async fn once(args: &RunArgs, interrupt: Interrupt, changed: impl Future<Output = ()>) -> Exit {
    let seed = args.order.seed();
    let profile = match find_profile(args.services.profile.as_deref(), &args.paths) {
        Ok(profile) => profile,
        Err(exit) => return exit,
    };
    let cases = match gather(args, &profile, seed) {
        Ok(cases) => cases,
        Err(exit) => return exit,
    };
    if args.which.list {
        return list(&cases, args.results.reports.json.as_deref());
    }
    note!("seed {seed}");
    in_a_directory(args.results.keep, async |dir| {
        let kept = args.results.keep.then(Kept::default);
        let place = Place { seed, profile, dir, kept: kept.clone() };
        let exit = start(args, cases, place, cut(args, interrupt, changed)).await;
        if let Some(kept) = kept {
            farewell(&kept, dir);
        }
        exit
    })
    .await
}

/// The profile that the cases are for.
pub(super) fn find_profile(named: Option<&Path>, paths: &[PathBuf]) -> Result<Arc<Profile>, Exit> {
    profile::find(named, paths).map_err(|error| {
        note!("{:?}", Report::new(error));
        Exit::Usage
    })
}

/// Works in a directory that is gone afterwards, unless it is to be kept.
pub(super) async fn in_a_directory(keep: bool, work: impl AsyncFnOnce(&Path) -> Exit) -> Exit {
    let dir = match tempfile::Builder::new().prefix("harness-").tempdir() {
        Ok(dir) => dir,
        Err(error) => {
            note!("no temporary directory: {error}");
            return Exit::Services;
        }
    };
    let path = dir.path().to_owned();
    if keep {
        note!("logs, configurations and stores stay in {}", dir.keep().display());
        return work(&path).await;
    }
    work(&path).await
}

/// Where and with what a run takes place.
pub(super) struct Place<'a> {
    pub(super) seed: u64,
    pub(super) profile: Arc<Profile>,
    pub(super) dir: &'a Path,
    pub(super) kept: Option<Kept>,
}

/// Waits for what cuts the run short.
async fn cut(args: &RunArgs, mut interrupt: Interrupt, changed: impl Future<Output = ()>) -> Cut {
    let timeout = async {
        match args.limits.timeout {
            Some(limit) => {
                tokio::time::sleep(limit).await;
                limit
            }
            None => pending().await,
        }
    };
    tokio::select! {
        () = interrupt.told() => Cut::Interrupted,
        () = changed => Cut::Changed,
        limit = timeout => Cut::TimedOut(limit),
    }
}

async fn start(args: &RunArgs, cases: Vec<Case>, place: Place<'_>, cut: impl Future<Output = Cut>) -> Exit {
    let mut cut = std::pin::pin!(cut);
    let keep = place.kept.is_some();
    let prepared = tokio::select! {
        prepared = prepare(args, &cases, place) => prepared,
        cut = &mut cut => return cut.exit(),
    };
    let context = match prepared {
        Ok(context) => context,
        Err(exit) => return exit,
    };
    let reporters = match Reporters::open(&args.results.reports.wanted()) {
        Ok(reporters) => reporters,
        Err(error) => {
            note!("{error}");
            context.services.stop().await;
            return Exit::Usage;
        }
    };
    let orphans = unreferenced::find(args, &cases);
    let plan = Plan {
        cases,
        rounds: args.order.rounds(),
        schedules: Schedules { each: args.order.schedules, seed: context.seed },
        retries: args.order.retries,
        fail_fast: args.order.stops_at_a_failure(),
    };
    let (events, received) = Events::channel();
    let (ended, told) = tokio::join!(run_cases(&context, plan, events, cut), reporters.follow(received));
    if keep {
        context.services.keep();
    } else {
        context.services.stop().await;
    }
    if let Err(error) = &told {
        note!("{error}");
    }
    let exit = match conclude(args, &ended) {
        exit if ended.cut.is_some() => exit,
        Exit::Ok if told.is_err() => Exit::Usage,
        exit => exit,
    };
    let snapshots =
        if ended.cut.is_none() { unreferenced::settle(&orphans, args.results.unreferenced) } else { Exit::Ok };
    if exit == Exit::Ok { snapshots } else { exit }
}

/// Starts services for the cases.
pub(super) async fn prepare(args: &RunArgs, cases: &[Case], place: Place<'_>) -> Result<RunContext, Exit> {
    let wanted = &args.services;
    let served = wanted.content.clone().or_else(|| fixture("content", cases, None));
    // Only the story engine has content.
    let served = served.or_else(|| (!place.profile.is_story_engine()).then(PathBuf::new));
    let Some(served) = served else {
        note!(
            "there is no `fixtures/content` here or in a directory above: say where the content is with `--content DIR`"
        );
        return Err(Exit::Usage);
    };
    if place.profile.is_story_engine() && !served.is_dir() {
        note!("{} is no directory: `--content` names one with scenarios in it", served.display());
        return Err(Exit::Services);
    }
    if let Some(engine) = wanted.engine.as_ref().filter(|engine| !engine.is_file()) {
        note!("there is no engine at {}", engine.display());
        return Err(Exit::Services);
    }
    let programs = Programs {
        supervisor: env::current_exe().ok().filter(|_| place.kept.is_none()),
        kept: place.kept,
        engine: wanted.engine.clone(),
        mock_llm: wanted.mock_llm.clone(),
    };
    let external =
        ExternalUrls { api: wanted.api_url.clone(), redis: wanted.redis_url.clone(), mock: wanted.mock_url.clone() };
    let mode = wanted.services.mode();
    let http = crate::http::client().map_err(|error| {
        note!("{error}");
        Exit::Services
    })?;
    let services = match Services::start(mode, &programs, &external, Durability::None, place.dir).await {
        Ok(services) => services,
        Err(error) => {
            let ids: Vec<&str> = cases.iter().map(|case| case.id.as_str()).collect();
            return Err(without_services(&ids, error));
        }
    };
    Ok(RunContext {
        services,
        profile: place.profile,
        wire: wanted.provider,
        stream: !wanted.no_stream,
        programs,
        offline_script: fixture("models/offline.json", cases, Some(&served)),
        content: served,
        dir: place.dir.to_owned(),
        run_id: run_id(),
        seed: place.seed,
        update: args.results.update,
        jobs: args.order.jobs.map_or_else(default_jobs, Into::into),
        evidence: args.results.reports.wanted().evidence(),
        case_timeout: args.limits.case_timeout,
        http,
    })
}

/// Remembers how a run has ended, and finds its exit code.
fn conclude(args: &RunArgs, ended: &Ended<Cut>) -> Exit {
    for case in ended.cases.iter().filter(|case| case.failed > 0 && case.finished > 1) {
        note!("{}: {} of {} failed", case.id, case.failed, case.finished);
    }
    remember(args, ended);
    ended.cut.map_or_else(|| exit_of(&ended.summary, args.order.flaky), Cut::exit)
}

/// Notes for `--last-failed` how the cases stand.
fn remember(args: &RunArgs, ended: &Ended<Cut>) {
    let flaky = |case: &CaseStanding| {
        let path = case.path.display().to_string();
        let mut reports = ended.reports.iter().filter(|report| report.path == path);
        args.order.flaky == Flaky::Fail && reports.any(|report| matches!(report.outcome, CaseOutcome::Flaky(_)))
    };
    let standings = ended.cases.iter().map(|case| {
        let standing = if flaky(case) { Standing::Failed } else { case.standing };
        (case.path.as_path(), standing)
    });
    if let Err(error) = last_run::update(&last_run::place(&args.paths), standings) {
        // A run in a directory that cannot be written to is still a run.
        note!("what failed is not remembered for --last-failed: {error}");
    }
}

fn farewell(kept: &Kept, dir: &Path) {
    let alive = |pid| Pid::from_raw(pid).is_some_and(|pid| test_kill_process_group(pid).is_ok());
    match kept.farewell(dir, alive) {
        Ok(text) => show!("{text}"),
        Err(error) => note!("{}: {error}", dir.display()),
    }
}

fn exit_of(summary: &Summary, flaky: Flaky) -> Exit {
    if summary.failed > summary.pending {
        Exit::Failed
    } else if summary.pending > 0 {
        Exit::SnapshotsPending
    } else if summary.flaky > 0 && flaky == Flaky::Fail {
        Exit::Flaky
    } else {
        Exit::Ok
    }
}

/// Cases that this machine cannot run are skipped, with the reason; where services are required, that is a failure.
pub(super) fn without_services(cases: &[&str], error: ServiceError) -> Exit {
    let required = env::var_os("HARNESS_REQUIRE_SERVICES").is_some_and(|value| value != "0" && !value.is_empty());
    let (lack, reason) = (error.is_lack(), error.to_string());
    note!("{:?}", Report::new(error));
    if !lack {
        return Exit::Services;
    }
    for case in cases {
        show!("SKIP {case}: {reason}");
    }
    show!("0 passed, 0 failed, {} skipped", cases.len());
    if required { Exit::Services } else { Exit::Ok }
}

/// A path below `fixtures`, which is looked for above this directory, above the first case, and above the content.
pub(super) fn fixture(name: &str, cases: &[Case], content: Option<&Path>) -> Option<PathBuf> {
    let here = env::current_dir().ok();
    let real = |path: &Path| path.canonicalize().ok();
    let case = cases.first().and_then(|case| real(&case.path));
    let roots: Vec<PathBuf> = here.into_iter().chain(case).chain(content.and_then(real)).collect();
    roots.iter().flat_map(|root| root.ancestors()).map(|dir| dir.join("fixtures").join(name)).find(|path| path.exists())
}

/// Cases mostly wait, so more of them run than there are processors.
fn default_jobs() -> usize {
    std::thread::available_parallelism().map_or(4, |processors| processors.get() * 2)
}

/// Short, and unlike any other run's: it becomes part of key prefixes.
fn run_id() -> String {
    let id = uuid::Uuid::new_v4().simple().to_string();
    format!("h{}", &id[..6])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_decides_the_exit_code() {
        let exit = |failed, pending, flaky, verdict| {
            exit_of(&Summary { flaky, failed, pending, ..Summary::default() }, verdict)
        };
        assert_eq!(exit(0, 0, 0, Flaky::Fail), Exit::Ok);
        assert_eq!(exit(0, 0, 1, Flaky::Pass), Exit::Ok);
        assert_eq!(exit(0, 0, 1, Flaky::Fail), Exit::Flaky);
        assert_eq!(exit(2, 2, 1, Flaky::Fail), Exit::SnapshotsPending);
        assert_eq!(exit(2, 1, 1, Flaky::Fail), Exit::Failed);
    }
}
