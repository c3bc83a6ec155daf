//! One entry of a game's event log, as readers and subscribers get it.

use std::sync::OnceLock;
use std::time::SystemTime;

use bytes::Bytes;
use protocol::{Event, EventId, EventName, RequestId};

/// An event with its position in the log of its game.
#[derive(Debug, Clone)]
pub struct LogEvent {
    /// Its position in the log.
    pub id: EventId,
    /// The request that it belongs to, if any.
    pub request: Option<RequestId>,
    /// The name. It is text, because an engine of a later version may have appended an event that this one does not know:
    /// it is passed on as it is.
    pub name: String,
    /// The payload, one line of JSON.
    pub data: String,
    /// When it was committed, by the store's clock. Only live events have it: the log does not keep it.
    pub committed_at: Option<SystemTime>,
    rendered: OnceLock<Bytes>,
    /// The same for those who do not see all of it.
    rendered_in_part: OnceLock<Bytes>,
}

impl LogEvent {
    /// An entry as the store holds it: `name` and `data` have one line each.
    #[must_use]
    pub const fn new(id: EventId, request: Option<RequestId>, name: String, data: String) -> Self {
        Self {
            id,
            request,
            name,
            data,
            committed_at: None,
            rendered: OnceLock::new(),
            rendered_in_part: OnceLock::new(),
        }
    }

    /// The same, with the time of its commit.
    #[must_use]
    pub(super) const fn committed(mut self, at: Option<SystemTime>) -> Self {
        self.committed_at = at;
        self
    }

    /// An entry for an event.
    #[must_use]
    pub(crate) fn from_event(id: EventId, event: &Event) -> Self {
        Self::new(id, event.request_id(), event.name().as_str().to_owned(), event.data())
    }

    /// The form in which readers send it on, rendered by the first of them and shared by all others of this process.
    pub fn rendered(&self, render: impl FnOnce(&Self) -> Bytes) -> Bytes {
        self.rendered.get_or_init(|| render(self)).clone()
    }

    /// The same for readers who do not see all of it.
    pub fn rendered_in_part(&self, render: impl FnOnce(&Self) -> Bytes) -> Bytes {
        self.rendered_in_part.get_or_init(|| render(self)).clone()
    }

    /// Whether the event ends its request.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        self.name.parse().is_ok_and(EventName::is_terminal)
    }
}

/// Whether a reader has rendered it makes no difference, nor whether it came live.
impl PartialEq for LogEvent {
    fn eq(&self, other: &Self) -> bool {
        (self.id, self.request, &self.name, &self.data) == (other.id, other.request, &other.name, &other.data)
    }
}
