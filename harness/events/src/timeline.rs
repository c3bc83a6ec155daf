//! Everything that happened in a case, on one clock.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::time::Instant;

/// The longest text of an entry that a timeline shows, in characters.
const TEXT_MAX: usize = 160;

/// Where an entry comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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
    /// A line that a process logged. There are many: the text of a failure shows only the last ones, apart.
    Log,
}

impl Source {
    /// What people and programs call it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Step => "step",
            Self::Http => "http",
            Self::Event => "event",
            Self::Sse => "sse",
            Self::Model => "model",
            Self::Process => "process",
            Self::Log => "log",
        }
    }
}

/// Something that happened, or went on for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When, since the case began.
    pub at: Duration,
    /// Until when, if it is something that lasts and has ended.
    pub until: Option<Duration>,
    /// Where.
    pub source: Source,
    /// Which one of its kind: the process, the game. What is in one lane is shown in one row.
    pub lane: Option<String>,
    /// What, for people.
    pub text: String,
    /// What, for programs; null if the text says all. For an event `{"offset", "event", "data"}`.
    pub detail: Value,
}

impl Entry {
    /// Something that is said by its text alone.
    pub fn new(at: Duration, source: Source, text: impl Into<String>) -> Self {
        Self { at, until: None, source, lane: None, text: text.into(), detail: Value::Null }
    }

    /// The same entry, ended.
    #[must_use]
    pub const fn until(mut self, end: Duration) -> Self {
        self.until = Some(end);
        self
    }

    /// The same entry in a lane.
    #[must_use]
    pub fn lane(mut self, lane: impl Into<String>) -> Self {
        self.lane = Some(lane.into());
        self
    }

    /// The same entry with what programs need of it.
    #[must_use]
    pub fn detail(mut self, detail: Value) -> Self {
        self.detail = detail;
        self
    }

    /// Calls ids by their names, wherever they are. A short id may be part of a text by chance.
    fn rename(&mut self, names: &BTreeMap<String, String>) {
        const LONG: usize = 8;
        for (id, name) in names.iter().filter(|(id, _)| id.len() >= LONG) {
            for text in self.lane.iter_mut().chain([&mut self.text]) {
                if text.contains(id.as_str()) {
                    *text = text.replace(id, name);
                }
            }
        }
        rename_in(&mut self.detail, names);
    }
}

fn rename_in(value: &mut Value, names: &BTreeMap<String, String>) {
    match value {
        Value::String(text) => {
            if let Some(name) = names.get(text) {
                text.clone_from(name);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename_in(item, names)),
        Value::Object(members) => members.values_mut().for_each(|member| rename_in(member, names)),
        _ => {}
    }
}

/// The log of one case. Clones write to the same log.
#[derive(Debug, Clone)]
pub struct CaseLog {
    began: Instant,
    began_at: Timestamp,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    entries: Vec<Entry>,
    /// What is requested as a whole and replaced each time.
    renewed: BTreeMap<Source, Vec<Entry>>,
    names: BTreeMap<String, String>,
}

impl Default for CaseLog {
    fn default() -> Self {
        Self { began: Instant::now(), began_at: Timestamp::now(), kept: Arc::default() }
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
        self.push(self.now(source, text));
    }

    /// An entry of this moment, to be completed and then given to [`push`](Self::push) or [`begin`](Self::begin).
    #[must_use]
    pub fn now(&self, source: Source, text: impl Into<String>) -> Entry {
        Entry::new(self.elapsed(), source, text)
    }

    /// Notes an entry.
    pub fn push(&self, entry: Entry) {
        self.lock().entries.push(entry);
    }

    /// Notes something that lasts until the span is dropped.
    #[must_use]
    pub fn begin(&self, entry: Entry) -> Span {
        let mut kept = self.lock();
        kept.entries.push(entry);
        Span { log: self.clone(), index: kept.entries.len() - 1 }
    }

    /// Puts these entries in the place of those that an earlier call gave for the source. For what is known only as a whole,
    /// such as the calls of a model.
    pub fn renew(&self, source: Source, entries: Vec<Entry>) {
        self.lock().renewed.insert(source, entries);
    }

    /// Has an id called by a name that people know. It holds for earlier entries too.
    pub fn name(&self, id: impl Into<String>, name: impl Into<String>) {
        self.lock().names.insert(id.into(), name.into());
    }

    /// A time by the wall clock, on the clock of this log.
    #[must_use]
    pub fn on_clock(&self, at: Timestamp) -> Duration {
        Duration::try_from(at.duration_since(self.began_at)).unwrap_or_default()
    }

    /// Everything so far, in the order of time and with the names that people know.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        let kept = self.lock();
        let mut entries: Vec<Entry> = kept.entries.iter().chain(kept.renewed.values().flatten()).cloned().collect();
        for entry in &mut entries {
            entry.rename(&kept.names);
        }
        drop(kept);
        entries.sort_by_key(|entry| entry.at);
        entries
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Something that lasts. Dropping it notes the end.
#[derive(Debug)]
pub struct Span {
    log: CaseLog,
    index: usize,
}

impl Drop for Span {
    fn drop(&mut self) {
        let now = self.log.elapsed();
        if let Some(entry) = self.log.lock().entries.get_mut(self.index) {
            entry.until = Some(now);
        }
    }
}

/// A timeline as text, one line an entry; without the lines of logs.
#[must_use]
pub fn render(entries: &[Entry]) -> String {
    let mut text = String::new();
    for entry in entries.iter().filter(|entry| entry.source != Source::Log) {
        let mut line: String = entry.text.chars().map(|c| if c == '\n' { ' ' } else { c }).take(TEXT_MAX).collect();
        if entry.text.chars().count() > TEXT_MAX {
            line.push('…');
        }
        if let Some(until) = entry.until {
            let took = until.saturating_sub(entry.at).as_secs_f64() * 1000.0;
            // Writing to a String cannot fail, here and below.
            let _ = write!(line, " ({took:.1} ms)");
        }
        let milliseconds = entry.at.as_secs_f64() * 1000.0;
        // The same event may come over several streams.
        let stream = entry.lane.as_ref().filter(|_| entry.source == Source::Event);
        let stream = stream.map(|lane| format!("{lane} ")).unwrap_or_default();
        let _ = writeln!(text, "{milliseconds:>9.1} ms  {:<8} {stream}{line}", entry.source.label());
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn entries_of_several_clocks_stand_in_one_order() {
        let log = CaseLog::default();
        log.note(Source::Step, "second");
        log.push(Entry::new(log.on_clock(log.began_at), Source::Model, "first"));
        let texts: Vec<_> = log.entries().into_iter().map(|entry| entry.text).collect();
        assert_eq!(texts, ["first", "second"]);
    }

    #[tokio::test]
    async fn what_lasts_ends_when_its_span_is_dropped() {
        let log = CaseLog::default();
        let span = log.begin(log.now(Source::Step, "look around"));
        assert_eq!(log.entries()[0].until, None);
        drop(span);
        let entry = &log.entries()[0];
        assert!(entry.until.is_some_and(|until| entry.at <= until && until <= log.elapsed()), "{entry:?}");
    }

    #[tokio::test]
    async fn what_is_renewed_is_not_there_twice() {
        let log = CaseLog::default();
        for text in ["in flight", "finished"] {
            log.renew(Source::Model, vec![log.now(Source::Model, text)]);
        }
        let texts: Vec<_> = log.entries().into_iter().map(|entry| entry.text).collect();
        assert_eq!(texts, ["finished"]);
    }

    #[tokio::test]
    async fn a_name_that_is_given_late_is_used_everywhere() {
        let log = CaseLog::default();
        let (id, other) = ("01a20f99-819e", "01a20f99-81cf");
        let event = log.now(Source::Event, format!("1 {{\"id\":\"{id}\"}}")).lane(id);
        log.push(event.detail(json!({"data": {"ids": [id, other, "1"]}})));
        log.name(id, "[first]");
        log.name("1", "[short]");
        let entry = &log.entries()[0];
        assert_eq!(entry.text, "1 {\"id\":\"[first]\"}");
        assert_eq!(entry.lane.as_deref(), Some("[first]"));
        assert_eq!(entry.detail, json!({"data": {"ids": ["[first]", other, "[short]"]}}));
    }

    #[test]
    fn an_event_says_over_which_stream_it_came() {
        let event = |lane: &str| Entry::new(Duration::ZERO, Source::Event, "3 chat.chunk {}").lane(lane);
        let text = render(&[event("[game]"), event("phone")]);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].ends_with("event    [game] 3 chat.chunk {}"), "{text}");
        assert!(lines[1].ends_with("event    phone 3 chat.chunk {}"), "{text}");
    }

    #[test]
    fn long_and_many_lined_texts_stay_on_one_line() {
        let entry = Entry::new(Duration::from_millis(3), Source::Event, format!("a\nb{}", "x".repeat(500)));
        let log = Entry::new(Duration::ZERO, Source::Log, "INFO up");
        let text = render(&[log, entry.until(Duration::from_millis(5))]);
        assert_eq!(text.lines().count(), 1);
        assert!(text.starts_with("      3.0 ms  event    a bxx") && text.ends_with("… (2.0 ms)\n"), "{text}");
    }
}
