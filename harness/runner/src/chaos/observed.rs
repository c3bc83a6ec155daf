//! The requests of a game, as observed in its events.

use std::collections::BTreeMap;

use protocol::{Event, RequestId, RequestType};

use super::evidence::GameEvidence;
use super::subject::Subject;

/// A request, as observed in its game's events.
#[derive(Debug)]
pub(super) struct ObservedRequest<'a> {
    pub(super) request: RequestId,
    pub(super) game: usize,
    pub(super) subject: Option<Subject>,
    pub(super) caused_by: Option<RequestId>,
    /// How many attempts began.
    pub(super) attempts: usize,
    /// How many had begun when the narration was finished.
    pub(super) attempts_to_narrate: Option<usize>,
    pub(super) end: Option<&'a Event>,
}

impl ObservedRequest<'_> {
    /// The request in whose turn this story event was told, if that was not its own.
    pub(super) fn told_with(&self) -> Option<RequestId> {
        match self.end {
            Some(Event::RequestCompleted(completed)) => completed.result.told_with,
            _ => None,
        }
    }

    pub(super) fn is_completed(&self) -> bool {
        matches!(self.end, Some(Event::RequestCompleted(_)))
    }
}

/// The requests of a game, in the order in which they arrived.
pub(super) fn observed_requests(game: usize, evidence: &GameEvidence) -> Vec<ObservedRequest<'_>> {
    let mut requests: Vec<ObservedRequest<'_>> = Vec::new();
    let mut indices = BTreeMap::new();
    for event in evidence.live.events().iter().filter_map(|seen| seen.event.as_ref()) {
        let Some(request) = event.request_id() else { continue };
        let index = *indices.entry(request).or_insert_with(|| {
            let (subject, caused_by, end) = (None, None, None);
            requests.push(ObservedRequest {
                request,
                game,
                subject,
                caused_by,
                attempts: 0,
                attempts_to_narrate: None,
                end,
            });
            requests.len() - 1
        });
        let request = &mut requests[index];
        match event {
            Event::RequestQueued(queued) => {
                request.subject = Subject::of_message(game, &queued.user_message);
                request.caused_by = queued.caused_by.filter(|_| queued.kind == RequestType::StoryEvent);
            }
            Event::RequestProcessing(_) => request.attempts += 1,
            Event::ChatChunk(chunk) if chunk.done => {
                request.attempts_to_narrate.get_or_insert(request.attempts);
            }
            event if event.is_terminal() => {
                request.end.get_or_insert(event);
            }
            _ => {}
        }
    }
    requests
}
