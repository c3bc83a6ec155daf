//! Logs for an operator, on standard error, or in a file where the terminal is a player's.
//!
//! Lines go through a bounded queue to a thread that writes them. A reader of the log that is slow or gone costs lines, never
//! time, and never the process: `tracing-subscriber` by itself blocks on a full pipe and panics on a broken one.

use std::io::{self, IsTerminal, Write};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

use crate::visible;

/// How many lines may wait for the thread that writes them; more are dropped and counted.
const LINES_QUEUED: usize = 10_000;

/// How log lines are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For a person.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl FromStr for LogFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            other => Err(format!("`{other}` is neither `text` nor `json`")),
        }
    }
}

/// The running log. What waits is written when it is dropped.
#[derive(Debug)]
pub struct Log {
    format: LogFormat,
    lost: LostLines,
    _writer: WorkerGuard,
}

/// Counts the lines that reach nobody.
#[derive(Debug, Clone)]
pub struct LostLines {
    /// Those that found the queue full.
    dropped: ErrorCounter,
    /// Those that could not be written.
    failed: Arc<AtomicU64>,
}

impl LostLines {
    /// How many there were since the start.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.dropped.dropped_lines() as u64 + self.failed.load(Ordering::Relaxed)
    }
}

/// Writes lines in which nothing acts on a terminal, whoever reads them there later, and counts those that it cannot write: the thread that
/// calls it would only forget the error.
struct CountingWriter<W> {
    out: W,
    in_colour: bool,
    failed: Arc<AtomicU64>,
}

impl<W: Write> Write for CountingWriter<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        let text = if self.in_colour { visible::coloured(&text) } else { visible::lines(&text) };
        if self.out.write_all(text.as_bytes()).is_err() {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Log {
    /// How its lines are written.
    #[must_use]
    pub const fn format(&self) -> LogFormat {
        self.format
    }

    /// Counts the lines that reach nobody.
    #[must_use]
    pub fn lost(&self) -> LostLines {
        self.lost.clone()
    }
}

/// Starts logging. `STORY_ENGINE_LOG` says what is logged, as `tracing` directives; `info` when not set.
#[must_use]
pub fn start(format: LogFormat) -> Log {
    let out = std::io::stderr();
    let is_terminal = out.is_terminal();
    start_on(format, out, is_terminal)
}

/// The same with the lines written to `out`, in colour if somebody `watches`.
pub(crate) fn start_on(format: LogFormat, out: impl Write + Send + 'static, watches: bool) -> Log {
    let (filter, invalid) = match std::env::var("STORY_ENGINE_LOG") {
        Ok(directives) => match EnvFilter::try_new(&directives) {
            Ok(filter) => (filter, None),
            Err(error) => (EnvFilter::new("info"), Some(error)),
        },
        Err(_) => (EnvFilter::new("info"), None),
    };
    let failed = Arc::new(AtomicU64::new(0));
    let out = CountingWriter { out, in_colour: watches, failed: Arc::clone(&failed) };
    let (writer, guard) =
        NonBlockingBuilder::default().lossy(true).buffered_lines_limit(LINES_QUEUED).thread_name("log").finish(out);
    let lost = LostLines { dropped: writer.error_counter(), failed };
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        .log_internal_errors(false)
        .with_ansi(watches)
        .with_target(false);
    match format {
        LogFormat::Text => builder.compact().init(),
        // The list has the present span as well: each is in a line once.
        LogFormat::Json => builder.json().with_current_span(false).init(),
    }
    if let Some(error) = invalid {
        tracing::warn!(%error, "STORY_ENGINE_LOG is not valid, logging at info; it looks like `info,access=off`");
    }
    Log { format, lost, _writer: guard }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(in_colour: bool, line: &str) -> String {
        let mut writer = CountingWriter { out: Vec::new(), in_colour, failed: Arc::default() };
        writer.write_all(line.as_bytes()).unwrap();
        String::from_utf8(writer.out).unwrap()
    }

    #[test]
    fn nothing_in_a_line_of_the_log_acts_on_a_terminal() {
        let json = "{\"error\":\"a\\u001b\u{9b}2J\u{7f}\u{202e}b\u{2028}\"}\n";
        let line = written(false, json);
        assert_eq!(line, "{\"error\":\"a\\u001b\\u009b2J\\u007f\\u202eb\\u2028\"}\n");
        let same = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap();
        assert_eq!(same(&line), same(json));
        let coloured = "\u{1b}[33m WARN\u{1b}[0m a";
        assert_eq!(
            written(true, &format!("{coloured}\u{1b}[2J\u{9b}2J\n")),
            format!("{coloured}\\u001b[2J\\u009b2J\n")
        );
        assert_eq!(written(false, "a\u{1b}[33mb\n"), "a\\u001b[33mb\n");
    }
}
