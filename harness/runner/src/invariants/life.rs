//! One request, from its arrival to its end, as observed in its events.

use protocol::Event;

use super::FindingKind::{self, AppliedTwice, Contradiction, NarratedTwice, OutOfOrder, UndeclaredVoid};

/// The state of a request so far.
#[derive(Debug, Default)]
pub(super) struct Life {
    stage: Stage,
    attempt: u32,
    shown: String,
    shown_by: u32,
    /// The attempt that has finished the narration.
    narrated_by: Option<u32>,
    committed: bool,
}

/// How far a request has come.
#[derive(Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Unknown,
    Queued,
    /// Dead-lettered. A retry of the dead letter queues it again.
    DeadLettered,
    Ended,
}

impl Life {
    pub(super) fn has_ended(&self) -> bool {
        matches!(self.stage, Stage::Ended | Stage::DeadLettered)
    }

    /// Whether its turn was committed.
    pub(super) fn is_completed(&self) -> bool {
        self.stage == Stage::Ended && self.committed
    }

    /// The request's next event; says what is wrong with it.
    pub(super) fn take(&mut self, event: &Event) -> Option<(FindingKind, String)> {
        match (&self.stage, event) {
            (Stage::DeadLettered, Event::RequestQueued(_)) => {
                // What it had shown is void with its end; a narration that is kept is shown again, as a whole.
                *self = Self { stage: Stage::Queued, ..Self::default() };
                None
            }
            (Stage::Ended | Stage::DeadLettered, _) => {
                let again = event.is_terminal() || matches!(event, Event::StateUpdated(_));
                let kind = if again { AppliedTwice } else { Contradiction };
                Some((kind, format!("has {} after its end", event.name())))
            }
            (Stage::Queued, Event::RequestQueued(_)) => Some((AppliedTwice, "is queued a second time".to_owned())),
            (Stage::Unknown, Event::RequestQueued(_)) => {
                self.stage = Stage::Queued;
                None
            }
            (Stage::Unknown, _) => Some((OutOfOrder, format!("has {} before it was queued", event.name()))),
            (Stage::Queued, _) => self.go_on(event),
        }
    }

    fn go_on(&mut self, event: &Event) -> Option<(FindingKind, String)> {
        match event {
            Event::RequestProcessing(event) => {
                // A released attempt does not count: the next one has its number.
                if event.attempt.0 < self.attempt.max(1) {
                    return Some((
                        OutOfOrder,
                        format!("begins attempt {} after attempt {}", event.attempt, self.attempt),
                    ));
                }
                self.attempt = event.attempt.0;
            }
            Event::ChatChunk(chunk) => return self.show(chunk),
            Event::AttemptSuperseded(event) => {
                if let Some(narrated_by) = self.narrated_by {
                    return Some((
                        NarratedTwice,
                        format!("declares text void that attempt {narrated_by} had finished"),
                    ));
                }
                if event.attempt.0 == self.shown_by {
                    self.shown.clear();
                }
            }
            Event::StateUpdated(_) if self.committed => {
                return Some((AppliedTwice, "changes the game a second time".to_owned()));
            }
            Event::StateUpdated(_) => self.committed = true,
            Event::RequestCompleted(event) => {
                self.stage = Stage::Ended;
                return self.end(event).map(|what| (Contradiction, what));
            }
            Event::RequestFailed(_) => self.stage = Stage::DeadLettered,
            Event::RequestCancelled(_) => self.stage = Stage::Ended,
            // Other kinds promise nothing about the life of a request.
            _ => {}
        }
        None
    }

    fn show(&mut self, chunk: &protocol::ChatChunk) -> Option<(FindingKind, String)> {
        if chunk.attempt.0 != self.attempt {
            let what = format!("shows text of attempt {} during attempt {}", chunk.attempt, self.attempt);
            return Some((UndeclaredVoid, what));
        }
        if let Some(narrated_by) = self.narrated_by {
            return Some((NarratedTwice, format!("shows more text after attempt {narrated_by} had finished")));
        }
        if self.shown_by != chunk.attempt.0 && !self.shown.is_empty() {
            let what = format!("narrates again, and what attempt {} has shown is not void", self.shown_by);
            return Some((UndeclaredVoid, what));
        }
        self.shown_by = chunk.attempt.0;
        self.shown.push_str(&chunk.content);
        self.narrated_by = chunk.done.then_some(chunk.attempt.0);
        None
    }

    fn end(&self, event: &protocol::RequestCompleted) -> Option<String> {
        if event.attempt.0 != self.attempt {
            return Some(format!("is completed by attempt {} during attempt {}", event.attempt, self.attempt));
        }
        if let Some(head) = event.result.told_with {
            let is_own = self.committed || !self.shown.is_empty() || !event.result.message.is_empty();
            return is_own.then(|| format!("is told in the turn of request {head}, and has a turn of its own"));
        }
        if !self.committed {
            return Some("is completed without game.state_updated".to_owned());
        }
        if self.narrated_by.is_none() {
            return Some("is completed before its narration is done".to_owned());
        }
        let (message, shown) = (event.result.message.trim(), self.shown.trim());
        // A narration that ran out of tokens is cut back to its last whole sentence.
        let agrees = message == shown || (event.result.cut_short && shown.starts_with(message));
        (!agrees).then(|| format!("commits \"{}\", but has shown \"{}\"", event.result.message, self.shown))
    }
}
