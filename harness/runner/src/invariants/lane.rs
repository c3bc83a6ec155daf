//! One game's lane as its events tell it: who waits, and who is in processing.

use protocol::{Event, RequestId};

/// The unfinished requests of a game, the head first.
#[derive(Debug, Default)]
pub(super) struct Lane(Vec<RequestId>);

impl Lane {
    /// The game's next event; says what is wrong with it. `tail`: story events queue in pure arrival order.
    pub(super) fn take(&mut self, id: RequestId, event: &Event, tail: bool) -> Option<String> {
        match event {
            Event::RequestQueued(_) => self.0.push(id),
            Event::RequestProcessing(_) if tail && self.0.first() != Some(&id) => {
                return Some(format!("request {id} is processed before requests that came earlier"));
            }
            _ if event.is_terminal() => self.0.retain(|waiting| *waiting != id),
            _ => {}
        }
        None
    }
}
