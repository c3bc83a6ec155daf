//! One event stream: what the log holds first, then what is appended, without a gap and without a repetition.
//!
//! The subscription is older than the first read of the log, so what is appended in between is in one of the two; ids
//! say what has been sent. A reader that is slow holds nothing here: it misses live events and reads the log again.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use futures::Stream;
use futures::stream::unfold;
use metrics::gauge;
use protocol::{Event, EventId, GameId, RequestId, StreamReset};
use tokio_util::sync::CancellationToken;

use super::Api;
use crate::backoff::Backoff;
use crate::store::{Live, LogEvent, LogRead, SharedStore, StoreError, Subscription};

/// How many events one read of the log brings.
const BATCH: usize = 256;
/// How soon a client reconnects after a stream has ended, in milliseconds.
const RETRY_MS: u32 = 1000;
const KEEPALIVE: Bytes = Bytes::from_static(b": keepalive\n\n");

/// What a stream is about.
#[derive(Debug, Clone, Copy)]
pub(super) enum Scope {
    /// Every event of a game.
    Game(GameId),
    /// The events of one request of a game, up to its terminal one.
    Request(GameId, RequestId),
}

impl Scope {
    const fn game(self) -> GameId {
        match self {
            Self::Game(game) | Self::Request(game, _) => game,
        }
    }
}

/// A reader's place in a game's log, and how it gets on from there.
pub(super) struct Follow {
    store: SharedStore,
    subscription: Subscription,
    scope: Scope,
    after: Option<EventId>,
    /// Read from the log and not yet sent.
    ready: VecDeque<Bytes>,
    behind: bool,
    /// Told to look again: the game itself may be gone.
    doubtful: bool,
    ended: bool,
    backoff: Backoff,
    _open: OpenStream,
}

impl Follow {
    pub(super) fn new(api: &Api, subscription: Subscription, scope: Scope, after: Option<EventId>) -> Self {
        Self {
            store: Arc::clone(&api.store),
            subscription,
            scope,
            after,
            ready: VecDeque::from([opening(after)]),
            behind: true,
            doubtful: false,
            ended: false,
            backoff: Backoff::reconnect(),
            _open: OpenStream::count(),
        }
    }

    /// The stream's frames. It ends cleanly when `drain` is cancelled: the client reconnects and goes on elsewhere.
    pub(super) fn frames(
        self,
        keepalive: Duration,
        drain: CancellationToken,
    ) -> impl Stream<Item = Result<Bytes, std::convert::Infallible>> {
        unfold((self, drain), move |(mut follow, drain)| async move {
            let frame = tokio::select! {
                biased;
                () = drain.cancelled() => None,
                frame = tokio::time::timeout(keepalive, follow.next()) => frame.unwrap_or(Some(KEEPALIVE)),
            }?;
            Some((Ok(frame), (follow, drain)))
        })
    }

    /// The next frame; `None` at the end. May be dropped at any point without losing an event.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(frame) = self.ready.pop_front() {
                return Some(frame);
            }
            if self.ended {
                return None;
            }
            if self.behind {
                if let Err(error) = self.read().await {
                    // The stream stays open: the store comes back, and the log with it.
                    tracing::warn!(%error, "cannot read the event log");
                    self.backoff.wait().await;
                }
                continue;
            }
            match self.subscription.next().await {
                Live::Resync => (self.behind, self.doubtful) = (true, true),
                Live::Event(event) => self.take_live(&event),
            }
        }
    }

    /// Reads on from where the reader stands.
    async fn read(&mut self) -> Result<(), StoreError> {
        let game = self.scope.game();
        match self.store.read_log(game, self.after, BATCH).await? {
            LogRead::Events(events) => {
                self.behind = events.len() == BATCH;
                if std::mem::take(&mut self.doubtful) && events.is_empty() {
                    self.ended = self.store.game(game).await?.is_none();
                }
                for event in events {
                    self.take(&event);
                }
            }
            LogRead::Reset { reason, head } => {
                let Some(found) = self.store.game(game).await? else {
                    self.ended = true;
                    return Ok(());
                };
                let request_id = self.store.lane(game).await?.requests.first().copied();
                let (reason, version) = (reason.to_owned(), found.version);
                let reset = StreamReset { request_id, game_id: game, reason, version, cursor: head };
                let event = Event::from(reset);
                let frame = LogEvent::new(head, request_id, event.name().to_owned(), event.data()).frame;
                self.ready.push_back(frame);
                self.after = Some(head);
                self.end_if_request_is_over().await?;
            }
        }
        self.backoff.reset();
        Ok(())
    }

    /// After a reset the terminal event of a finished request may never come.
    async fn end_if_request_is_over(&mut self) -> Result<(), StoreError> {
        if let Scope::Request(_, id) = self.scope {
            self.ended = self.store.request(id).await?.is_none_or(|request| request.status.is_terminal());
        }
        Ok(())
    }

    fn take_live(&mut self, event: &LogEvent) {
        match self.after {
            Some(after) if event.id.offset <= after.offset && event.id.epoch == after.epoch => {}
            Some(after) if event.id == after.next() => self.take(event),
            // Something lies between: the log knows what.
            _ => self.behind = true,
        }
    }

    fn take(&mut self, event: &LogEvent) {
        self.after = Some(event.id);
        match self.scope {
            _ if self.ended => {}
            Scope::Game(_) => self.ready.push_back(event.frame.clone()),
            Scope::Request(_, id) if event.request == Some(id) => {
                self.ready.push_back(event.frame.clone());
                self.ended = event.is_terminal();
            }
            Scope::Request(..) => {}
        }
    }
}

/// What every stream begins with, so that proxies pass its head on at once. The id lets a reader that is cut off before
/// its first event resume from where it joined.
fn opening(after: Option<EventId>) -> Bytes {
    let id = after.map(|id| format!("id: {id}\n")).unwrap_or_default();
    Bytes::from(format!("retry: {RETRY_MS}\n{id}: connected\n\n"))
}

/// Counts a stream for as long as it is open.
struct OpenStream;

impl OpenStream {
    fn count() -> Self {
        gauge!("story_engine_event_streams").increment(1);
        Self
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        gauge!("story_engine_event_streams").decrement(1);
    }
}
