//! The public face of an event stream: where it begins, what it hands out, and that dropping it is enough.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::Stream;
use futures::stream::{self, BoxStream};
use protocol::{Event, EventId, GameId, RequestId, StreamReset, StreamSnapshot};

use crate::session::{Session, Subject};
use crate::{Client, ClientError};

/// Where a game's events are joined.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Since {
    /// With a snapshot of the game as it is now, and then with the next event that happens.
    #[default]
    Now,
    /// With the oldest event that the engine still has.
    Beginning,
    /// With the event after this one, such as a `cursor` names.
    After(EventId),
}

impl From<EventId> for Since {
    fn from(id: EventId) -> Self {
        Self::After(id)
    }
}

impl From<Option<EventId>> for Since {
    fn from(id: Option<EventId>) -> Self {
        id.map_or(Self::Now, Self::After)
    }
}

/// What an event stream hands out.
#[derive(Debug)]
pub enum Item {
    /// A connection is open. With `resumed` it goes on after that event; without, events before it are not known of.
    Connected {
        /// The event that the engine was asked to go on after.
        resumed: Option<EventId>,
    },
    /// An event, each once and in order.
    Event {
        /// Its place in the game's log.
        id: Option<EventId>,
        /// The event.
        event: Event,
    },
    /// The state of the game, for a reader who asked for [`Since::Now`]; the events after `cursor` follow. It comes again if
    /// the connection was lost before anything else had come.
    Snapshot(StreamSnapshot),
    /// The engine no longer has what was asked for: what was shown is void. Read the game again; the events after `cursor`
    /// follow.
    Reset(StreamReset),
    /// The engine has been asked twice and leaves these events out: its log no longer has them.
    Gap {
        /// The event that should have come.
        expected: EventId,
        /// The event that comes next.
        found: EventId,
    },
    /// The connection is lost. The stream reconnects by itself when it is polled on.
    Disconnected {
        /// Why.
        error: ClientError,
        /// When it reconnects.
        retry_in: Duration,
    },
    /// The stream is over, and trying again would not help. Nothing follows.
    Failed(ClientError),
}

/// A stream of [`Item`]s that reconnects, resumes and deduplicates.
///
/// All its work happens while it is polled, so a slow reader slows the engine's side down instead of filling memory,
/// and dropping it closes the connection. A poll that is dropped, as by `tokio::select!`, loses nothing.
///
/// It ends after an [`Item::Failed`], after the last event of a request, and when the engine answers 204.
pub struct Events {
    items: BoxStream<'static, Item>,
}

impl Events {
    pub(crate) fn of_game(client: Client, game: GameId, since: Since) -> Self {
        Self::new(Session::new(client, Subject::Game(game), since))
    }

    pub(crate) fn of_request(client: Client, request: RequestId) -> Self {
        Self::new(Session::new(client, Subject::Request(request), Since::Now))
    }

    fn new(session: Session) -> Self {
        let items = stream::unfold(session, |mut session| async move {
            let item = session.next().await?;
            Some((item, session))
        });
        Self { items: Box::pin(items) }
    }
}

impl Stream for Events {
    type Item = Item;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Item>> {
        self.items.as_mut().poll_next(context)
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").finish_non_exhaustive()
    }
}
