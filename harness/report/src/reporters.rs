//! All reports of a run behind one interface: each takes every event, those in files are finished when the run is, or has broken
//! off.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use harness_events::{RunEvent, RunEventKind};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::history::{History, HistoryFile};
use super::record::Record;
use super::terminal::{Place, Terminal};
use super::{github, html, json, junit};

/// How often the moving part of a terminal is redrawn.
const TICK: Duration = Duration::from_millis(100);

/// Which reports are wanted in addition to the terminal.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// `JUnit` XML, in this file.
    pub junit: Option<PathBuf>,
    /// JSON lines, in this file; `-` is stdout, and then the text for people goes to stderr.
    pub json: Option<PathBuf>,
    /// One HTML page, in this file.
    pub html: Option<PathBuf>,
    /// The history of the run, for a checker.
    pub history: Option<HistoryFile>,
    /// Annotations for GitHub Actions, which reads them from what is printed.
    pub github: bool,
}

impl Wanted {
    /// Whether a report shows everything, of cases that pass too.
    #[must_use]
    pub const fn evidence(&self) -> bool {
        self.json.is_some() || self.html.is_some() || self.history.is_some()
    }
}

/// A report cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// Its file cannot be.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// SIGUSR1 cannot be listened to.
    #[error("cannot listen to SIGUSR1: {0}")]
    Signal(io::Error),
}

/// All reports of a run.
pub struct Reporters {
    terminal: Terminal<Box<dyn Write + Send>>,
    record: Record,
    json: Option<Output>,
    junit: Option<Output>,
    html: Option<Output>,
    history: Option<History>,
    github: bool,
    /// The first thing that went wrong while the run was on.
    error: Option<ReportError>,
    asked: Signal,
    ticks: Interval,
}

/// Where a report goes.
struct Output {
    path: PathBuf,
    out: Box<dyn Write + Send>,
}

impl Output {
    /// A file is made at once: that it cannot be is better known before the run than after it.
    fn open(path: &Path) -> Result<Self, ReportError> {
        let out: Box<dyn Write + Send> = if path == Path::new("-") {
            Box::new(io::stdout())
        } else {
            let file = File::create(path).map_err(|source| ReportError::File { path: path.to_owned(), source })?;
            Box::new(file)
        };
        Ok(Self { path: path.to_owned(), out })
    }

    fn write(&mut self, text: &str) -> Result<(), ReportError> {
        let written = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush());
        written.map_err(|source| ReportError::File { path: self.path.clone(), source })
    }

    /// Writes a text that stands only until the report is finished; nothing where it cannot be taken back.
    fn write_for_now(&mut self, text: &str) -> Result<(), ReportError> {
        if self.is_file() { self.write(text) } else { Ok(()) }
    }

    /// Writes the report in place of what is there.
    fn finish(self, text: &str) -> Result<(), ReportError> {
        let mut output = if self.is_file() { Self::open(&self.path)? } else { self };
        output.write(text)
    }

    fn is_file(&self) -> bool {
        self.path != Path::new("-")
    }
}

impl Reporters {
    /// Opens the reports that are wanted. From here on SIGUSR1 makes the run say what it is doing.
    pub fn open(wanted: &Wanted) -> Result<Self, ReportError> {
        let for_programs = [&wanted.json, &wanted.junit, &wanted.html].into_iter().flatten();
        let taken = for_programs.into_iter().any(|path| path == Path::new("-"));
        Self::with(Terminal::at(if taken { Place::Stderr } else { Place::Stdout }), wanted)
    }

    /// The same, with the text for people written to `out`, without colour.
    pub fn with_output(out: Box<dyn Write + Send>, wanted: &Wanted) -> Result<Self, ReportError> {
        Self::with(Terminal::to(out), wanted)
    }

    fn with(terminal: Terminal<Box<dyn Write + Send>>, wanted: &Wanted) -> Result<Self, ReportError> {
        let open = |path: &Option<PathBuf>| path.as_deref().map(Output::open).transpose();
        let mut junit = open(&wanted.junit)?;
        if let Some(file) = &mut junit {
            // What is left if the run is killed: CI servers take an empty file for a run without cases.
            file.write_for_now(&junit::killed())?;
        }
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        Ok(Self {
            terminal,
            record: Record::default(),
            json: open(&wanted.json)?,
            junit,
            html: open(&wanted.html)?,
            history: match &wanted.history {
                Some(file) => {
                    Some(History::begin(file).map_err(|source| ReportError::File { path: file.path.clone(), source })?)
                }
                None => None,
            },
            github: wanted.github,
            error: None,
            asked: signal(SignalKind::user_defined1()).map_err(ReportError::Signal)?,
            ticks,
        })
    }

    /// Reports on a run until every sender of events is gone, then finishes the reports.
    pub async fn follow(mut self, mut events: mpsc::UnboundedReceiver<RunEvent>) -> Result<(), ReportError> {
        loop {
            // A terminal that is gone is no reason to stop: the exit code still counts. So its errors are let go, here and below.
            tokio::select! {
                event = events.recv() => match event {
                    Some(event) => self.take(&event),
                    None => break,
                },
                Some(()) = self.asked.recv() => drop(self.terminal.tell_running()),
                _ = self.ticks.tick() => drop(self.terminal.tick()),
            }
        }
        self.finish()
    }

    /// Reports on a run that is over.
    ///
    /// # Errors
    /// A report cannot be written.
    pub fn replay(mut self, events: &[RunEvent]) -> Result<(), ReportError> {
        for event in events {
            self.take(event);
        }
        self.finish()
    }

    fn take(&mut self, event: &RunEvent) {
        self.tell_programs(event);
        self.record.take(event);
        if let (true, RunEventKind::CaseFinished(report)) = (self.github, &event.kind) {
            let workspace = std::env::var_os("GITHUB_WORKSPACE").map(PathBuf::from);
            for annotation in github::annotations(report, workspace.as_deref()) {
                drop(self.terminal.line(&annotation));
            }
        }
        drop(self.terminal.take(event));
    }

    /// A report that cannot be written is dropped, and the run continues. A reader that closes its end is no error.
    fn tell_programs(&mut self, event: &RunEvent) {
        if self.json.is_none() && self.history.is_none() {
            return;
        }
        let line = json::line(event).map_err(io::Error::from);
        // A history that cannot be written, as on a full disk, is no reason for a run to fail.
        if let (Some(history), Ok(line)) = (&mut self.history, &line)
            && !history.write(line).unwrap_or(false)
        {
            self.history = None;
        }
        let Some(json) = &mut self.json else { return };
        let line = line.map_err(|source| ReportError::File { path: json.path.clone(), source });
        match line.and_then(|line| json.write(&format!("{line}\n"))) {
            Ok(()) => return,
            Err(ReportError::File { source, .. }) if source.kind() == io::ErrorKind::BrokenPipe => {}
            Err(error) => self.error = Some(error),
        }
        self.json = None;
    }

    fn finish(mut self) -> Result<(), ReportError> {
        if self.record.began.is_some() && !self.record.over {
            drop(self.terminal.broken_off());
        }
        if let Some(file) = self.junit {
            let unfinished: Vec<&str> = self.record.running.keys().map(String::as_str).collect();
            file.finish(&junit::junit(self.record.reports(), &unfinished, &self.record.summary))?;
        }
        if let Some(file) = &mut self.html {
            let page = html::page(&self.record).map_err(io::Error::from);
            let page = page.map_err(|source| ReportError::File { path: file.path.clone(), source })?;
            file.write(&page)?;
        }
        if let Some(history) = self.history {
            drop(history.end());
        }
        self.error.map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use harness_events::Events;
    use rustix::process::{Signal as Kind, getpid, kill_process};

    use super::*;

    /// Gives on what is written.
    struct Sink(mpsc::UnboundedSender<String>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.0.send(String::from_utf8_lossy(bytes).into_owned());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    async fn until(text_seen: &mut mpsc::UnboundedReceiver<String>, part: &str) -> String {
        let mut text = String::new();
        while !text.contains(part) {
            text.push_str(&text_seen.recv().await.unwrap());
        }
        text
    }

    #[tokio::test]
    async fn a_run_that_is_sent_sigusr1_says_what_it_is_doing_and_goes_on() {
        let (sender, mut text_seen) = mpsc::unbounded_channel();
        let reporters = Reporters::with_output(Box::new(Sink(sender)), &Wanted::default()).unwrap();
        let (events, received) = Events::channel();
        let following = tokio::spawn(reporters.follow(received));
        events.send(RunEventKind::RunStarted { cases: 1, mode: "local".to_owned(), reason: "so".to_owned() });
        events.send(RunEventKind::CaseStarted { case: "bell".to_owned() });
        events.send(RunEventKind::Waiting { case: "bell".to_owned(), what: "a gate".to_owned() });
        // The line that comes first says that the events have been read.
        until(&mut text_seen, "1 case,").await;
        kill_process(getpid(), Kind::USR1).unwrap();
        let text = until(&mut text_seen, "bell: a gate\n").await;
        assert!(text.contains("done: 0 of 1 case; 1 running\n"), "{text}");
        events.send(RunEventKind::RunFinished(harness_events::Summary::default()));
        drop(events);
        following.await.unwrap().unwrap();
        until(&mut text_seen, "0 passed, 0 failed, 0 skipped").await;
    }
}
