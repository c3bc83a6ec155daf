//! Everything that happened in a case, on one clock.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

/// The longest text of an entry that a timeline shows, in characters.
const TEXT_MAX: usize = 160;

/// Where an entry comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A step of the case begins or ends.
    Step,
    /// An HTTP request and its answer.
    Http,
    /// An event of a game.
    Event,
    /// An event stream is opened or closed.
    Sse,
    /// A call of the model.
    Model,
    /// A process starts, is signalled or ends.
    Process,
}

impl Source {
    const fn label(self) -> &'static str {
        match self {
            Self::Step => "step",
            Self::Http => "http",
            Self::Event => "event",
            Self::Sse => "sse",
            Self::Model => "model",
            Self::Process => "process",
        }
    }
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When, since the case began.
    pub at: Duration,
    /// Where.
    pub source: Source,
    /// What.
    pub text: String,
}

/// The log of one case. Clones write to the same log.
#[derive(Debug, Clone)]
pub struct CaseLog {
    began: Instant,
    began_at: Timestamp,
    entries: Arc<Mutex<Vec<Entry>>>,
}

impl Default for CaseLog {
    fn default() -> Self {
        Self { began: Instant::now(), began_at: Timestamp::now(), entries: Arc::default() }
    }
}

impl CaseLog {
    /// How long the case has been running.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// Notes something that happens now.
    pub fn note(&self, source: Source, text: impl Into<String>) {
        let entry = Entry { at: self.elapsed(), source, text: text.into() };
        self.lock().push(entry);
    }

    /// Notes something that another program has timed by the wall clock.
    pub fn note_at(&self, at: Timestamp, source: Source, text: impl Into<String>) {
        self.lock().push(Entry { at: self.on_clock(at), source, text: text.into() });
    }

    /// A time by the wall clock, on the clock of this log.
    #[must_use]
    pub fn on_clock(&self, at: Timestamp) -> Duration {
        Duration::try_from(at.duration_since(self.began_at)).unwrap_or_default()
    }

    /// Everything so far, in the order of time.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        let mut entries = self.lock().clone();
        entries.sort_by_key(|entry| entry.at);
        entries
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A timeline as text, one line an entry.
#[must_use]
pub(super) fn render(entries: &[Entry]) -> String {
    let mut text = String::new();
    for entry in entries {
        let mut line: String = entry.text.chars().map(|c| if c == '\n' { ' ' } else { c }).take(TEXT_MAX).collect();
        if entry.text.chars().count() > TEXT_MAX {
            line.push('…');
        }
        let milliseconds = entry.at.as_secs_f64() * 1000.0;
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{milliseconds:>9.1} ms  {:<8} {line}", entry.source.label());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn entries_of_several_clocks_stand_in_one_order() {
        let log = CaseLog::default();
        log.note(Source::Step, "second");
        log.note_at(log.began_at, Source::Model, "first");
        let texts: Vec<_> = log.entries().into_iter().map(|entry| entry.text).collect();
        assert_eq!(texts, ["first", "second"]);
    }

    #[test]
    fn long_and_many_lined_texts_stay_on_one_line() {
        let entry =
            Entry { at: Duration::from_millis(3), source: Source::Event, text: format!("a\nb{}", "x".repeat(500)) };
        let text = render(&[entry]);
        assert_eq!(text.lines().count(), 1);
        assert!(text.starts_with("      3.0 ms  event    a bxx") && text.ends_with("…\n"), "{text}");
    }
}
