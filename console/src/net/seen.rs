//! What is known of the open game without its events: a stream that begins earlier brings some of it once more.

use protocol::{Event, EventId, RequestId};

/// How far what was read of a game reaches.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) cursor: Option<EventId>,
    /// What had not ended then. Its events bring what the game itself does not hold yet.
    pub(super) unfinished: Vec<RequestId>,
}

impl Seen {
    /// Whether an event says nothing new.
    pub(super) fn has(&self, id: Option<EventId>, event: &Event) -> bool {
        let is_open = event.request_id().is_some_and(|request| self.unfinished.contains(&request));
        id.is_some() && id <= self.cursor && !is_open
    }
}
