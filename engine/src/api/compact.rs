//! A request's events in as few as possible: consecutive chunks become one.
//!
//! Only a request's stream may do this, for only a game's offsets are contiguous. The one chunk has the id of the last
//! that went into it, so a reader who is cut off after it goes on in the right place.

use std::sync::Arc;

use protocol::{ChatChunk, Event, EventId};
use store::LogEvent;

/// Text that waits for what the log says next.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    pending: Option<(EventId, ChatChunk)>,
}

impl Chunks {
    /// Takes the next event; gives back what is to be sent before the text that is pending from then on.
    pub(super) fn push(&mut self, event: &Arc<LogEvent>) -> [Option<Arc<LogEvent>>; 2] {
        match (Event::parse(&event.name, &event.data), &mut self.pending) {
            (Ok(Event::ChatChunk(chunk)), Some((id, pending))) if chunk.attempt == pending.attempt => {
                pending.content.push_str(&chunk.content);
                (*id, pending.done) = (event.id, chunk.done);
                pending.chunks = pending.chunks.saturating_add(chunk.chunks.get());
                [None, None]
            }
            (Ok(Event::ChatChunk(chunk)), _) => [self.pending.replace((event.id, chunk)).map(whole), None],
            // Text that is void by now need not be shown.
            (Ok(Event::AttemptSuperseded(void)), Some((_, pending))) if void.attempt == pending.attempt => {
                self.pending = None;
                [None, Some(Arc::clone(event))]
            }
            _ => [self.flush(), Some(Arc::clone(event))],
        }
    }

    /// What is pending, when the log says no more.
    pub(super) fn flush(&mut self) -> Option<Arc<LogEvent>> {
        self.pending.take().map(whole)
    }
}

fn whole((id, chunk): (EventId, ChatChunk)) -> Arc<LogEvent> {
    let request = chunk.request_id;
    let event = Event::from(chunk);
    Arc::new(LogEvent::new(id, Some(request), event.name().as_str().to_owned(), event.data()))
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;

    use protocol::{Attempt, AttemptSuperseded, GameId, RequestId};

    use super::*;

    /// What a reader gets of attempts and their texts; `!` means that the attempt is superseded.
    fn compacted(events: &[(u32, &str)]) -> Vec<String> {
        let (request_id, game_id) = (RequestId::new(), GameId::new());
        let mut chunks = Chunks::default();
        let mut sent = Vec::new();
        for (offset, (attempt, content)) in (1..).zip(events) {
            let attempt = Attempt(*attempt);
            let event = match *content {
                "!" => AttemptSuperseded { request_id, game_id, attempt }.into(),
                _ => Event::from(ChatChunk {
                    request_id,
                    game_id,
                    attempt,
                    content: (*content).to_owned(),
                    done: content.ends_with('.'),
                    chunks: NonZeroU64::MIN,
                }),
            };
            let id = EventId { epoch: 1, offset };
            let event = LogEvent::new(id, Some(request_id), event.name().as_str().to_owned(), event.data());
            sent.extend(chunks.push(&Arc::new(event)).into_iter().flatten());
        }
        sent.extend(chunks.flush());
        sent.iter()
            .map(|event| match Event::parse(&event.name, &event.data).unwrap() {
                Event::ChatChunk(chunk) => {
                    format!("{} {} {} of {}", event.id.offset, chunk.content, chunk.done, chunk.chunks)
                }
                event => event.name().as_str().to_owned(),
            })
            .collect()
    }

    #[test]
    fn chunks_of_an_attempt_become_one() {
        assert_eq!(compacted(&[(1, "You see"), (1, " a"), (1, " door.")]), ["3 You see a door. true of 3"]);
    }

    #[test]
    fn text_that_is_void_is_left_out() {
        assert_eq!(
            compacted(&[(1, "You"), (1, "!"), (2, "A"), (2, " door")]),
            ["attempt.superseded", "4 A door false of 2"]
        );
    }

    #[test]
    fn attempts_are_kept_apart() {
        assert_eq!(compacted(&[(1, "a"), (2, "b")]), ["1 a false of 1", "2 b false of 1"]);
    }
}
