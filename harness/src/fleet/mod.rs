//! The engine processes round one store: one API and its workers, or both in one process.

mod config;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;

pub(crate) use config::engine_config;

use crate::case::{ProcessAction, Target, Verb};
use crate::report::{CaseLog, Source};
use crate::services::{Launch, Process, Programs, ServiceError};
use crate::watch::Pulse;

/// How long a process may take to end after SIGTERM, before patience is applied.
const TERMINATE_LIMIT: Duration = Duration::from_secs(10);

/// The processes of one case, or of one run that breaks them at random.
#[derive(Debug)]
pub(crate) struct Fleet {
    programs: Programs,
    dir: PathBuf,
    config: PathBuf,
    /// With Redis, API and workers are processes of their own; without, they are one.
    redis_url: Option<String>,
    processes: Mutex<BTreeMap<Target, Arc<Process>>>,
    log: CaseLog,
    pulse: Pulse,
}

impl Fleet {
    /// A fleet without processes.
    pub(crate) fn new(
        programs: &Programs,
        dir: PathBuf,
        config: &Value,
        redis_url: Option<String>,
        log: CaseLog,
        pulse: Pulse,
    ) -> Result<Self, ServiceError> {
        let path = dir.join("engine.json");
        std::fs::write(&path, format!("{config:#}"))
            .map_err(|source| ServiceError::Directory { path: path.clone(), source })?;
        Ok(Self { programs: programs.clone(), dir, config: path, redis_url, processes: Mutex::default(), log, pulse })
    }

    /// Starts the API and so many workers at the same time; returns the API's base URL.
    pub(crate) async fn start_all(&self, workers: usize) -> Result<String, ServiceError> {
        let workers = if self.redis_url.is_some() { workers } else { 0 };
        let workers = futures::future::try_join_all((0..workers).map(|n| self.start(Target::Worker(n))));
        let (line, _) = futures::future::try_join(self.start(Target::Api), workers).await?;
        Ok(line.split_whitespace().last().unwrap_or_default().to_owned())
    }

    /// Does something to a process. A new base URL comes back if it was the API that was started.
    pub(crate) async fn act(&self, action: ProcessAction) -> Result<Option<String>, String> {
        let target = self.key(action.target);
        let process = self.lock().get(&target).cloned();
        let alive = process.as_ref().is_some_and(|process| process.exit_status().is_none());
        let process = match (action.verb, process, alive) {
            (Verb::Start, _, false) => {
                let line = self.start(target).await.map_err(|error| error.to_string())?;
                let url = line.split_whitespace().last().unwrap_or_default().to_owned();
                return Ok((target == Target::Api).then_some(url));
            }
            // The one process is all workers at once: one of them that is started again is there already.
            (Verb::Start, _, true) if target != action.target => return Ok(None),
            (Verb::Start, ..) => return Err(format!("{target} is running")),
            (_, Some(process), true) => process,
            (_, _, _) => return Err(format!("{target} is not running")),
        };
        self.log.note(Source::Process, format!("{} {target} (pid {})", action.verb, process.id()));
        match action.verb {
            Verb::Kill => {
                process.kill();
                process.ended().await;
            }
            Verb::Terminate => process.terminate(crate::patience(TERMINATE_LIMIT)).await?,
            Verb::Stop => process.signal(Signal::STOP),
            Verb::Continue => process.signal(Signal::CONT),
            Verb::Start => {}
        }
        Ok(None)
    }

    /// A process that has ended though nobody asked it to.
    pub(crate) fn unexpected_end(&self) -> Option<String> {
        self.lock().values().find_map(|process| {
            process.unexpected_end().map(|status| format!("{} ended by itself ({status})", process.name()))
        })
    }

    /// Ends all processes in good order, unless they are to be kept: workers first. What did not end well comes back.
    pub(crate) async fn stop(&self) -> Vec<String> {
        if self.programs.kept.is_some() {
            return Vec::new();
        }
        let processes: Vec<_> = self.lock().values().cloned().collect();
        let limit = crate::patience(TERMINATE_LIMIT);
        let mut wrong = Vec::new();
        for process in processes.iter().rev().filter(|process| process.exit_status().is_none()) {
            self.log.note(Source::Process, format!("terminate {} (pid {})", process.name(), process.id()));
            // One that stands still would not hear SIGTERM.
            process.signal(Signal::CONT);
            wrong.extend(process.terminate(limit).await.err());
        }
        wrong
    }

    /// The last lines that every process logged.
    pub(crate) fn logs(&self) -> Vec<(String, Vec<String>)> {
        self.lock().values().map(|process| (process.name().to_owned(), process.log_tail())).collect()
    }

    /// The lines with this text that every process logged.
    pub(crate) fn logged(&self, text: &str) -> Vec<(String, Vec<String>)> {
        self.lock().values().map(|process| (process.name().to_owned(), process.logged(text))).collect()
    }

    async fn start(&self, target: Target) -> Result<String, ServiceError> {
        let program = self.programs.engine()?;
        let name = target.to_string().replace(['[', ']'], "");
        let mut args = vec!["--config".to_owned(), self.config.display().to_string()];
        if let Some(url) = &self.redis_url {
            args.extend(["--redis-url".to_owned(), url.clone()]);
        }
        let ready = match target {
            Target::Api => {
                args.extend(["--listen", "127.0.0.1:0"].map(str::to_owned));
                "listening on"
            }
            Target::Worker(_) => {
                args.push("--worker".to_owned());
                "worker ready"
            }
        };
        let launch = Launch { name: &name, program: &program, args, dir: &self.dir, ready };
        let (process, line) = Process::start(launch, &self.programs).await?;
        self.log.note(Source::Process, format!("{target} is up (pid {}): {line}", process.id()));
        let (ended, pulse, log) = (process.ended(), self.pulse.clone(), self.log.clone());
        tokio::spawn(async move {
            let status = ended.await;
            log.note(Source::Process, format!("{target} has ended ({status})"));
            pulse.strike();
        });
        self.lock().insert(target, Arc::new(process));
        Ok(line)
    }

    /// Without Redis, every name means the one process.
    fn key(&self, target: Target) -> Target {
        if self.redis_url.is_some() { target } else { Target::Api }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Target, Arc<Process>>> {
        self.processes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
