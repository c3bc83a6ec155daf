//! What the events say of each request: how long it waited, which attempts it had, and which process made them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use harness_events::{Entry, Source};
use serde_json::Value;

use super::{Mark, Row, bare, lanes, of};
use crate::json::ms;

/// The most characters of a message that a row is called by.
const NAME_MAX: usize = 40;

/// What the events say of each request.
#[derive(Default)]
pub(super) struct Requests<'a> {
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
    pub(super) fn read(entries: &'a [Entry]) -> Self {
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
    pub(super) fn rows(&self, end: Duration) -> impl Iterator<Item = Row> {
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
    pub(super) fn by_process(&self, entries: &[Entry], end: Duration) -> Vec<Row> {
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
                rows.entry(by.unwrap_or("worker not known")).or_default().push(phase.mark(text, end));
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
