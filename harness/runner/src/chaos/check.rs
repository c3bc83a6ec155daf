//! The checker: compares the engine's promises with the evidence. It only reads, so that tests can
//! give it evidence of every broken promise.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use mock_llm::Kind;
use protocol::{Event, RequestId};
use story::{ChatMessage, Role};

use super::evidence::{Evidence, GameEvidence, Kept};
use super::ledger::Call;
use super::observed::{ObservedRequest, observed_requests};
use super::players::{Outcome, Post};
use super::readers::Read;
use super::subject::Subject;
use super::{plan, together};
use crate::invariants::{self, Finding, FindingKind};
use crate::watch::{Journal, Seen};

/// How many messages a turn adds to a history: what was said, and the narration.
const OF_A_TURN: usize = 2;

/// Everything that is wrong.
pub(super) fn check(evidence: &Evidence) -> Vec<Finding> {
    let mut found = Vec::new();
    found.extend(evidence.unread.iter().map(|what| Finding::new(FindingKind::Unobserved, what)));
    found.extend(evidence.troubles.iter().map(|what| Finding::new(FindingKind::Process, what)));
    found.extend(evidence.queue.iter().flat_map(|queue| invariants::queue(queue, 0)));
    let mut by_id = BTreeMap::new();
    for (number, game) in evidence.games.iter().enumerate() {
        let observed = observed_requests(number, game);
        found.extend(invariants::events(&game.live, true));
        if let Some(kept) = &game.kept {
            found.extend(log(game, &kept.log));
            found.extend(history(number, game, &kept.history, &observed));
            found.extend(reads(game, kept, evidence.reads.iter().filter(|read| read.game == number)));
        }
        found.extend(story_events(number, game, &observed, evidence));
        found.extend(together::check(&observed, evidence.story_event_batch));
        found.extend(sent_in_order(number, &observed, &evidence.posts));
        by_id.extend(observed.into_iter().map(|observed| (observed.request, observed)));
    }
    found.extend(posts(evidence, &by_id));
    found.extend(statuses(evidence, &by_id));
    found.extend(model_calls(evidence, &by_id));
    found
}

/// The log, read again, equals what came live.
fn log(game: &GameEvidence, log: &Journal) -> Option<Finding> {
    let same = |(live, log): (&Seen, &Seen)| live.id == log.id && live.name == log.name && live.data == log.data;
    let (live, log) = (&chunks_joined(game.live.events())[..], &chunks_joined(log.events())[..]);
    let differs = live.iter().zip(log).position(|pair| !same(pair));
    let at = differs.or_else(|| (live.len() != log.len()).then(|| live.len().min(log.len())))?;
    let name = |events: &[Seen]| {
        events.get(at).map_or_else(
            || "nothing".to_owned(),
            |seen| format!("{} ({})", seen.name, seen.id.as_deref().unwrap_or("no id")),
        )
    };
    let what = format!("game {}: live came {}, in the log is {}", game.id, name(live), name(log));
    Some(Finding { kind: FindingKind::BrokenLog, request: live.get(at).and_then(Seen::request_id), what })
}

/// Events as the log may keep them: chunks that follow each other are one, and those whose text is void have none.
fn chunks_joined(events: &[Arc<Seen>]) -> Vec<Seen> {
    let mut joined: Vec<Seen> = Vec::new();
    for seen in events {
        match (&seen.event, joined.last_mut()) {
            (Some(Event::ChatChunk(next)), Some(Seen { event: Some(Event::ChatChunk(chunk)), id, .. }))
                if (next.request_id, next.attempt) == (chunk.request_id, chunk.attempt) =>
            {
                chunk.content.push_str(&next.content);
                (chunk.done, chunk.chunks) = (next.done, chunk.chunks.saturating_add(next.chunks.get()));
                id.clone_from(&seen.id);
            }
            _ => joined.push(Seen::clone(seen)),
        }
        if let Some(Event::AttemptSuperseded(_) | Event::RequestFailed(_) | Event::RequestCancelled(_)) = &seen.event {
            for before in joined.iter_mut().filter(|before| before.request == seen.request) {
                if let Some(Event::ChatChunk(chunk)) = &mut before.event {
                    chunk.content.clear();
                }
            }
        }
    }
    for seen in &mut joined {
        if let Some(event @ Event::ChatChunk(_)) = &seen.event {
            seen.data = serde_json::from_str(&event.data()).unwrap_or_default();
        }
    }
    joined
}

/// Every completed request is in the history once, in the order of arrival, and nothing else is.
fn history(
    number: usize,
    game: &GameEvidence,
    history: &[ChatMessage],
    observed: &[ObservedRequest<'_>],
) -> Vec<Finding> {
    let said = history.iter().filter(|message| message.role != Role::Assistant);
    let kept: Vec<Subject> = said.flat_map(|message| Subject::all_of_message(number, &message.content)).collect();
    let mut found = Vec::new();
    for observed in observed {
        let Some(subject) = observed.subject else { continue };
        let times = kept.iter().filter(|kept| **kept == subject).count();
        let request = observed.request;
        if times > usize::from(observed.is_completed()) {
            let what = format!("request {request} ({subject:?}) is {times} times in its game's history");
            found.push(Finding::of(request, FindingKind::AppliedTwice, what));
        } else if times == 0 && observed.is_completed() {
            let what = format!("request {request} ({subject:?}) is completed and missing from its game's history");
            found.push(Finding::of(request, FindingKind::Lost, what));
        }
    }
    if !found.is_empty() {
        return found;
    }
    let arrived: Vec<Subject> =
        observed.iter().filter(|observed| observed.is_completed()).filter_map(|observed| observed.subject).collect();
    if let Some((kept, arrived)) = kept.iter().zip(&arrived).find(|(kept, arrived)| kept != arrived) {
        let what = format!("game {}: the history has {kept:?} where {arrived:?} arrived", game.id);
        return vec![Finding::new(FindingKind::OutOfOrder, what)];
    }
    invariants::history(&game.live, history).into_iter().collect()
}

/// What is read while a turn is committed is the game before it or behind it: the history is as long as the turns up to the last one have made it.
fn reads<'a>(game: &GameEvidence, kept: &Kept, reads: impl Iterator<Item = &'a Read>) -> Option<Finding> {
    let behind = |last_turn: u64| usize::try_from(kept.last_turn.saturating_sub(last_turn)).unwrap_or(usize::MAX);
    let wanted = |read: &Read| kept.history.len().saturating_sub(behind(read.last_turn).saturating_mul(OF_A_TURN));
    let mut mixed = reads.filter(|read| read.messages != wanted(read));
    let first = mixed.next()?;
    let what = format!(
        "game {}: an answer of version {}, turn {}, had {} messages of history, where that turn has {}; {} answers more were like it",
        game.id,
        first.version,
        first.last_turn,
        first.messages,
        wanted(first),
        mixed.count()
    );
    Some(Finding::new(FindingKind::Contradiction, what))
}

/// Every bell that a completed turn has rung was answered by its story events, each once and in their order, which name their cause.
fn story_events(
    number: usize,
    game: &GameEvidence,
    observed: &[ObservedRequest<'_>],
    evidence: &Evidence,
) -> Vec<Finding> {
    let mut found = Vec::new();
    for post in evidence.posts.iter().filter(|post| post.message.game == number) {
        let Some(bell) = post.message.bell else { continue };
        let Some(rung) = observed.iter().find(|observed| observed.subject == Some(post.message.subject())) else {
            continue;
        };
        let wanted: Vec<Subject> = plan::answers_of(bell, evidence.story_event_batch)
            .map(|bell| Subject::Bell { game: number, bell })
            .collect();
        let came: Vec<Subject> = observed
            .iter()
            .filter_map(|observed| observed.subject)
            .filter(|subject| wanted.contains(subject))
            .collect();
        let times = |answer: &Subject| came.iter().filter(|subject| *subject == answer).count();
        let (least, answers) =
            (wanted.iter().map(times).min().unwrap_or(0), wanted.iter().map(times).max().unwrap_or(0));
        let caused = observed.iter().filter(|observed| observed.caused_by == Some(rung.request)).count();
        let request = rung.request;
        let expected = usize::from(rung.is_completed());
        let what =
            || format!("bell {bell} of game {}, rung by request {request}, was answered {answers} times", game.id);
        if answers > expected {
            found.push(Finding::of(request, FindingKind::AppliedTwice, what()));
        } else if least < expected {
            let what = format!("{}, and of {} story events came {}", what(), wanted.len(), came.len());
            found.push(Finding::of(request, FindingKind::Lost, what));
        } else if rung.is_completed() && came != wanted {
            let what = format!("bell {bell} of game {} was answered by {came:?}, in another order", game.id);
            found.push(Finding::of(request, FindingKind::OutOfOrder, what));
        } else if caused != expected * wanted.len() {
            let what = format!("{}, and {caused} story events name it as their cause", what());
            found.push(Finding::of(request, FindingKind::Contradiction, what));
        }
    }
    found
}

/// A message that was accepted before another one was sent is before it.
fn sent_in_order(number: usize, observed: &[ObservedRequest<'_>], posts: &[Post]) -> Vec<Finding> {
    let sent: BTreeMap<RequestId, &Post> = posts
        .iter()
        .filter(|post| post.message.game == number)
        .filter_map(|post| match post.outcome {
            Outcome::Accepted(request) => Some((request, post)),
            _ => None,
        })
        .collect();
    let mut latest = Duration::ZERO;
    let mut found = Vec::new();
    for post in observed.iter().filter_map(|observed| sent.get(&observed.request)) {
        if post.settled < latest {
            let what = format!("\"{}\" was accepted before the one that precedes it was sent", post.message.text());
            found.push(Finding::new(FindingKind::OutOfOrder, what));
        }
        latest = latest.max(post.sent);
    }
    found
}

/// Every message that was accepted is queued, and none is queued twice; nothing is queued that no player has sent.
fn posts(evidence: &Evidence, by_id: &BTreeMap<RequestId, ObservedRequest<'_>>) -> Vec<Finding> {
    let mut queued: BTreeMap<Subject, Vec<RequestId>> = BTreeMap::new();
    for observed in by_id.values().filter(|observed| observed.caused_by.is_none()) {
        if let Some(subject) = observed.subject {
            queued.entry(subject).or_default().push(observed.request);
        }
    }
    let mut found = Vec::new();
    for post in &evidence.posts {
        let (subject, text) = (post.message.subject(), post.message.text());
        let requests = queued.remove(&subject).unwrap_or_default();
        if let [first, .., last] = requests[..] {
            let what = format!("\"{text}\" was sent once and is queued as {first} and as {last}");
            found.push(Finding::of(last, FindingKind::AppliedTwice, what));
        }
        match post.outcome {
            Outcome::Accepted(request) if !requests.contains(&request) => {
                let what = format!("\"{text}\" was accepted as {request}, and no event mentions it");
                found.push(Finding::of(request, FindingKind::Lost, what));
            }
            Outcome::Refused if !requests.is_empty() => {
                let what = format!("\"{text}\" was refused, and is queued as {} all the same", requests[0]);
                found.push(Finding::of(requests[0], FindingKind::Contradiction, what));
            }
            _ => {}
        }
    }
    found.extend(queued.into_iter().filter_map(|(subject, requests)| {
        let what = format!("{subject:?} is queued, and no player has sent it");
        Some(Finding::of(*requests.first()?, FindingKind::Contradiction, what))
    }));
    found
}

/// No request was given up, and the API says of each what its events say.
fn statuses(evidence: &Evidence, by_id: &BTreeMap<RequestId, ObservedRequest<'_>>) -> Vec<Finding> {
    let mut found = Vec::new();
    for observed in by_id.values() {
        let request = observed.request;
        if let Some(end) = observed.end.filter(|_| !observed.is_completed()) {
            let what = format!("request {request} ended with {}: {}", end.name(), end.data());
            found.push(Finding::of(request, FindingKind::DeadLettered, what));
        }
        let journal = &evidence.games[observed.game].live;
        found.extend(evidence.statuses.get(&request).and_then(|view| invariants::status(journal, view)));
    }
    found
}

/// No model call is made again once it has finished, none is made for nothing, and what is committed is what the model wrote.
///
/// An attempt calls for a narration once at most, and no attempt after the one that finished it does: so there are no more
/// calls than attempts up to that one. (When a call was made does not count: the last word of a worker that was frozen may
/// come late.) No event says when a delta was kept: there it is one call an attempt.
fn model_calls(evidence: &Evidence, by_id: &BTreeMap<RequestId, ObservedRequest<'_>>) -> Vec<Finding> {
    let mut calls_for: BTreeMap<Subject, Vec<&Call>> = BTreeMap::new();
    let mut found = Vec::new();
    for call in &evidence.calls {
        if let Some(miss) = &call.miss {
            found.push(Finding::new(FindingKind::Unforeseen, format!("{}: {miss}", call.summary)));
        } else if let Some(subject) = call.subject {
            calls_for.entry(subject).or_default().push(call);
        } else {
            found.push(Finding::new(
                FindingKind::Unforeseen,
                format!("{} is about nothing that is known", call.summary),
            ));
        }
    }
    for observed in by_id.values() {
        let Some(subject) = observed.subject else { continue };
        let calls = calls_for.remove(&subject).unwrap_or_default();
        let (request, texts) = (observed.request, calls.iter().filter(|call| call.kind == Kind::Text));
        let (narrations, deltas) = (texts.clone().count(), calls.iter().filter(|call| call.kind == Kind::Json).count());
        let attempts = observed.attempts_to_narrate.unwrap_or(observed.attempts);
        if narrations > attempts {
            let what =
                format!("request {request} was narrated by attempt {attempts} at the latest, in {narrations} calls");
            found.push(Finding::of(request, FindingKind::NarratedTwice, what));
        }
        if deltas > observed.attempts {
            let what =
                format!("request {request} had {} attempts, and {deltas} calls for its delta", observed.attempts);
            found.push(Finding::of(request, FindingKind::NarratedTwice, what));
        }
        // What was told in another one's turn has no narration of its own.
        if let Some(Event::RequestCompleted(completed)) = observed.end.filter(|_| observed.told_with().is_none()) {
            let written: BTreeSet<&str> = texts.map(|call| call.text.trim()).collect();
            if !written.contains(completed.result.message.trim()) {
                let what = format!(
                    "request {request} has committed \"{}\"; the model wrote {written:?}",
                    completed.result.message
                );
                found.push(Finding::of(request, FindingKind::Contradiction, what));
            }
        }
    }
    found.extend(calls_for.into_iter().map(|(subject, calls)| {
        let what = format!("the model was called {} times for {subject:?}, which is not queued", calls.len());
        Finding::new(FindingKind::Unforeseen, what)
    }));
    found
}
