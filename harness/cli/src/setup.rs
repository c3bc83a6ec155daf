//! What commands set up before they start: the profile, a directory, fixtures, services.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use harness_case::Case;
use harness_case::profile::{self, Profile};
use harness_runner::run::RunContext;
use harness_runner::services::{
    Control, Durability, External, ExternalUrls, Kept, Mode, Programs, ServiceError, Services,
};
use miette::Report;

use super::run_args::{RunArgs, ServiceArgs};
use super::run_dir::RunDir;
use super::{Exit, defaults};

/// The profile that the cases are for.
pub(super) fn find_profile(named: Option<&Path>, paths: &[PathBuf]) -> Result<Arc<Profile>, Exit> {
    profile::find(named, &harness_case::files_named(paths)).map_err(|error| {
        note!("{:?}", Report::new(error));
        Exit::Usage
    })
}

/// Works in a directory that is gone afterwards, unless it is to be kept.
pub(super) async fn in_a_directory(keep: bool, work: impl AsyncFnOnce(&Path) -> Exit) -> Exit {
    let dir = match RunDir::create(&env::temp_dir(), keep) {
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

/// Starts services for the cases.
pub(super) async fn prepare(args: &RunArgs, cases: &mut [Case], place: Place<'_>) -> Result<RunContext, Exit> {
    let wanted = &args.services;
    let mut served = PathBuf::new();
    // Only the story engine has content, and a model that must say something.
    if place.profile.is_story_engine() {
        match wanted.content.clone().or_else(|| defaults::content(cases.first().map(|case| case.path.as_path()))) {
            Some(content) if content.is_dir() => served = content,
            Some(content) => {
                note!("{} is no directory: `--content` names one with scenarios in it", content.display());
                return Err(Exit::Services);
            }
            // An external engine has its content already.
            None if wanted.mode() == Some(Mode::External) => {}
            None => defaults::use_built_in_content(cases),
        }
        defaults::give_model(cases, wanted.model.as_deref()).map_err(|error| {
            note!("{error}");
            Exit::Usage
        })?;
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
    let external = external(wanted)?;
    let mode = wanted.mode();
    if let (Some(Mode::Local | Mode::Docker | Mode::Embedded), Some(flag)) = (mode, wanted.flag_of_external()) {
        note!("`{flag}` is for services that are there already: leave it out, or say `--services external`");
        return Err(Exit::Usage);
    }
    if let (None, Some(flag)) = (wanted.services.mode(), wanted.flag_of_external()) {
        note!("`{flag}`: services that are there already are used, as with `--services external`");
    }
    let http = harness_runner::http::client().map_err(|error| {
        note!("{error}");
        Exit::Services
    })?;
    let services = match Services::start(mode, &programs, &external, Durability::None, place.dir).await {
        Ok(services) => services,
        Err(error) => return Err(without_services(error)),
    };
    Ok(RunContext {
        services,
        profile: place.profile,
        wire: wanted.provider.wire,
        real_model: wanted.real_model(),
        stream: !wanted.no_stream,
        programs,
        content: served,
        dir: place.dir.to_owned(),
        run_id: run_id(),
        seed: place.seed,
        update: args.results.update,
        jobs: if args.order.debug { 1 } else { args.order.jobs.map_or_else(default_jobs, Into::into) },
        evidence: args.results.reports.evidence(),
        case_timeout: args.limits.case_timeout,
        pauses: None,
        http,
    })
}

/// What the flags say of external services.
fn external(wanted: &ServiceArgs) -> Result<ExternalUrls, Exit> {
    let read = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
        toml::from_str(&text).map_err(|error| error.to_string())
    };
    let settings = wanted.engine_config.as_ref().map(|path| {
        read(path).map_err(|error| {
            note!("{}: this is no configuration as `engine config` prints it: {error}", path.display());
            Exit::Usage
        })
    });
    Ok(ExternalUrls {
        api: wanted.api_url.clone(),
        redis: wanted.redis_url.clone(),
        mock: wanted.mock_url.clone(),
        known: External {
            settings: settings.transpose()?,
            operators: wanted.operators_url.as_ref().map(|url| url.trim_end_matches('/').to_owned()),
            control: wanted.control.as_deref().map(Control::new),
        },
    })
}

/// Says what is missing and what to do. Services that were asked for by name are required, and `auto` needs no more than the
/// programs: a run without services never succeeds.
pub(super) fn without_services(error: ServiceError) -> Exit {
    note!("{:?}", Report::new(error));
    Exit::Services
}

/// Cases mostly wait, so more of them run than there are processors: with four times as many, all cases on a local Redis took 14.1 s where they took
/// 18.2 with twice as many (optimised programs, two processors; 15.5 with six times as many).
fn default_jobs() -> usize {
    std::thread::available_parallelism().map_or(4, |processors| processors.get() * 4)
}

/// Short, and unlike any other run's: it becomes part of key prefixes.
fn run_id() -> String {
    let id = uuid::Uuid::new_v4().simple().to_string();
    format!("h{}", &id[..6])
}
