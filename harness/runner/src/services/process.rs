//! A process that the harness has started: ready when it says so, signalled as a group, gone when it is dropped.
//!
//! Its log goes to a file, so that no reader can hold it up and nothing is lost when it dies.

use std::collections::VecDeque;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use regex::Regex;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{ChildStdout, Command};
use tokio::sync::{oneshot, watch};

use super::{Programs, Said, StartError, supervise};

/// How long a process may take to say that it is ready, before `HARNESS_TIME_FACTOR` stretches it.
pub(crate) const READY_LIMIT: Duration = Duration::from_secs(20);

/// How many lines of a log an error shows.
const LOG_TAIL: usize = 12;

/// How many characters of a printed line an error shows.
const LINE_MAX: usize = 500;

/// What to start.
#[derive(Debug)]
pub struct Launch<'a> {
    /// What messages call it; also the name of its log.
    pub name: &'a str,
    /// The program.
    pub program: &'a Path,
    /// Its arguments.
    pub args: Vec<String>,
    /// More environment.
    pub env: Vec<(String, String)>,
    /// Where it works; where the harness does when left out.
    pub work_dir: Option<&'a PathBuf>,
    /// Where its log goes.
    pub dir: &'a Path,
    /// A line of its stdout that this matches says that it is ready.
    pub ready: Regex,
    /// A line of its stdout that this matches says where it serves operators, in its group `url`.
    pub operators: Option<Regex>,
    /// How long that may take, before `HARNESS_TIME_FACTOR` stretches it.
    pub ready_within: Duration,
}

impl<'a> Launch<'a> {
    /// A program that is ready when a line of its stdout contains a text.
    pub fn new(
        name: &'a str,
        program: &'a Path,
        args: impl IntoIterator<Item = String>,
        dir: &'a Path,
        ready: &str,
    ) -> Self {
        let ready = Regex::new(&regex::escape(ready)).unwrap_or_else(|_| unreachable!("the text is escaped"));
        Self {
            name,
            program,
            args: args.into_iter().collect(),
            env: Vec::new(),
            work_dir: None,
            dir,
            ready,
            operators: None,
            ready_within: READY_LIMIT,
        }
    }
}

/// A running process, or one that has ended.
#[derive(Debug)]
pub struct Process {
    name: String,
    pid: Pid,
    log: PathBuf,
    exit: watch::Receiver<Option<ExitStatus>>,
    /// Whether the harness has signalled it to end.
    asked_to_end: AtomicBool,
    /// Whether it was stopped, and not continued.
    stopped: AtomicBool,
    /// Where it serves operators.
    operators: watch::Receiver<Option<String>>,
    /// Whether it keeps running when it is dropped.
    kept: bool,
}

/// Where a process says on which address it serves operators, and where that address goes.
type OperatorsAddress = (Regex, watch::Sender<Option<String>>);

impl Process {
    /// Starts a process and waits for the line that says that it is ready; returns that line too.
    pub async fn start(launch: Launch<'_>, programs: &Programs) -> Result<(Self, String), StartError> {
        let spawn_error = |source| StartError::Spawn { name: launch.name.to_owned(), source };
        let log = launch.dir.join(format!("{}.log", launch.name));
        let file = File::options().create(true).append(true).open(&log).map_err(spawn_error)?;
        let mut command = match &programs.supervisor {
            Some(supervisor) => supervise::command(supervisor, launch.program),
            None => Command::new(launch.program),
        };
        // The surroundings of the harness are not part of a case.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("STORY_ENGINE_") {
                command.env_remove(name);
            }
        }
        command.envs(launch.env);
        if let Some(dir) = launch.work_dir {
            command.current_dir(dir);
        }
        command.args(&launch.args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(file).process_group(0);
        let mut child = command.spawn().map_err(spawn_error)?;
        let pid = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        let (Some(pid), Some(stdout)) = (pid, child.stdout.take()) else {
            return Err(spawn_error(std::io::Error::other("it has no pid")));
        };
        let (exited, exit) = watch::channel(None);
        tokio::spawn(async move {
            if let Ok(status) = child.wait().await {
                exited.send_replace(Some(status));
            }
        });
        let (found, operators) = watch::channel(None);
        let mut process = Self {
            name: launch.name.to_owned(),
            pid,
            operators,
            log,
            exit,
            asked_to_end: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
            kept: false,
        };
        let says = (launch.ready, launch.operators.map(|pattern| (pattern, found)));
        let line = process.ready_line(stdout, says, launch.ready_within).await?;
        if let Some(kept) = &programs.kept {
            kept.process(launch.name, process.id(), launch.dir, &line);
            process.kept = true;
        }
        Ok((process, line))
    }

    async fn ready_line(
        &self,
        stdout: ChildStdout,
        (ready, operators): (Regex, Option<OperatorsAddress>),
        limit: Duration,
    ) -> Result<String, StartError> {
        let (found, line) = oneshot::channel();
        let pattern = ready.to_string();
        let printed: Arc<Mutex<VecDeque<String>>> = Arc::default();
        let keep = Arc::clone(&printed);
        tokio::spawn(async move {
            let mut found = Some(found);
            let mut lines = BufReader::new(stdout).lines();
            // Reads on after the line was found: a full pipe would stop the process.
            while let Ok(Some(line)) = lines.next_line().await {
                if let Some((pattern, url)) = &operators
                    && let Some(said) = pattern.captures(&line).and_then(|said| said.name("url"))
                {
                    url.send_replace(Some(said.as_str().trim_end_matches('/').to_owned()));
                }
                if found.is_none() {
                    continue;
                }
                let mut printed = keep.lock().unwrap_or_else(PoisonError::into_inner);
                if printed.len() == LOG_TAIL {
                    printed.pop_front();
                }
                printed.push_back(line.chars().take(LINE_MAX).collect());
                drop(printed);
                if ready.is_match(&line)
                    && let Some(found) = found.take()
                {
                    // The task that waited may have given up.
                    let _ = found.send(line);
                }
            }
        });
        let said = || Said {
            printed: printed.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect(),
            logged: self.log_tail(None),
        };
        let name = self.name.clone();
        let limit = crate::stretched(limit);
        match tokio::time::timeout(limit, line).await {
            Ok(Ok(line)) => Ok(line),
            Ok(Err(_)) => {
                let status = self.ended().await.to_string();
                Err(StartError::Ended { name, status, said: said() })
            }
            Err(_) => Err(StartError::TimedOut { name, seconds: limit.as_secs(), ready: pattern, said: said() }),
        }
    }

    /// Where it serves operators, as soon as it has said so; none if it has ended without, or never will.
    pub(crate) async fn operators_url(&self) -> Option<String> {
        let mut said = self.operators.clone();
        said.wait_for(Option::is_some).await.ok()?.clone()
    }

    /// What messages call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its process id, which is also that of its group.
    #[must_use]
    pub fn id(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// How it ended, if it has.
    #[must_use]
    pub(crate) fn exit_status(&self) -> Option<ExitStatus> {
        *self.exit.borrow()
    }

    /// Whether it has ended, or was stopped.
    #[must_use]
    pub(crate) fn stands_still(&self) -> bool {
        self.stopped.load(Ordering::Relaxed) || self.exit_status().is_some()
    }

    /// How it ended, if it ended by itself.
    #[must_use]
    pub fn unexpected_end(&self) -> Option<ExitStatus> {
        self.exit_status().filter(|_| !self.asked_to_end.load(Ordering::Relaxed))
    }

    /// Waits for its end. The future does not keep the process: dropping the process still kills it.
    pub fn ended(&self) -> impl Future<Output = ExitStatus> + Send + use<> {
        let mut exit = self.exit.clone();
        async move {
            match exit.wait_for(Option::is_some).await {
                Ok(status) => status.unwrap_or_default(),
                // The runtime is shutting down.
                Err(_) => ExitStatus::default(),
            }
        }
    }

    /// Sends a signal to it and everything that it has started. Nothing happens if it has ended.
    pub fn signal(&self, signal: Signal) {
        match signal {
            Signal::STOP => self.stopped.store(true, Ordering::Relaxed),
            Signal::CONT => self.stopped.store(false, Ordering::Relaxed),
            _ => {}
        }
        if matches!(signal, Signal::KILL | Signal::TERM) {
            self.asked_to_end.store(true, Ordering::Relaxed);
        }
        if self.exit_status().is_none() {
            // It may end at this very moment; then there is nothing left to signal.
            let _ = kill_process_group(self.pid, signal);
        }
    }

    /// SIGKILL.
    pub fn kill(&self) {
        self.signal(Signal::KILL);
    }

    /// SIGTERM; waits for the end, and with SIGKILL after the limit. Whether it ended by itself and well.
    pub async fn terminate(&self, limit: Duration) -> Result<(), String> {
        self.signal(Signal::TERM);
        match tokio::time::timeout(limit, self.ended()).await {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("{} ended with {status} after SIGTERM", self.name)),
            Err(_) => {
                self.kill();
                Err(format!("{} had not ended {} s after SIGTERM", self.name, limit.as_secs_f64()))
            }
        }
    }

    /// The last lines that it logged, without those of a routine.
    #[must_use]
    pub(crate) fn log_tail(&self, routine: Option<&Regex>) -> Vec<String> {
        let text = self.log();
        let lines: Vec<&str> =
            text.lines().filter(|line| !routine.is_some_and(|routine| routine.is_match(line))).collect();
        lines[lines.len().saturating_sub(LOG_TAIL)..].iter().map(|line| (*line).to_owned()).collect()
    }

    /// The lines with this text that it logged, or that another process did before it under its name.
    #[must_use]
    pub fn logged(&self, text: &str) -> Vec<String> {
        self.log().lines().filter(|line| line.contains(text)).map(str::to_owned).collect()
    }

    fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !self.kept {
            self.kill();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROGRAMS: Programs = Programs { supervisor: None, kept: None, engine: None, mock_llm: None };

    async fn shell(script: &str, dir: &Path) -> Result<(Process, String), StartError> {
        let args = vec!["-c".to_owned(), script.to_owned()];
        let launch = Launch::new("shell", Path::new("/bin/sh"), args, dir, "ready");
        Process::start(launch, &PROGRAMS).await
    }

    #[tokio::test]
    async fn a_process_is_ready_when_it_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let (process, line) = shell("echo hello; echo ready at 7; sleep 1000", dir.path()).await.unwrap();
        assert_eq!(line, "ready at 7");
        assert_eq!(process.unexpected_end(), None);
    }

    #[tokio::test]
    async fn where_operators_are_served_is_known_once_the_process_has_said_so_also_behind_the_line_that_it_is_ready() {
        let dir = tempfile::tempdir().unwrap();
        let start = async |script: &str| {
            let args = vec!["-c".to_owned(), script.to_owned()];
            let mut launch = Launch::new("shell", Path::new("/bin/sh"), args, dir.path(), "ready");
            launch.operators = Some(Regex::new("operators at (?<url>\\S+)").unwrap());
            Process::start(launch, &PROGRAMS).await.unwrap().0
        };
        let process = start("echo ready; echo operators at http://h:7/ or so; sleep 1000").await;
        assert_eq!(process.operators_url().await.as_deref(), Some("http://h:7"));
        assert_eq!(start("echo ready; echo bye").await.operators_url().await, None);
    }

    #[tokio::test]
    async fn a_process_that_fails_to_start_shows_its_log() {
        let dir = tempfile::tempdir().unwrap();
        let error = shell("echo broken >&2; exit 3", dir.path()).await.unwrap_err().to_string();
        assert!(error.contains("exit status: 3") && error.contains("broken"), "{error}");
    }

    #[tokio::test]
    async fn a_process_that_never_says_that_it_is_ready_shows_the_pattern_and_what_it_printed() {
        let dir = tempfile::tempdir().unwrap();
        let args = ["-c", "echo up at 7; echo odd >&2; exec sleep 1000"].map(str::to_owned);
        let mut launch = Launch::new("shell", Path::new("/bin/sh"), args, dir.path(), "ready");
        launch.ready_within = Duration::from_secs(2);
        let error = Process::start(launch, &PROGRAMS).await.unwrap_err().to_string();
        for part in ["no line of its stdout matched `ready`", "on stdout:\n    up at 7", "on stderr:\n    odd"] {
            assert!(error.contains(part), "{part}\n{error}");
        }
    }

    #[tokio::test]
    async fn a_process_that_does_not_listen_to_sigterm_is_killed_and_blamed() {
        let dir = tempfile::tempdir().unwrap();
        let script = "trap '' TERM; echo ready; while :; do sleep 1000 & wait; done";
        let (process, _) = shell(script, dir.path()).await.unwrap();
        let error = process.terminate(Duration::from_millis(50)).await.unwrap_err();
        assert!(error.contains("after SIGTERM"), "{error}");
        assert!(!process.ended().await.success());
        assert_eq!(process.unexpected_end(), None);
    }

    #[tokio::test]
    async fn dropping_a_process_ends_its_children_too() {
        let dir = tempfile::tempdir().unwrap();
        // The child holds the other end of the pipe: its end shows as end of file.
        let fifo = dir.path().join("fifo");
        let script = format!("mkfifo {0}; (echo up > {0}; exec sleep 1000 > {0}) & echo ready; wait", fifo.display());
        let (process, _) = shell(&script, dir.path()).await.unwrap();
        let mut pipe = BufReader::new(tokio::fs::File::open(&fifo).await.unwrap()).lines();
        drop(process);
        while pipe.next_line().await.unwrap().is_some() {}
    }
}
