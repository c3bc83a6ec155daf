//! `harness crash`: plays cases once per injection point, with one fault each, and reports.

use std::io::IsTerminal;
use std::sync::Arc;

use clap::Args;
use harness_case::Case;
use harness_runner::crash::{self, Injected};
use harness_runner::run::{FaultTarget, RunContext};
use indicatif::ProgressBar;

use super::Exit;
use super::gather::gather;
use super::interrupt::asked_to_end;
use super::run_args::RunArgs;
use super::setup::{Place, find_profile, in_a_directory, prepare};

#[derive(Debug, Args)]
pub(super) struct CrashArgs {
    /// What is killed; everything that can be when left out.
    #[arg(long, value_enum, value_delimiter = ',')]
    target: Vec<FaultTarget>,
    /// List the faults, and inject none.
    #[arg(long)]
    plan: bool,
    #[command(flatten)]
    run: RunArgs,
}

impl CrashArgs {
    /// What it has in common with `run`.
    pub(super) const fn run(&self) -> &RunArgs {
        &self.run
    }
}

/// Runs the cases with every fault that was asked for.
pub(super) async fn run(args: CrashArgs) -> Exit {
    let seed = args.run.order.seed();
    let end = asked_to_end();
    let profile = match find_profile(args.run.services.profile.as_deref(), &args.run.paths) {
        Ok(profile) => profile,
        Err(exit) => return exit,
    };
    let mut cases = match gather(&args.run, &profile, seed) {
        Ok(cases) => cases,
        Err(exit) => return exit,
    };
    in_a_directory(args.run.results.keep, async |dir| {
        let place = Place { seed, profile, dir, kept: None };
        let context = match prepare(&args.run, &mut cases, place).await {
            Ok(context) => context,
            Err(exit) => return exit,
        };
        let exit = tokio::select! {
            exit = inject_all(&args, &context, cases) => exit,
            () = end => {
                note!("interrupted");
                Exit::Interrupted
            }
        };
        context.services.stop().await;
        exit
    })
    .await
}

/// How many faults changed nothing, and how many changed the end.
#[derive(Debug, Default)]
struct Tally {
    passed: usize,
    failed: usize,
    skipped: usize,
}

async fn inject_all(args: &CrashArgs, context: &RunContext, cases: Vec<Case>) -> Exit {
    let mut tally = Tally::default();
    for case in cases {
        match crash::relax(&case) {
            Ok(loose) => one(args, context, Arc::new(loose), &mut tally).await,
            Err(unfit) => {
                show!("SKIP {}: {unfit}", case.id);
                tally.skipped += 1;
            }
        }
    }
    show!("{} passed, {} failed, {} skipped", tally.passed, tally.failed, tally.skipped);
    match tally {
        Tally { failed: 1.., .. } => Exit::Failed,
        Tally { passed: 0, .. } if !args.plan => {
            note!("no fault was injected: nothing is proved");
            Exit::Services
        }
        Tally { .. } => Exit::Ok,
    }
}

async fn one(args: &CrashArgs, context: &RunContext, case: Arc<Case>, tally: &mut Tally) {
    let undisturbed = match crash::rehearse(context, &case).await {
        Ok(undisturbed) => undisturbed,
        Err(failure) => {
            show!("FAIL {}: undisturbed\n{}", case.id, failure.render());
            tally.failed += 1;
            return;
        }
    };
    let targets = crash::targets(&args.target, context.services.mode);
    let has_redis = context.services.redis_url.is_some();
    let faults = crash::fault_plan(&undisturbed.calls, undisturbed.end.requests, &targets, has_redis);
    if args.plan {
        show!("{}: {} faults", case.id, faults.len());
        for fault in faults {
            show!("  {fault}");
        }
        return;
    }
    let bar = std::io::stderr().is_terminal().then(|| ProgressBar::new(faults.len() as u64));
    let progress = |injected: &Injected| {
        if let Some(bar) = &bar {
            bar.inc(1);
            bar.set_message(injected.fault.to_string());
        }
    };
    let injected = crash::inject_all(context, &case, &undisturbed, faults, progress).await;
    if let Some(bar) = &bar {
        bar.finish_and_clear();
    }
    let (wrong, right): (Vec<_>, Vec<_>) = injected.iter().partition(|injected| injected.wrong.is_some());
    let word = if wrong.is_empty() { "PASS" } else { "FAIL" };
    show!("{word} {}: {} of {} faults change nothing", case.id, right.len(), injected.len());
    for injected in &wrong {
        if let Some(wrong) = &injected.wrong {
            show!("  {}\n{}", injected.fault, indent(&wrong.to_string()));
        }
    }
    tally.passed += right.len();
    tally.failed += wrong.len();
}

fn indent(text: &str) -> String {
    text.lines().flat_map(|line| ["    ", line, "\n"]).collect()
}
