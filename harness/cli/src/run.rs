//! `harness run`: gathers cases, starts services, runs, reports, cleans up.

use std::collections::BTreeSet;
use std::future::pending;
use std::path::Path;
use std::time::Duration;

use harness_case::Case;
use harness_events::{CaseOutcome, Events, Summary};
use harness_report::Reporters;
use harness_runner::run::{CaseStatus, CaseSummary, Ended, Pauses, Plan, Schedules, run as run_cases};
use harness_runner::services::Kept;
use rustix::process::{Pid, test_kill_process_group};

use super::gather::{gather, print};
use super::interrupt::Interrupt;
use super::run_args::{Flaky, RunArgs};
use super::setup::{Place, find_profile, in_a_directory, prepare};
use super::unreferenced;
use super::{Exit, debug};
use crate::last_run;

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
    once(&args, Interrupt::listen(), pending()).await
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
        return print(&cases, args.results.reports.json.as_deref());
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
        () = interrupt.requested() => Cut::Interrupted,
        () = changed => Cut::Changed,
        limit = timeout => Cut::TimedOut(limit),
    }
}

async fn start(args: &RunArgs, mut cases: Vec<Case>, place: Place<'_>, cut: impl Future<Output = Cut>) -> Exit {
    let mut cut = std::pin::pin!(cut);
    let keep = place.kept.is_some();
    let prepared = tokio::select! {
        prepared = prepare(args, &mut cases, place) => prepared,
        cut = &mut cut => return cut.exit(),
    };
    let mut context = match prepared {
        Ok(context) => context,
        Err(exit) => return exit,
    };
    if args.order.debug {
        let (pauses, stops) = Pauses::channel();
        context.pauses = Some(pauses);
        tokio::spawn(debug::attend(stops));
    }
    let history = last_run::history(&args.paths);
    let reporters = match Reporters::open(&args.results.reports.wanted(history.as_deref())) {
        Ok(reporters) => reporters,
        Err(error) => {
            note!("{error}");
            context.services.stop().await;
            return Exit::Usage;
        }
    };
    let orphans = unreferenced::find(args, &cases);
    let unscripted = context.real_model.is_none().then(|| {
        let unscripted = cases.iter().filter(|case| case.of_go_engine && case.model.is_none());
        unscripted.map(|case| case.id.clone()).collect::<BTreeSet<_>>()
    });
    let plan = Plan {
        cases,
        rounds: args.order.rounds(),
        schedules: Schedules { each: args.order.schedules, seed: context.seed },
        retries: args.order.retries,
        fail_fast: args.order.stops_at_a_failure(),
    };
    let (events, received) = Events::channel();
    let (ended, reported) = tokio::join!(run_cases(&context, plan, events, cut), reporters.follow(received));
    if keep {
        context.services.keep();
    } else {
        context.services.stop().await;
    }
    if let Err(error) = &reported {
        note!("{error}");
    }
    if ended.cases.iter().any(|case| case.failed > 0 && unscripted.iter().any(|ids| ids.contains(&case.id))) {
        note!(
            "cases of the Go engine were played by the offline narrator, which knows plain commands only: `--provider URL` has \
             a real model play them, `--model FILE` a script"
        );
    }
    let exit = match conclude(args, &ended) {
        exit if ended.cut.is_some() => exit,
        Exit::Ok if reported.is_err() => Exit::Usage,
        exit => exit,
    };
    let snapshots =
        if ended.cut.is_none() { unreferenced::settle(&orphans, args.results.unreferenced) } else { Exit::Ok };
    if exit == Exit::Ok { snapshots } else { exit }
}

/// Remembers how a run has ended, and finds its exit code.
fn conclude(args: &RunArgs, ended: &Ended<Cut>) -> Exit {
    for case in ended.cases.iter().filter(|case| case.failed > 0 && case.finished > 1) {
        note!("{}: {} of {} failed", case.id, case.failed, case.finished);
    }
    if ended.cut.is_none() && ended.summary.passed + ended.summary.failed == 0 && ended.summary.skipped > 0 {
        note!("no case could be run with these services: choose others with `--services`");
    }
    remember(args, ended);
    ended.cut.map_or_else(|| exit_of(&ended.summary, args.order.flaky), Cut::exit)
}

/// Notes for `--last-failed` the results of the cases.
fn remember(args: &RunArgs, ended: &Ended<Cut>) {
    let flaky = |case: &CaseSummary| {
        // A round or a schedule is behind the id.
        let of_case = |id: &str| id.strip_prefix(&case.id).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
        let mut reports = ended.reports.iter().filter(|report| of_case(&report.case));
        args.order.flaky == Flaky::Fail && reports.any(|report| matches!(report.outcome, CaseOutcome::Flaky(_)))
    };
    let summaries = ended.cases.iter().map(|case| {
        let status = if flaky(case) { CaseStatus::Failed } else { case.status };
        (case.path.as_path(), case.row.as_deref(), status)
    });
    if let Err(error) = last_run::update(&last_run::place(&args.paths), summaries) {
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

pub(super) fn exit_of(summary: &Summary, flaky: Flaky) -> Exit {
    if summary.failed > summary.pending {
        Exit::Failed
    } else if summary.pending > 0 {
        Exit::SnapshotsPending
    } else if summary.flaky > 0 && flaky == Flaky::Fail {
        Exit::Flaky
    } else if summary.passed == 0 && summary.skipped > 0 {
        Exit::Services
    } else {
        Exit::Ok
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_decides_the_exit_code() {
        let exit = |failed, pending, flaky, verdict| {
            exit_of(&Summary { flaky, failed, pending, ..Summary::default() }, verdict)
        };
        assert_eq!(exit_of(&Summary { skipped: 3, ..Summary::default() }, Flaky::Pass), Exit::Services);
        assert_eq!(exit_of(&Summary { passed: 1, skipped: 3, ..Summary::default() }, Flaky::Pass), Exit::Ok);
        assert_eq!(exit(0, 0, 0, Flaky::Fail), Exit::Ok);
        assert_eq!(exit(0, 0, 1, Flaky::Pass), Exit::Ok);
        assert_eq!(exit(0, 0, 1, Flaky::Fail), Exit::Flaky);
        assert_eq!(exit(2, 2, 1, Flaky::Fail), Exit::SnapshotsPending);
        assert_eq!(exit(2, 1, 1, Flaky::Fail), Exit::Failed);
    }
}
