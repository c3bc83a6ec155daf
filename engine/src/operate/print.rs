//! What operators are shown in the terminal: short enough for a narrow one, with whole ids, so that they can be copied.

use std::fmt::{Display, Write};

use jiff::Timestamp;
use protocol::{
    AttemptOutcome, AuditEntry, Circuit, DeadLetter, DeadLetterCause, GameSummary, LaneState, LaneView, Pause,
    PauseScope, StoryEventsView, WorkerInfo, Workers,
};
use serde::Serialize;
use store::{Inspection, Remedy};

use super::QueueReport;

/// More of a message is not shown in a list.
const SHOWN_CHARS: usize = 60;

/// The queue and its lanes.
pub(super) fn queue(report: &QueueReport, now: Timestamp) -> String {
    let QueueReport { queue, pauses, providers, lanes } = report;
    let mut text = format!(
        "depth         {} queued, {} of them story events, the oldest for {}\n\
         games         {} ready, {} delayed, {} paused, {} active\n\
         dead letters  {}\n\
         workers       {}\n",
        queue.depth,
        queue.story_events,
        seconds(queue.oldest_age_ms),
        queue.ready,
        queue.delayed,
        queue.paused,
        queue.active,
        queue.dead_letters,
        queue.workers,
    );
    for pause in pauses {
        line(&mut text, format_args!("paused        {}, {}", scope(&pause.what), paused(pause, now)));
    }
    for provider in providers.iter().filter(|provider| provider.circuit != Circuit::Closed) {
        let since = provider.opened_at.map(|at| format!(", paused {}", from_now(at, now))).unwrap_or_default();
        let probe = provider.probe_at.map(|at| format!(", next probe {}", from_now(at, now))).unwrap_or_default();
        line(
            &mut text,
            format_args!(
                "provider      {} gets no calls{since}{probe}, {} games wait: {}",
                provider.name,
                provider.waiting,
                shorten(provider.detail.as_deref().unwrap_or("no reason is known"))
            ),
        );
    }
    if !lanes.lanes.is_empty() {
        text.push_str("\nstate    game                                  requests  \n");
    }
    for lane in &lanes.lanes {
        line(
            &mut text,
            format_args!("{:<8} {}  {:<8}  {}", name(lane.state), lane.game_id, lane.requests.len(), waits(lane, now)),
        );
    }
    if lanes.more {
        text.push_str("… and more\n");
    }
    text
}

/// What is paused.
pub(super) fn scope(what: &PauseScope) -> String {
    match what {
        PauseScope::All {} => "everything".to_owned(),
        PauseScope::Provider { provider } => format!("the provider {provider}"),
        PauseScope::Tenant { tenant } => format!("the tenant {tenant}"),
        PauseScope::Game { game_id } => format!("game {game_id}"),
        PauseScope::Worker { worker } => worker.clone(),
    }
}

/// By whom, and since when.
pub(super) fn paused(pause: &Pause, now: Timestamp) -> String {
    format!("paused by {} at {:.0}, {}", pause.by, pause.since, from_now(pause.since, now))
}

/// A game, on one line.
pub(super) fn game(game: &GameSummary) -> String {
    let mut text = String::new();
    let name = game.name.as_deref().map_or_else(String::new, |name| format!("  {}", shorten(name)));
    let ended = if game.is_ended { ", over" } else { "" };
    line(
        &mut text,
        format_args!("{}  {:.0}  {}, turn {}{ended}{name}", game.id, game.updated_at, game.scenario, game.turn),
    );
    text
}

/// An entry of the audit log.
pub(super) fn audit(entry: &AuditEntry) -> String {
    let AuditEntry { at, by, action, subject, outcome } = entry;
    let outcome = if outcome == "done" { String::new() } else { format!("  refused: {outcome}") };
    let mut text = String::new();
    line(&mut text, format_args!("{at:.0}  {action}  {subject}  by {by}{outcome}"));
    text
}

/// The workers, each with its turns.
pub(super) fn workers(workers: &Workers, now: Timestamp) -> String {
    let place = |about: &WorkerInfo| {
        let config = about.config.as_ref().map_or_else(String::new, |config| format!(", config {config}"));
        format!(", on {}, version {}{config}", about.host, about.version)
    };
    let mut text = String::new();
    for worker in &workers.workers {
        let slots = worker.about.as_ref().map_or_else(|| "?".to_owned(), |about| about.slots.to_string());
        let state = match &worker.drained {
            Some(_) if worker.turns.is_empty() => "drained",
            Some(_) => "draining",
            None => "works",
        };
        line(
            &mut text,
            format_args!(
                "{:<8} {}  {}/{slots} slots, seen {}{}",
                state,
                worker.name,
                worker.turns.len(),
                from_now(worker.seen_at, now),
                worker.about.as_ref().map_or_else(String::new, place)
            ),
        );
        if let Some(pause) = &worker.drained {
            line(&mut text, format_args!("         {}", paused(pause, now)));
        }
        for turn in &worker.turns {
            line(
                &mut text,
                format_args!(
                    "         request {} since {}; the lease ends {}",
                    turn.request_id,
                    from_now(turn.since, now),
                    from_now(turn.lease_ends_at, now)
                ),
            );
        }
    }
    if text.is_empty() { "no worker lives\n".to_owned() } else { text }
}

/// One lane, its requests in order.
pub(super) fn lane(lane: &LaneView, events: &StoryEventsView, now: Timestamp) -> String {
    let mut text = format!("game {} is {}\n", lane.game_id, name(lane.state));
    let standing = waits(lane, now);
    if !standing.is_empty() {
        line(&mut text, format_args!("{standing}"));
    }
    for (position, request) in lane.requests.iter().enumerate() {
        let event = events.story_events.iter().find(|event| event.request_id == *request);
        let prompt = event.map(|event| format!("  story event: {}", shorten(&event.message))).unwrap_or_default();
        line(&mut text, format_args!("{position:>4}  {request}{prompt}"));
    }
    text
}

/// A page of dead letters, a line each.
pub(super) fn dead_letters(dead_letters: &[DeadLetter]) -> String {
    let mut text = String::new();
    for letter in dead_letters {
        line(
            &mut text,
            format_args!(
                "{}  {:.0}  {} attempts  {}\n    {}",
                letter.request_id,
                letter.failed_at,
                letter.attempts.len(),
                shorten(&letter.message),
                letter.error
            ),
        );
    }
    text
}

/// What a retry of a dead letter would do out of order.
pub(super) fn played_on(letter: &DeadLetter) -> Option<String> {
    let (failed_at, now) = (letter.state_version, letter.game_version?);
    (now > failed_at).then(|| {
        format!("its game has changed since (version {failed_at}, now {now}): retried, it is narrated after that")
    })
}

/// A cause of dead letters.
pub(super) fn cause(cause: &DeadLetterCause) -> String {
    let mut text = String::new();
    line(
        &mut text,
        format_args!(
            "{:>6}  {}  {:.0} to {:.0}, such as {}\n        {}",
            cause.count,
            cause.problem,
            cause.first_failed_at,
            cause.last_failed_at,
            cause.example,
            shorten(&cause.detail)
        ),
    );
    text
}

/// Anything on one line, for programs.
pub(super) fn json(value: &impl Serialize) -> String {
    // What the API has just sent can be written again.
    serde_json::to_string(value).unwrap_or_default() + "\n"
}

/// One dead letter, whole.
pub(super) fn dead_letter(letter: &DeadLetter) -> String {
    let mut text = format!(
        "request   {}\ngame      {} at version {}\ntype      {}\nmessage   {}\naccepted  {:.3}\nfailed    {:.3}\nerror     {}\n",
        letter.request_id,
        letter.game_id,
        letter.state_version,
        letter.kind,
        letter.message,
        letter.enqueued_at,
        letter.failed_at,
        letter.error
    );
    for cause in &letter.error.causes {
        line(&mut text, format_args!("          caused by: {cause}"));
    }
    if let Some(note) = played_on(letter) {
        line(&mut text, format_args!("note      {note}"));
    }
    if let Some(parent) = letter.caused_by {
        line(&mut text, format_args!("set off by {parent}"));
    }
    if let Some(narration) = &letter.narration {
        line(&mut text, format_args!("narrated  {}", shorten(narration)));
    }
    for attempt in &letter.attempts {
        let outcome = match attempt.outcome {
            AttemptOutcome::Retried => "failed, tried again",
            AttemptOutcome::Failed => "failed, given up",
            AttemptOutcome::Lost => "lost: the worker died or stalled",
            AttemptOutcome::Released => "released: the worker stopped",
            AttemptOutcome::Cancelled => "cancelled",
        };
        let took = attempt.ended_at.duration_since(attempt.started_at).as_millis();
        let took = seconds(u64::try_from(took).unwrap_or(0));
        line(
            &mut text,
            format_args!(
                "attempt {}  {:.3}  {took} on {}: {outcome}",
                attempt.attempt, attempt.started_at, attempt.worker
            ),
        );
        if let Some(error) = &attempt.error {
            line(&mut text, format_args!("    {}", error.detail));
        }
    }
    text
}

/// What an inspection has found.
pub(super) fn inspection(inspection: &Inspection, repaired: bool) -> String {
    let mut text = String::new();
    for found in &inspection.inconsistencies {
        let subject = match (found.request, found.game) {
            (Some(request), _) => format!("request {request}"),
            (None, Some(game)) => format!("game {game}"),
            (None, None) => "the store".to_owned(),
        };
        let (what_of_it, remedy) = match (&found.remedy, repaired) {
            (Remedy::Repair(remedy), true) => ("repaired", remedy),
            (Remedy::Repair(remedy), false) => ("--repair would", remedy),
            (Remedy::ByHand(remedy), _) => ("it cannot be repaired", remedy),
        };
        line(&mut text, format_args!("{subject}: {}\n    {what_of_it}: {remedy}", found.what));
    }
    let (all, left) = (inspection.inconsistencies.len(), inspection.beyond_repair());
    let repaired = if repaired && all > left { format!(", {} repaired", all - left) } else { String::new() };
    let left = if left > 0 { format!(", {left} that cannot be repaired") } else { String::new() };
    line(
        &mut text,
        format_args!(
            "{} games, {} unfinished requests, {all} contradictions{repaired}{left}",
            inspection.games, inspection.requests,
        ),
    );
    text
}

fn name(state: LaneState) -> &'static str {
    match state {
        LaneState::Idle => "idle",
        LaneState::Ready => "ready",
        LaneState::Delayed => "delayed",
        LaneState::Paused => "paused",
        LaneState::Active => "active",
    }
}

/// What a lane's head waits for.
fn waits(lane: &LaneView, now: Timestamp) -> String {
    match (&lane.lease, lane.not_before) {
        (Some(lease), _) => format!(
            "{} holds it with fence {}; the lease ends {}",
            lease.worker,
            lease.fence,
            from_now(lease.expires_at, now)
        ),
        (None, Some(due)) => format!("not before {:.0}, {}", due, from_now(due, now)),
        (None, None) if lane.state == LaneState::Active => {
            "its lease has run out; the next claim takes it over".to_owned()
        }
        (None, None) if lane.state == LaneState::Paused && lane.waits_for.is_none() => {
            "an operator has paused it".to_owned()
        }
        (None, None) => {
            lane.waits_for.as_ref().map_or_else(String::new, |name| format!("the provider `{name}` gets no calls"))
        }
    }
}

fn from_now(time: Timestamp, now: Timestamp) -> String {
    let ms = time.duration_since(now).as_millis();
    let amount = seconds(u64::try_from(ms.abs()).unwrap_or(0));
    if ms > 0 { format!("in {amount}") } else { format!("{amount} ago") }
}

fn seconds(ms: u64) -> String {
    format!("{}.{} s", ms / 1000, ms % 1000 / 100)
}

/// A text on one line, cut off where it gets long.
fn shorten(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SHOWN_CHARS) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

fn line(text: &mut String, line: impl Display) {
    let line = line.to_string();
    for part in line.lines() {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}", part.trim_end());
    }
}
