//! Rows of a timeline: what is drawn of what a case's log holds.

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
    assert_eq!(seen(&rows, "leases"), ["worker not known died 2-5 failed 5-6 completed 8-9"]);
}

#[test]
fn an_event_that_comes_by_two_streams_is_one() {
    let twice =
        |at, event: &Entry| Entry { at: Duration::from_millis(at), lane: Some("other".to_owned()), ..event.clone() };
    let (queued, processing) = (event(1, "request.queued", 0), event(2, "request.processing", 1));
    let entries = [queued.clone(), processing.clone(), twice(3, &queued), twice(4, &processing)];
    assert_eq!(seen(&rows(&entries, Duration::from_millis(20)), "requests"), ["first Ring. queued 1-2 attempt 2-20"]);
}

#[test]
fn what_has_not_ended_lasts_until_the_end_of_the_case() {
    let entries = [event(1, "request.queued", 0), event(2, "request.processing", 1)];
    assert_eq!(seen(&rows(&entries, Duration::from_millis(20)), "requests"), ["first Ring. queued 1-2 attempt 2-20"]);
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
    assert_eq!(lease(&entries), ["worker not known attempt 2-20"]);
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
