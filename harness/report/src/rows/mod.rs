//! A timeline as rows of marks, as a page draws it: what the entries say themselves, and what follows from the events:
//! how long each request waited, which attempts it had, and which process made them.

mod requests;

use std::collections::BTreeSet;
use std::time::Duration;

use harness_events::{Entry, Source};
use serde::Serialize;
use serde_json::Value;

use super::json::ms;
use requests::Requests;

/// Marks in one row.
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

/// The rows of a case, from top to bottom. What has not ended lasts until `end`.
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
            // A call or a stream without an end is still running.
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

/// A process: how long it was up, how long it was stopped, what was done to it.
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

/// A name without the brackets that say that it replaces an id.
fn bare(name: &str) -> String {
    name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name).to_owned()
}

fn short(text: &str) -> String {
    const MAX: usize = 120;
    let line: String = text.chars().map(|c| if c == '\n' { ' ' } else { c }).take(MAX).collect();
    if text.chars().nth(MAX).is_some() { line + "…" } else { line }
}

#[cfg(test)]
mod tests;
