//! `harness run`: gathers cases, starts services, runs, reports, cleans up.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use miette::Report;
use tokio::signal::unix::{SignalKind, signal};

use super::Exit;
use super::args::{RunArgs, Wanted};
use super::check::complain;
use crate::case::{Case, discover};
use crate::profile::{self, Profile};
use crate::report::{Events, Reporters, Summary};
use crate::run::{RunContext, run as run_cases};
use crate::services::{Durability, ExternalUrls, Programs, ServiceError, Services};

/// Runs cases as asked for.
pub(super) async fn run(args: RunArgs) -> Exit {
    in_a_directory(args.keep, async |dir| match prepare(&args, dir).await {
        Ok(Prepared { context, cases }) => match Reporters::open(&args.reports.wanted()) {
            Ok(reporters) => follow(&args, Arc::new(context), cases, reporters).await,
            Err(error) => {
                eprintln!("{error}");
                context.services.stop().await;
                Exit::Usage
            }
        },
        Err(exit) => exit,
    })
    .await
}

/// Cases, and services that they can be run with.
pub(super) struct Prepared {
    pub(super) context: RunContext,
    pub(super) cases: Vec<Case>,
}

/// Gathers the cases that are asked for and starts services for them.
pub(super) async fn prepare(args: &RunArgs, dir: &Path) -> Result<Prepared, Exit> {
    let profile = find_profile(args.profile.as_deref(), &args.paths)?;
    let found = complain(discover(&args.paths, &profile))?;
    let cases: Vec<Case> = found.cases.into_iter().filter(|case| selected(case, args.filter.as_deref())).collect();
    if cases.is_empty() {
        eprintln!("no case is selected");
        return Err(Exit::Usage);
    }
    let served = args.content.clone().or_else(|| fixture("content", &cases));
    // Only the story engine has content.
    let served = served.or_else(|| (!profile.is_story_engine()).then(PathBuf::new));
    let Some(served) = served else {
        eprintln!(
            "there is no `fixtures/content` here or in a directory above: say where the content is with `--content DIR`"
        );
        return Err(Exit::Usage);
    };
    let programs =
        Programs { supervisor: env::current_exe().ok(), engine: args.engine.clone(), mock_llm: args.mock_llm.clone() };
    let external =
        ExternalUrls { api: args.api_url.clone(), redis: args.redis_url.clone(), mock: args.mock_url.clone() };
    let mode = match args.services {
        Wanted::Auto => None,
        Wanted::Mode(mode) => Some(mode),
    };
    let http = crate::http::client().map_err(|error| {
        eprintln!("{error}");
        Exit::Services
    })?;
    let services = match Services::start(mode, &programs, &external, Durability::None, dir).await {
        Ok(services) => services,
        Err(error) => {
            let ids: Vec<&str> = cases.iter().map(|case| case.id.as_str()).collect();
            return Err(without_services(&ids, error));
        }
    };
    let context = RunContext {
        services,
        profile,
        wire: args.provider,
        programs,
        offline_script: fixture("models/offline.json", &cases),
        content: served,
        dir: dir.to_owned(),
        run_id: run_id(),
        update: args.update,
        evidence: args.reports.wanted().evidence(),
        jobs: args.jobs.unwrap_or_else(default_jobs),
        http,
    };
    Ok(Prepared { context, cases })
}

/// The profile that the cases are for.
pub(super) fn find_profile(named: Option<&Path>, paths: &[PathBuf]) -> Result<Arc<Profile>, Exit> {
    profile::find(named, paths).map_err(|error| {
        eprintln!("{:?}", Report::new(error));
        Exit::Usage
    })
}

/// Works in a directory that is gone afterwards, unless it is to be kept.
pub(super) async fn in_a_directory(keep: bool, work: impl AsyncFnOnce(&Path) -> Exit) -> Exit {
    let dir = match tempfile::Builder::new().prefix("harness-").tempdir() {
        Ok(dir) => dir,
        Err(error) => {
            eprintln!("no temporary directory: {error}");
            return Exit::Services;
        }
    };
    let path = dir.path().to_owned();
    if keep {
        eprintln!("logs, configurations and stores stay in {}", dir.keep().display());
        return work(&path).await;
    }
    work(&path).await
}

/// Runs the cases while one reader reports on them; Ctrl-C and the time limit end both.
async fn follow(args: &RunArgs, context: Arc<RunContext>, cases: Vec<Case>, reporters: Reporters) -> Exit {
    let (events, received) = Events::channel();
    // A task of its own: it finishes the reports also when the work is broken off.
    let told = tokio::spawn(reporters.follow(received));
    let limit = args.timeout.map_or(Duration::MAX, Duration::from_secs);
    let work = run_cases(Arc::clone(&context), cases, events);
    let ended = tokio::select! {
        result = tokio::time::timeout(limit, work) => {
            result.map_err(|_| (format!("the run was not over after {} s", limit.as_secs()), Exit::Failed))
        }
        () = told_to_end() => Err(("interrupted".to_owned(), Exit::Interrupted)),
    };
    // Whoever sends events has been dropped with `work`.
    let told = told.await;
    // Whoever else held the context has been dropped with `work`.
    if let Some(context) = Arc::into_inner(context) {
        context.services.stop().await;
    }
    if let Ok(Err(error)) = &told {
        eprintln!("{error}");
    }
    match (ended, told) {
        (Err((why, exit)), _) => {
            eprintln!("{why}");
            exit
        }
        (Ok(_), Ok(Err(_)) | Err(_)) => Exit::Usage,
        (Ok((_, summary)), Ok(Ok(()))) => exit_of(&summary),
    }
}

/// Ctrl-C, or SIGTERM.
pub(super) async fn told_to_end() {
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => drop(tokio::signal::ctrl_c().await),
    }
}

const fn exit_of(summary: &Summary) -> Exit {
    if summary.failed > summary.pending {
        Exit::Failed
    } else if summary.pending > 0 {
        Exit::SnapshotsPending
    } else {
        Exit::Ok
    }
}

/// Cases that this machine cannot run are skipped, with the reason; where services are required, that is a failure.
pub(super) fn without_services(cases: &[&str], error: ServiceError) -> Exit {
    let required = env::var_os("HARNESS_REQUIRE_SERVICES").is_some_and(|value| value != "0" && !value.is_empty());
    let (lack, reason) = (error.is_lack(), error.to_string());
    eprintln!("{:?}", Report::new(error));
    if !lack {
        return Exit::Services;
    }
    for case in cases {
        println!("SKIP {case}: {reason}");
    }
    println!("0 passed, 0 failed, {} skipped", cases.len());
    if required { Exit::Services } else { Exit::Ok }
}

fn selected(case: &Case, filter: Option<&str>) -> bool {
    filter.is_none_or(|text| {
        case.id.contains(text) || case.name.contains(text) || case.tags.iter().any(|tag| tag.contains(text))
    })
}

/// A path below `fixtures`, which is looked for above this directory and above the first case.
pub(super) fn fixture(name: &str, cases: &[Case]) -> Option<PathBuf> {
    let here = env::current_dir().ok();
    let case = cases.first().and_then(|case| case.path.canonicalize().ok());
    let roots: Vec<PathBuf> = here.into_iter().chain(case).collect();
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
    fn pending_snapshots_are_told_from_failures() {
        let summary = |failed, pending| Summary { failed, pending, ..Summary::default() };
        assert_eq!(exit_of(&summary(0, 0)), Exit::Ok);
        assert_eq!(exit_of(&summary(2, 2)), Exit::SnapshotsPending);
        assert_eq!(exit_of(&summary(2, 1)), Exit::Failed);
    }
}
