//! What must hold whatever was done to the engine: its promises, checked on what it did.

mod backoff;
mod finding;
pub(crate) mod foreign;
mod lane;
mod life;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use harness_case::ModelScript;
use mock_llm::{EntryProgress, Record};
use protocol::{Event, QueueView, RequestId, RequestStatus, RequestType, RequestView, RewindCause};
use story::ChatMessage;

pub(crate) use backoff::backoff;
pub(crate) use finding::{Finding, FindingKind};

use crate::model::unmatched;
use crate::watch::Journal;
use lane::Lane;
use life::Life;

/// The queue is empty, and holds no more dead letters than were meant to be left.
pub(crate) fn queue(queue: &QueueView, dead_letters: u64) -> Vec<Finding> {
    let numbers = [
        ("queued requests", queue.depth, 0),
        ("games ready to be claimed", queue.ready, 0),
        ("games in back-off", queue.delayed, 0),
        ("leases", queue.active, 0),
        ("dead letters", queue.dead_letters, dead_letters),
    ];
    let wrong = numbers.iter().filter(|(_, actual, expected)| actual != expected);
    wrong
        .map(|(what, actual, expected)| {
            Finding::new(FindingKind::LeftOver, format!("{actual} {what} are left, and not {expected}"))
        })
        .collect()
}

/// Every call of the model was foreseen by the script, and has a reply there that can be sent.
pub(crate) fn model(calls: &[Record], script: Option<&ModelScript>) -> Vec<Finding> {
    let missed = calls.iter().filter_map(|call| Some((call, unmatched(call)?)));
    missed
        .map(|(call, miss)| {
            let id = call.id;
            let what = match &call.answer.entry {
                None => format!("model call {id} is not in the script: {miss}"),
                Some(entry) => {
                    let place = script.and_then(|script| script.place_of(entry.index));
                    let place = place.map(|place| format!(" ({place})")).unwrap_or_default();
                    let name =
                        entry.name.as_ref().map_or_else(|| format!("{}", entry.index), |name| format!("\"{name}\""));
                    format!("model call {id} has no reply from entry {name}{place}: {miss}")
                }
            };
            Finding::new(FindingKind::Unforeseen, what)
        })
        .collect()
}

/// Every fault and every counted reply that the script has for the model was played: a fault that no call has got has tested nothing.
pub(crate) fn played(progress: &[EntryProgress], script: Option<&ModelScript>) -> Vec<Finding> {
    let left = progress.iter().filter(|entry| entry.left_over || entry.fault_left_over);
    left.map(|progress| {
        let entry = &progress.entry;
        let place = script.and_then(|script| script.place_of(entry.index));
        let place = place.map(|place| format!(" ({place})")).unwrap_or_default();
        let name = entry.name.as_ref().map_or_else(|| entry.index.to_string(), |name| format!("\"{name}\""));
        let what = if progress.fault_left_over { "has a fault that no call got" } else { "was to answer more often" };
        let times = match progress.answered {
            0 => "it has answered no call".to_owned(),
            1 => "it has answered one call".to_owned(),
            times => format!("it has answered {times} calls"),
        };
        let what = format!(
            "entry {name} of the model's script{place} {what}: {times}. Is its `match` wrong, or does an entry before it answer? \
             What may stay unused is `\"optional\": true`"
        );
        Finding::new(FindingKind::LeftOver, what)
    })
    .collect()
}

/// What the engine promises of a game's events: contiguous, one request at a time, in the order of arrival, one end each,
/// and the committed narration is the one that was shown. `tail`: story events queue in pure arrival order.
pub(crate) fn events(journal: &Journal, tail: bool) -> Vec<Finding> {
    let mut found: Vec<Finding> =
        journal.faults().iter().map(|fault| Finding::new(FindingKind::BrokenLog, fault)).collect();
    let mut lives: BTreeMap<RequestId, Life> = BTreeMap::new();
    let mut lane = Lane::default();
    let mut version = None;
    for seen in journal.events() {
        let Some(event) = &seen.event else { continue };
        let next = match event {
            Event::StateUpdated(updated) => Some(updated.version),
            Event::GameRewound(rewound) => Some(rewound.version),
            _ => None,
        };
        if let Some(next) = next {
            if let Some(before) = version
                && next != before + 1
            {
                let kind = if next > before { FindingKind::Contradiction } else { FindingKind::AppliedTwice };
                let what = format!("version {next} follows version {before}");
                found.push(Finding { kind, request: event.request_id(), what });
            }
            version = Some(next);
        }
        let Some(id) = event.request_id() else { continue };
        let offset = seen.offset;
        if let Event::RequestCompleted(completed) = event
            && let Some(head) = completed.result.told_with
            && !lives.get(&head).is_some_and(Life::is_completed)
        {
            let what =
                format!("event {offset}: request {id} is told in the turn of request {head}, which is not completed");
            found.push(Finding::of(id, FindingKind::Contradiction, what));
        }
        if let Some((kind, fault)) = lives.entry(id).or_default().take(event) {
            found.push(Finding::of(id, kind, format!("event {offset}: request {id} {fault}")));
        }
        if let Some(fault) = lane.take(id, event, tail) {
            found.push(Finding::of(id, FindingKind::OutOfOrder, format!("event {offset}: {fault}")));
        }
    }
    let endless = lives.iter().filter(|(_, life)| !life.has_ended());
    found.extend(endless.map(|(id, _)| Finding::of(*id, FindingKind::Lost, format!("request {id} has no last event"))));
    found
}

/// What the API says of a request agrees with its events.
pub(crate) fn status(journal: &Journal, view: &RequestView) -> Option<Finding> {
    let id = view.request_id;
    let (_, last) = journal.end(&id.to_string())?;
    let (status, committed) = match last.event.as_ref()? {
        Event::RequestCompleted(event) => (RequestStatus::Completed, Some(&event.result)),
        Event::RequestFailed(_) => (RequestStatus::Failed, None),
        _ => (RequestStatus::Cancelled, None),
    };
    let differs = |what: String| Some(Finding::of(id, FindingKind::Contradiction, what));
    if view.status != status {
        return differs(format!("request {id} is {status} by its events, and {} by its status", view.status));
    }
    if view.result.as_ref() != committed {
        return differs(format!("request {id} has another result in its status than in its events"));
    }
    None
}

/// The history ends with every turn that was committed and not taken back: its message and its narration, once each, in order. The message of
/// a turn that tells several story events has the prompts of all.
pub(crate) fn history(journal: &Journal, history: &[ChatMessage]) -> Option<Finding> {
    let mut queued = BTreeMap::new();
    let mut turns: Vec<Told> = Vec::new();
    // Story events that were cancelled during the present turn, which may tell them all the same.
    let mut cancelled: Vec<Part> = Vec::new();
    // The number of the last turn.
    let mut last: Option<u64> = None;
    for event in journal.events().iter().filter_map(|seen| seen.event.as_ref()) {
        match event {
            Event::RequestQueued(event) => {
                let part = Part { place: queued.len(), text: event.user_message.clone(), is_sure: true };
                queued.insert(event.request_id, (event.kind, part));
            }
            Event::RequestCancelled(event) => {
                if let Some((RequestType::StoryEvent, part)) = queued.get(&event.request_id) {
                    cancelled.push(Part { is_sure: false, ..part.clone() });
                }
            }
            Event::RequestCompleted(event) if event.result.told_with.is_some() => {
                if let (Some(told), Some((_, part))) = (turns.last_mut(), queued.get(&event.request_id)) {
                    told.behind.push(part.clone());
                }
            }
            Event::RequestCompleted(event) => {
                let mut behind = std::mem::take(&mut cancelled);
                turns.extend(queued.get(&event.request_id).map(|(kind, part)| {
                    // A player's turn tells no story event.
                    behind.retain(|_| *kind == RequestType::StoryEvent);
                    Told { first: part.text.clone(), behind, narration: event.result.message.clone() }
                }));
                last = Some(last.map_or(event.result.turn, |last| last + 1));
            }
            Event::GameRewound(rewound) => {
                let gone = last.unwrap_or(rewound.turn).saturating_sub(rewound.turn);
                let retold = rewound.cause == RewindCause::Choose || gone == 0;
                // What is narrated instead of the last turns, no event says.
                let kept =
                    if retold { 0 } else { turns.len().saturating_sub(usize::try_from(gone).unwrap_or(usize::MAX)) };
                turns.truncate(kept);
                last = Some(rewound.turn);
            }
            _ => {}
        }
    }
    let kept: Vec<&str> = history.iter().map(|message| message.content.as_str()).collect();
    let ends = kept.split_at_checked(kept.len().wrapping_sub(2 * turns.len())).map(|(_, ends)| ends);
    let is_right = ends.is_some_and(|ends| turns.iter().zip(ends.chunks(2)).all(|(told, pair)| told.is(pair)));
    let turns = || turns.iter().flat_map(Told::in_words).collect::<Vec<_>>();
    let what = || format!("the history is {kept:?}, but the turns were {:?}", turns());
    (!is_right).then(|| Finding::new(FindingKind::Contradiction, what()))
}

/// A turn as the history should have it.
struct Told {
    /// The message of its request.
    first: String,
    /// The prompts of story events that it tells as well.
    behind: Vec<Part>,
    narration: String,
}

/// A story event's prompt in a turn of another one.
#[derive(Clone)]
struct Part {
    /// How many requests were queued before it.
    place: usize,
    text: String,
    /// Whether the turn tells it for sure. One that was cancelled meanwhile may have been narrated by then.
    is_sure: bool,
}

impl Told {
    /// Whether these are its message and its narration.
    fn is(&self, pair: &[&str]) -> bool {
        let [message, narration] = pair else { return false };
        let mut behind: Vec<&Part> = self.behind.iter().collect();
        behind.sort_by_key(|part| part.place);
        *narration == self.narration
            && message.strip_prefix(self.first.as_str()).is_some_and(|rest| is_made_of(rest, &behind))
    }

    fn in_words(&self) -> [String; 2] {
        let behind = self.behind.iter().filter(|part| part.is_sure).map(|part| part.text.as_str());
        let message: Vec<&str> = std::iter::once(self.first.as_str()).chain(behind).collect();
        [message.join("\n\n"), self.narration.clone()]
    }
}

/// Whether a text is that of these parts, each behind an empty line; those that are not sure may be left out.
fn is_made_of(text: &str, parts: &[&Part]) -> bool {
    // Where the text may go on behind the parts so far. Trying each choice by itself would take twice as long for each part.
    let mut ends = BTreeSet::from([0]);
    for part in parts {
        let behind = |end: &usize| {
            let rest = text[*end..].strip_prefix("\n\n")?.strip_prefix(part.text.as_str())?;
            Some(text.len() - rest.len())
        };
        let with: BTreeSet<usize> = ends.iter().filter_map(behind).collect();
        ends = if part.is_sure { with } else { &ends | &with };
    }
    ends.contains(&text.len())
}
