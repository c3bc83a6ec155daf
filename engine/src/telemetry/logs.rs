//! Logs for an operator, on standard error, or in a file where the terminal is a player's.
//!
//! Lines go through a bounded queue to a thread that writes them. A reader of the log that is slow or gone costs lines, never
//! time, and never the process: `tracing-subscriber` by itself blocks on a full pipe and panics on a broken one.

use std::io::{IsTerminal, Write};
use std::str::FromStr;

use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

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
    dropped: ErrorCounter,
    _writer: WorkerGuard,
}

impl Log {
    /// How its lines are written.
    #[must_use]
    pub const fn format(&self) -> LogFormat {
        self.format
    }

    /// Counts the lines that were dropped.
    #[must_use]
    pub fn dropped(&self) -> ErrorCounter {
        self.dropped.clone()
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
    let (writer, guard) =
        NonBlockingBuilder::default().lossy(true).buffered_lines_limit(LINES_QUEUED).thread_name("log").finish(out);
    let dropped = writer.error_counter();
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
    Log { format, dropped, _writer: guard }
}
