//! The processes of a service round one store, as its profile names them.

pub(crate) mod clock;
mod config;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use harness_case::profile::{ProcessProfile, Profile, Vars, fill_text};
use harness_case::{ClockAction, ProcessAction, Target, Verb};
use harness_events::{CaseLog, Source};
use rustix::process::Signal;
use serde_json::{Map, Value, json};

use clock::Clocks;
pub(crate) use config::overlaid;
pub use config::{Surroundings, engine_config};

use crate::services::{Launch, Process, Programs, READY_LIMIT, ServiceError, StartError};
use crate::watch::Pulse;

/// How long a process may take to end after SIGTERM, before `HARNESS_TIME_FACTOR` stretches it.
const TERMINATE_LIMIT: Duration = Duration::from_secs(10);

/// How often a process is started again that could not connect to Redis.
const CONNECT_RETRIES: usize = 2;

/// What such a process logs.
const NOT_CONNECTED: &str = "cannot reach Redis";

/// The processes of one case, or of one run that breaks them at random.
#[derive(Debug)]
pub struct Fleet {
    profile: Arc<Profile>,
    programs: Programs,
    dir: PathBuf,
    vars: Vars,
    processes: Mutex<BTreeMap<Target, Arc<Process>>>,
    /// Where processes find Redis that do not find it where all others do.
    own_redis: BTreeMap<Target, String>,
    /// What sets the clocks of processes, if a step does.
    clocks: Option<Clocks>,
    log: CaseLog,
    pulse: Pulse,
}

impl Fleet {
    /// A fleet without processes, with their configuration in `dir`.
    pub fn new(
        profile: &Arc<Profile>,
        programs: &Programs,
        around: &Surroundings<'_>,
        over: &Map<String, Value>,
        log: CaseLog,
        pulse: Pulse,
    ) -> Result<Self, ServiceError> {
        let mut vars = around.vars();
        if profile.is_story_engine() {
            vars.insert("engine".to_owned(), programs.engine()?.display().to_string().into());
        }
        if let Some(file) = &profile.config {
            let path = around.dir.join(&file.file);
            let config = around.config(profile, over);
            std::fs::write(&path, format!("{config:#}"))
                .map_err(|source| ServiceError::Directory { path: path.clone(), source })?;
            vars.insert("config".to_owned(), path.display().to_string().into());
        }
        Ok(Self {
            profile: Arc::clone(profile),
            programs: programs.clone(),
            dir: around.dir.to_owned(),
            vars,
            processes: Mutex::default(),
            own_redis: BTreeMap::new(),
            clocks: None,
            log,
            pulse,
        })
    }

    /// The same fleet, with processes that find Redis elsewhere.
    #[must_use]
    pub fn with_own_redis(mut self, own_redis: BTreeMap<Target, String>) -> Self {
        self.own_redis = own_redis;
        self
    }

    /// The same fleet, with processes whose clocks can be set by this library.
    #[must_use]
    pub(crate) fn with_clocks(mut self, library: Option<PathBuf>) -> Self {
        self.clocks = library.map(|library| Clocks::new(library, self.dir.clone()));
        self
    }

    /// Sets the clock of a process, running or not.
    pub(crate) fn set_clock(&self, action: &ClockAction) -> Result<(), String> {
        let clocks = self.clocks.as_ref().ok_or("the clocks of these processes cannot be set")?;
        let target = self.key(&action.target);
        clocks
            .set(&target, action.ahead_seconds)
            .map_err(|error| format!("the clock of {target} cannot be set: {error}"))
    }

    /// Whether it has a Redis behind it.
    fn has_redis(&self) -> bool {
        self.vars.get("redis").is_some_and(|url| !url.is_null())
    }

    /// Starts everything at the same time, with so many workers; returns the service's base URL.
    pub async fn start_all(&self, workers: usize) -> Result<String, ServiceError> {
        let starts = |process: &&ProcessProfile| self.has_redis() || process.without_redis.is_none();
        let targets = self.profile.processes.iter().filter(starts).flat_map(|process| {
            let many = (0..workers).map(|number| Target::nth(&process.name, number));
            if process.many { many.collect() } else { vec![Target::only(&process.name)] }
        });
        let urls = futures::future::try_join_all(targets.map(|target| self.start_first(target))).await?;
        let url = urls.into_iter().flatten().next().or_else(|| self.profile.url.clone());
        url.ok_or(ServiceError::NoUrl { missing: "a line with the service's URL" })
    }

    /// Does something to a process. A new base URL comes back if it was one that serves that was started.
    pub async fn act(&self, action: &ProcessAction) -> Result<Option<String>, String> {
        let target = self.key(&action.target);
        let process = self.lock().get(&target).cloned();
        let alive = process.as_ref().is_some_and(|process| process.exit_status().is_none());
        let process = match (action.verb, process, alive) {
            (Verb::Start, _, false) => return self.start(target).await.map_err(|error| error.to_string()),
            // The one process is all workers at once: one of them that is started again is there already.
            (Verb::Start, _, true) if target != action.target => return Ok(None),
            (Verb::Start, ..) => return Err(format!("{target} is running")),
            (_, Some(process), true) => process,
            (_, _, _) => return Err(format!("{target} is not running")),
        };
        let entry = self.log.now(Source::Process, format!("{} {target} (pid {})", action.verb, process.id()));
        self.log.push(entry.lane(process.name()).detail(json!({ "verb": action.verb.to_string() })));
        let limit = crate::stretched(TERMINATE_LIMIT);
        match action.verb {
            Verb::Kill => {
                process.kill();
                process.ended().await;
            }
            Verb::Terminate => process.terminate(limit).await?,
            Verb::Restart => {
                process.terminate(limit).await?;
                return self.start(target).await.map_err(|error| error.to_string());
            }
            Verb::Stop => process.signal(Signal::STOP),
            Verb::Continue => process.signal(Signal::CONT),
            Verb::Start => {}
        }
        Ok(None)
    }

    /// Starts or ends workers until there are so many; those with the highest numbers go first.
    pub async fn scale(&self, workers: usize) -> Result<(), String> {
        let Some(many) = self.profile.many() else { return Ok(()) };
        if !self.has_redis() && many.without_redis.is_some() {
            return Ok(());
        }
        let is_worker = |target: &Target| target.name == many.name;
        let running: Vec<Target> = self
            .lock()
            .iter()
            .filter(|(target, process)| is_worker(target) && process.exit_status().is_none())
            .map(|(target, _)| target.clone())
            .collect();
        for target in running.iter().rev().take(running.len().saturating_sub(workers)) {
            self.act(&ProcessAction { verb: Verb::Terminate, target: target.clone() }).await?;
        }
        let free = (0..).map(|number| Target::nth(&many.name, number)).filter(|target| !running.contains(target));
        for target in free.take(workers.saturating_sub(running.len())) {
            self.start(target).await.map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    /// Whether every process that does the work has ended, or is paused by SIGSTOP.
    pub(crate) fn nobody_works(&self) -> bool {
        let Some(many) = self.profile.many() else { return false };
        let worker = match &many.without_redis {
            Some(other) if !self.has_redis() => other,
            _ => &many.name,
        };
        let processes = self.lock();
        processes.iter().filter(|(target, _)| target.name == *worker).all(|(_, process)| process.stands_still())
    }

    /// Processes that the case has ended or paused, each in one sentence.
    pub(crate) fn not_at_work(&self) -> Vec<String> {
        let processes = self.lock();
        let said = processes.iter().filter_map(|(target, process)| match process.exit_status() {
            Some(_) => Some(format!("{target} was ended, and no step has started it again")),
            None => process.stands_still().then(|| format!("{target} is stopped, and no step lets it continue")),
        });
        said.collect()
    }

    /// Of targets that are the same process here, one.
    pub(crate) fn distinct(&self, targets: Vec<Target>) -> Vec<Target> {
        let mut keys = BTreeSet::new();
        targets.into_iter().filter(|target| keys.insert(self.key(target))).collect()
    }

    /// Where the first process that says so serves operators.
    pub(crate) async fn operators_url(&self) -> Option<String> {
        let says =
            |target: &Target| self.profile.process(&target.name).is_some_and(|process| process.operators.is_some());
        let process = self.lock().iter().find(|(target, _)| says(target)).map(|(_, process)| Arc::clone(process));
        process?.operators_url().await
    }

    /// A process that ended by itself.
    pub fn unexpected_end(&self) -> Option<String> {
        self.lock().values().find_map(|process| {
            process.unexpected_end().map(|status| format!("{} ended by itself ({status})", process.name()))
        })
    }

    /// Ends all processes in good order, unless they are to be kept: workers first. What did not end well comes back.
    pub async fn stop(&self) -> Vec<String> {
        self.stop_each(|_| ()).await
    }

    /// The same, and names each process before it waits for its end.
    pub(crate) async fn stop_each(&self, waits_for: impl Fn(&str)) -> Vec<String> {
        if self.programs.kept.is_some() {
            return Vec::new();
        }
        let processes: Vec<_> = self.lock().values().cloned().collect();
        let limit = crate::stretched(TERMINATE_LIMIT);
        let mut wrong = Vec::new();
        for process in processes.iter().rev().filter(|process| process.exit_status().is_none()) {
            let entry = self.log.now(Source::Process, format!("terminate {} (pid {})", process.name(), process.id()));
            self.log.push(entry.lane(process.name()).detail(json!({ "verb": "terminate" })));
            // A paused process does not handle SIGTERM.
            process.signal(Signal::CONT);
            waits_for(process.name());
            wrong.extend(process.terminate(limit).await.err());
        }
        wrong
    }

    /// The last lines that every process logged.
    pub fn logs(&self) -> Vec<(String, Vec<String>)> {
        let processes = self.lock();
        let tails = processes.iter().map(|(target, process)| {
            let routine = self.profile.process(&target.name).and_then(|profile| profile.routine.as_ref());
            (process.name().to_owned(), process.log_tail(routine))
        });
        tails.collect()
    }

    /// The lines with this text that every process logged.
    pub fn logged(&self, text: &str) -> Vec<(String, Vec<String>)> {
        self.lock().values().map(|process| (process.name().to_owned(), process.logged(text))).collect()
    }

    /// Starts a process at the beginning, when its Redis is there: one that gave up connecting, as happens on a machine that
    /// is busy for longer than the engine's limit, is started again. Every other failure is one of the service.
    async fn start_first(&self, target: Target) -> Result<Option<String>, ServiceError> {
        for _ in 0..CONNECT_RETRIES {
            match self.start(target.clone()).await {
                Err(ServiceError::Start(StartError::Ended { name, said, .. }))
                    if said.logged.iter().any(|line| line.contains(NOT_CONNECTED)) =>
                {
                    self.log.note(Source::Process, format!("{name} did not connect to Redis in time: start it again"));
                }
                other => return other,
            }
        }
        self.start(target).await
    }

    /// Starts a process; the base URL comes back if it serves.
    async fn start(&self, target: Target) -> Result<Option<String>, ServiceError> {
        let unknown = || ServiceError::NoUrl { missing: "a process of this name" };
        let profile = self.profile.process(&target.name).ok_or_else(unknown)?;
        let name = target.to_string().replace(['[', ']'], "");
        let more = if self.has_redis() { profile.with_redis.as_slice() } else { &[] };
        let mut vars = self.vars.clone();
        vars.insert("process".to_owned(), json!(name));
        if let Some(redis) = self.own_redis.get(&target) {
            vars.insert("redis".to_owned(), json!(redis));
        }
        let mut command = profile.command.iter().chain(more).map(|argument| fill_text(argument, &vars));
        let program = PathBuf::from(command.next().unwrap_or_default());
        // A path is meant from where the profile is; a bare name is looked for on the PATH.
        let program = if program.components().count() > 1 { self.profile.dir.join(program) } else { program };
        let mut env: Vec<_> = profile.env.iter().map(|(key, value)| (key.clone(), fill_text(value, &vars))).collect();
        if let Some(clocks) = &self.clocks {
            let failed = |source| StartError::Spawn { name: name.clone(), source };
            env.extend(clocks.environment(&target).map_err(failed)?);
        }
        let launch = Launch {
            name: &name,
            program: &program,
            args: command.collect(),
            env,
            work_dir: Some(&self.profile.dir).filter(|dir| dir.is_dir()),
            dir: &self.dir,
            ready: profile.ready.clone(),
            operators: profile.operators.clone(),
            ready_within: profile.ready_seconds.map_or(READY_LIMIT, Duration::from_secs),
        };
        let (process, line) = Process::start(launch, &self.programs).await?;
        let up = self.log.now(Source::Process, format!("{target} is up (pid {}): {line}", process.id()));
        let up = self.log.begin(up.lane(&name).detail(json!({ "verb": "up" })));
        let (ended, pulse, log) = (process.ended(), self.pulse.clone(), self.log.clone());
        let (of, name) = (name, target.to_string());
        tokio::spawn(async move {
            let status = ended.await;
            drop(up);
            let ended = log.now(Source::Process, format!("{name} has ended ({status})")).lane(of);
            log.push(ended.detail(json!({ "verb": "ended", "well": status.success() })));
            pulse.notify();
        });
        self.lock().insert(target, Arc::new(process));
        let url = profile.ready.captures(&line).and_then(|found| Some(found.name("url")?.as_str().to_owned()));
        Ok(url.map(|url| url.trim_end_matches('/').to_owned()))
    }

    /// The process that a name means: without Redis another one may do the work.
    fn key(&self, target: &Target) -> Target {
        let other = self.profile.process(&target.name).and_then(|process| process.without_redis.as_deref());
        match other {
            Some(other) if !self.has_redis() => Target::only(other),
            _ => target.clone(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Target, Arc<Process>>> {
        self.processes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
