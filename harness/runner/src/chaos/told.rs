//! A game's requests as its events tell of them.

use std::collections::BTreeMap;

use protocol::{Event, RequestId, RequestType};

use super::evidence::GameEvidence;
use super::subject::Subject;

/// A request as its game's events tell of it.
#[derive(Debug)]
pub(super) struct Told<'a> {
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

impl Told<'_> {
    pub(super) fn is_completed(&self) -> bool {
        matches!(self.end, Some(Event::RequestCompleted(_)))
    }
}

/// The requests of a game, in the order in which they arrived.
pub(super) fn tell(game: usize, evidence: &GameEvidence) -> Vec<Told<'_>> {
    let mut told: Vec<Told<'_>> = Vec::new();
    let mut places = BTreeMap::new();
    for event in evidence.live.events().iter().filter_map(|seen| seen.event.as_ref()) {
        let Some(request) = event.request_id() else { continue };
        let place = *places.entry(request).or_insert_with(|| {
            let (subject, caused_by, end) = (None, None, None);
            told.push(Told { request, game, subject, caused_by, attempts: 0, attempts_to_narrate: None, end });
            told.len() - 1
        });
        let told = &mut told[place];
        match event {
            Event::RequestQueued(queued) => {
                told.subject = Subject::of_message(game, &queued.user_message);
                told.caused_by = queued.caused_by.filter(|_| queued.kind == RequestType::StoryEvent);
            }
            Event::RequestProcessing(_) => told.attempts += 1,
            Event::ChatChunk(chunk) if chunk.done => {
                told.attempts_to_narrate.get_or_insert(told.attempts);
            }
            event if event.is_terminal() => {
                told.end.get_or_insert(event);
            }
            _ => {}
        }
    }
    told
}
