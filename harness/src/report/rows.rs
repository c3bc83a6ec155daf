//! A timeline as rows of marks, as a page draws it: what the entries say themselves, and what follows from the events:
//! how long each request waited, which attempts it had, and which process made them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use super::json::ms;
use super::{Entry, Source};

/// The most characters of a message that a row is called by.
const NAME_MAX: usize = 40;

/// Marks that stand beside each other.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    group: &'static str,
    name: String,
    marks: Vec<Mark>,
}

/// Something that is drawn: a bar if it lasts, or else a point.
#[derive(Debug, Serialize)]
struct Mark {
    from: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<f64>,
    /// How it is drawn.
    kind: &'static str,
    text: String,
    /// The entry that it comes from, by its place in the timeline.
    entry: usize,
}

/// The rows of a case, in the order in which they stand below each other. What has not ended lasts until `end`.
pub(super) fn rows(entries: &[Entry], end: Duration) -> Vec<Row> {
    let requests = Requests::read(entries);
    let mut rows = vec![plain(entries, Source::Step, "steps", "")];
    rows.extend(requests.rows(end));
    rows.extend(requests.by_process(entries, end));
    for (source, group) in [(Source::Model, "model calls"), (Source::Event, "events"), (Source::Sse, "streams")] {
        rows.extend(lanes(entries, source).iter().map(|lane| by_lane(entries, source, group, lane, end)));
    }
    rows.push(plain(entries, Source::Http, "HTTP", ""));
    rows.extend(lanes(entries, Source::Process).iter().map(|lane| process(entries, lane, end)));
    rows.extend(lanes(entries, Source::Log).iter().map(|lane| by_lane(entries, Source::Log, "log", lane, end)));
    rows.retain(|row| !row.marks.is_empty());
    rows
}

fn lanes(entries: &[Entry], source: Source) -> BTreeSet<&str> {
    of(entries, source).map(|(_, entry)| entry.lane.as_deref().unwrap_or_default()).collect()
}

fn of(entries: &[Entry], source: Source) -> impl Iterator<Item = (usize, &Entry)> {
    entries.iter().enumerate().filter(move |(_, entry)| entry.source == source)
}

/// Every entry of a source as it is.
fn plain(entries: &[Entry], source: Source, group: &'static str, name: &str) -> Row {
    let marks = of(entries, source).map(|(index, entry)| mark(index, entry, entry.until)).collect();
    Row { group, name: name.to_owned(), marks }
}

fn by_lane(entries: &[Entry], source: Source, group: &'static str, lane: &str, end: Duration) -> Row {
    let marks = of(entries, source)
        .filter(|(_, entry)| entry.lane.as_deref().unwrap_or_default() == lane)
        .map(|(index, entry)| {
            // A call or a stream without an end is one that goes on.
            let lasts = source == Source::Model || (source == Source::Sse && entry.text.starts_with("listening"));
            mark(index, entry, entry.until.or_else(|| lasts.then_some(end.max(entry.at))))
        })
        .collect();
    Row { group, name: bare(lane), marks }
}

fn mark(index: usize, entry: &Entry, until: Option<Duration>) -> Mark {
    let said = |place: &str| entry.detail.pointer(place).and_then(Value::as_str);
    let text = match entry.source {
        Source::Event => said("/event").unwrap_or(&entry.text).to_owned(),
        // The entry of the script says more than the number of the call.
        Source::Model => {
            said("/answer/entry/name").map_or_else(|| short(&entry.text), |name| format!("{name}: {}", entry.text))
        }
        _ => short(&entry.text),
    };
    Mark { from: ms(entry.at), to: until.map(ms), kind: kind(entry), text, entry: index }
}

fn kind(entry: &Entry) -> &'static str {
    let said = |key: &str| entry.detail.get(key).and_then(Value::as_str);
    match entry.source {
        Source::Step => "step",
        Source::Http => "http",
        Source::Sse if entry.detail.get("refused").is_some() => "bad",
        Source::Sse => "stream",
        Source::Process => "process",
        Source::Event => match said("event") {
            Some("chat.chunk") => "chunk",
            Some("request.completed") => "good",
            Some("request.failed" | "stream.reset") => "bad",
            Some("request.retrying" | "request.cancelled" | "attempt.superseded") => "odd",
            _ => "event",
        },
        Source::Model => {
            let missed = entry.detail.pointer("/answer/miss").is_some_and(Value::is_string);
            match said("ending") {
                _ if missed => "bad",
                Some("hung_up" | "stopped") => "odd",
                Some("fault") => "fault",
                Some("in_flight") => "open",
                _ => "model",
            }
        }
        Source::Log => match entry.text.split_whitespace().next() {
            Some("ERROR") => "bad",
            Some("WARN") => "odd",
            _ => "log",
        },
    }
}

/// A process: how long it was up, how long it stood still, what was done to it.
fn process(entries: &[Entry], lane: &str, end: Duration) -> Row {
    let mut marks = Vec::new();
    let mut frozen = None;
    for (index, entry) in of(entries, Source::Process).filter(|(_, entry)| entry.lane.as_deref() == Some(lane)) {
        let verb = entry.detail.get("verb").and_then(Value::as_str);
        if verb == Some("up") {
            marks.push(mark(index, entry, Some(entry.until.unwrap_or(end).max(entry.at))));
            continue;
        }
        if let Some((index, since, text)) = frozen.take_if(|_| verb != Some("stop")) {
            marks.push(Mark { from: ms(since), to: Some(ms(entry.at)), kind: "frozen", text, entry: index });
        }
        if verb == Some("stop") {
            frozen = Some((index, entry.at, short(&entry.text)));
        }
        let kind = match verb {
            Some("terminate") => "end",
            Some("ended") if entry.detail.get("well") == Some(&Value::Bool(true)) => "end",
            Some("ended") => "bad",
            _ => "signal",
        };
        marks.push(Mark { kind, ..mark(index, entry, None) });
    }
    Row { group: "processes", name: lane.to_owned(), marks }
}

/// What the events tell of each request.
#[derive(Default)]
struct Requests<'a> {
    /// In the order in which they were queued.
    all: Vec<Request<'a>>,
    /// Events that have come: each comes once by every stream that is open.
    seen: BTreeSet<(&'a str, &'a str)>,
}

struct Request<'a> {
    id: &'a str,
    message: &'a str,
    phases: Vec<Phase>,
    /// The event that ended it.
    end: Option<(usize, Duration)>,
}

/// A stretch of a request's life.
struct Phase {
    from: Duration,
    to: Option<Duration>,
    kind: &'static str,
    /// 0 while it waits.
    attempt: u64,
    entry: usize,
}

impl<'a> Requests<'a> {
    fn read(entries: &'a [Entry]) -> Self {
        let mut requests = Self::default();
        for (index, entry) in of(entries, Source::Event) {
            requests.take(index, entry);
        }
        requests
    }

    fn take(&mut self, index: usize, entry: &'a Entry) {
        let data = entry.detail.get("data");
        let text = |key: &str| data.and_then(|data| data.get(key)).and_then(Value::as_str);
        let (Some(event), Some(id)) = (entry.detail.get("event").and_then(Value::as_str), text("request_id")) else {
            return;
        };
        let offset = entry.detail.get("offset").and_then(Value::as_str).unwrap_or_default();
        if !self.seen.insert((id, offset)) {
            return;
        }
        let (attempt, at) = (data.and_then(|data| data.get("attempt")?.as_u64()).unwrap_or_default(), entry.at);
        let phase = |kind, attempt| Phase { from: at, to: None, kind, attempt, entry: index };
        let place = self.all.iter().position(|request| request.id == id);
        match (event, place.and_then(|place| self.all.get_mut(place))) {
            ("request.queued", None) => {
                let message = text("user_message").unwrap_or_default();
                self.all.push(Request { id, message, phases: vec![phase("queued", 0)], end: None });
            }
            // Given up, and taken up again by an operator.
            ("request.queued", Some(request)) => request.next(at, phase("queued", 0)),
            ("request.processing", Some(request)) => {
                // An attempt that is followed by another one without a word has died.
                if let Some(died) = request.phases.last_mut().filter(|last| last.to.is_none() && last.attempt > 0) {
                    died.kind = "died";
                }
                request.next(at, phase("attempt", attempt));
            }
            ("request.retrying", Some(request)) => {
                if let Some(failed) = request.phases.last_mut() {
                    failed.kind = "failed";
                }
                request.next(at, phase("backoff", 0));
            }
            ("request.completed" | "request.failed" | "request.cancelled", Some(request)) => {
                if let Some(last) = request.phases.last_mut() {
                    last.to = Some(at);
                    last.kind = match (event, last.kind) {
                        ("request.completed", _) => "completed",
                        ("request.failed", _) => "failed",
                        (_, kind) => kind,
                    };
                }
                request.end = Some((index, at));
            }
            _ => {}
        }
    }

    /// One row a request.
    fn rows(&self, end: Duration) -> impl Iterator<Item = Row> {
        self.all.iter().map(move |request| {
            let mut marks: Vec<Mark> = request.phases.iter().map(|phase| phase.mark(phase.text(), end)).collect();
            if let Some((entry, at)) = request.end {
                marks.push(Mark { from: ms(at), to: None, kind: "end", text: "end".to_owned(), entry });
            }
            Row { group: "requests", name: request.name(), marks }
        })
    }

    /// One row a process: the attempts under its lease. Which process had it is known from its log, or because there is
    /// only one.
    fn by_process(&self, entries: &[Entry], end: Duration) -> Vec<Row> {
        let workers: BTreeSet<&str> =
            lanes(entries, Source::Process).into_iter().filter(|name| name.starts_with("worker")).collect();
        let workers = if workers.is_empty() { lanes(entries, Source::Process) } else { workers };
        let only = workers.first().filter(|_| workers.len() == 1).copied();
        let mut rows: BTreeMap<&str, Vec<Mark>> = BTreeMap::new();
        for request in &self.all {
            for phase in request.phases.iter().filter(|phase| phase.attempt > 0) {
                let known = || of(entries, Source::Log).find(|(_, entry)| phase.is_told_of(request.id, &entry.text));
                let by = only.or_else(|| known().and_then(|(_, entry)| entry.lane.as_deref()));
                let text = format!("{} #{}", request.short_name(), phase.attempt);
                rows.entry(by.unwrap_or("not told by whom")).or_default().push(phase.mark(text, end));
            }
        }
        rows.into_iter().map(|(name, marks)| Row { group: "leases", name: name.to_owned(), marks }).collect()
    }
}

impl Request<'_> {
    fn next(&mut self, at: Duration, phase: Phase) {
        if let Some(last) = self.phases.last_mut() {
            last.to.get_or_insert(at);
        }
        self.end = None;
        self.phases.push(phase);
    }

    /// What the case calls it, or the end of its id: the beginning is the time, and much the same for all.
    fn short_name(&self) -> String {
        let bare = bare(self.id);
        if bare == self.id { format!("…{}", &self.id[self.id.len().saturating_sub(4)..]) } else { bare }
    }

    fn name(&self) -> String {
        let message: String = self.message.chars().take(NAME_MAX).collect();
        format!("{} {message}", self.short_name())
    }
}

impl Phase {
    fn text(&self) -> String {
        match (self.kind, self.attempt) {
            ("queued", _) => "queued".to_owned(),
            ("backoff", _) => "waits to be tried again".to_owned(),
            ("died", attempt) => format!("attempt {attempt} was lost"),
            ("failed", attempt) => format!("attempt {attempt} failed"),
            (_, attempt) => format!("attempt {attempt}"),
        }
    }

    fn mark(&self, text: String, end: Duration) -> Mark {
        Mark {
            from: ms(self.from),
            to: Some(ms(self.to.unwrap_or(end).max(self.from))),
            kind: self.kind,
            text,
            entry: self.entry,
        }
    }

    fn is_told_of(&self, request: &str, line: &str) -> bool {
        line.split_once("request=").is_some_and(|(_, rest)| {
            let mut parts = rest.split_whitespace();
            parts.next() == Some(request) && parts.any(|part| part == format!("attempt={}", self.attempt))
        })
    }
}

/// A name without the brackets that say that it stands for an id.
fn bare(name: &str) -> String {
    name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name).to_owned()
}

fn short(text: &str) -> String {
    const MAX: usize = 120;
    let line: String = text.chars().map(|c| if c == '\n' { ' ' } else { c }).take(MAX).collect();
    if text.chars().nth(MAX).is_some() { line + "…" } else { line }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(at: u64, event: &str, attempt: u64) -> Entry {
        let data = json!({"request_id": "[first]", "attempt": attempt, "user_message": "Ring."});
        Entry::new(Duration::from_millis(at), Source::Event, "")
            .lane("[default]")
            .detail(json!({"offset": at.to_string(), "event": event, "data": data}))
    }

    fn process(at: u64, lane: &str, verb: &str) -> Entry {
        let entry = Entry::new(Duration::from_millis(at), Source::Process, verb).lane(lane);
        entry.detail(json!({ "verb": verb, "well": false }))
    }

    /// Group, name and the marks of a row: kind, from, to.
    fn seen(rows: &[Row], group: &str) -> Vec<String> {
        let marks = |row: &Row| {
            row.marks.iter().fold(row.name.clone(), |text, mark| match mark.to {
                Some(to) => format!("{text} {} {}-{to}", mark.kind, mark.from),
                None => format!("{text} {} {}", mark.kind, mark.from),
            })
        };
        rows.iter().filter(|row| row.group == group).map(marks).collect()
    }

    #[test]
    fn a_request_is_followed_through_its_attempts_to_its_end() {
        let entries = [
            event(1, "request.queued", 0),
            event(2, "request.processing", 1),
            event(5, "request.processing", 2),
            event(6, "request.retrying", 2),
            event(8, "request.processing", 3),
            event(9, "request.completed", 3),
        ];
        let rows = rows(&entries, Duration::from_millis(20));
        let expected = "first Ring. queued 1-2 died 2-5 failed 5-6 backoff 6-8 completed 8-9 end 9";
        assert_eq!(seen(&rows, "requests"), [expected]);
        assert_eq!(seen(&rows, "leases"), ["not told by whom died 2-5 failed 5-6 completed 8-9"]);
    }

    #[test]
    fn an_event_that_comes_by_two_streams_is_one() {
        let twice = |at, event: &Entry| Entry {
            at: Duration::from_millis(at),
            lane: Some("other".to_owned()),
            ..event.clone()
        };
        let (queued, processing) = (event(1, "request.queued", 0), event(2, "request.processing", 1));
        let entries = [queued.clone(), processing.clone(), twice(3, &queued), twice(4, &processing)];
        assert_eq!(
            seen(&rows(&entries, Duration::from_millis(20)), "requests"),
            ["first Ring. queued 1-2 attempt 2-20"]
        );
    }

    #[test]
    fn what_has_not_ended_lasts_until_the_end_of_the_case() {
        let entries = [event(1, "request.queued", 0), event(2, "request.processing", 1)];
        assert_eq!(
            seen(&rows(&entries, Duration::from_millis(20)), "requests"),
            ["first Ring. queued 1-2 attempt 2-20"]
        );
    }

    #[test]
    fn the_process_behind_an_attempt_is_the_one_that_logged_it_or_the_only_one() {
        let log = |request: &str| {
            let line = format!("INFO turn: turn committed ms=5 request={request} game=[default] attempt=1");
            Entry::new(Duration::from_millis(9), Source::Log, line).lane("worker1")
        };
        let up = |name: &str| process(0, name, "up");
        let lease = |entries: &[Entry]| seen(&rows(entries, Duration::from_millis(20)), "leases");
        let mut entries =
            vec![up("worker0"), up("worker1"), event(1, "request.queued", 0), event(2, "request.processing", 1)];
        entries.push(log("[other]"));
        assert_eq!(lease(&entries), ["not told by whom attempt 2-20"]);
        entries.push(log("[first]"));
        assert_eq!(lease(&entries), ["worker1 attempt 2-20"]);
        assert_eq!(lease(&entries[1..4]), ["worker1 attempt 2-20"]);
    }

    #[test]
    fn a_process_is_up_stands_still_and_dies() {
        let entries = [
            process(1, "worker0", "up"),
            process(3, "worker0", "stop"),
            process(7, "worker0", "continue"),
            process(8, "worker0", "ended"),
        ];
        let rows = rows(&entries, Duration::from_millis(20));
        assert_eq!(seen(&rows, "processes"), ["worker0 process 1-20 signal 3 frozen 3-7 signal 7 bad 8"]);
    }
}
