//! Live events within one process: whatever notifies (a pub/sub connection, a commit in this process) publishes here
//! once, and every local subscriber of the game gets it.
//!
//! Nothing is kept here: a subscriber that falls behind is told to read the log.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use bytes::Bytes;
use protocol::{EventId, EventName, GameId, RequestId};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

/// How many events a subscriber may lag behind before it has to read the log.
const BACKLOG: usize = 64;

/// One entry of a game's event log.
#[derive(Debug, Clone)]
pub struct LogEvent {
    /// Its place in the log.
    pub id: EventId,
    /// The request that it belongs to, if any.
    pub request: Option<RequestId>,
    /// The event's name. A later version may write names that [`EventName`] does not know: readers get them all the same.
    pub name: String,
    /// Its payload, one line of JSON.
    pub data: String,
    rendered: OnceLock<Bytes>,
}

impl LogEvent {
    /// An entry. `name` and `data` come from the store, which writes them on one line.
    #[must_use]
    pub const fn new(id: EventId, request: Option<RequestId>, name: String, data: String) -> Self {
        Self { id, request, name, data, rendered: OnceLock::new() }
    }

    /// The entry as its readers send it. The first one renders it, for all that share this entry.
    pub fn rendered(&self, render: impl FnOnce(&Self) -> Bytes) -> Bytes {
        self.rendered.get_or_init(|| render(self)).clone()
    }

    /// Whether nothing more happens to the event's request.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        self.name.parse().is_ok_and(EventName::is_terminal)
    }
}

/// Whether a reader has rendered it makes no difference.
impl PartialEq for LogEvent {
    fn eq(&self, other: &Self) -> bool {
        (self.id, self.request, &self.name, &self.data) == (other.id, other.request, &other.name, &other.data)
    }
}

/// What a subscriber is told.
#[derive(Debug, Clone)]
pub enum Live {
    /// An event was appended.
    Event(Arc<LogEvent>),
    /// Something may have been missed: read the log.
    Resync,
}

/// Games with subscribers in this process.
#[derive(Debug, Clone, Default)]
pub(super) struct Fanout {
    games: Arc<Mutex<HashMap<GameId, broadcast::Sender<Live>>>>,
}

impl Fanout {
    /// Adds a subscriber; says whether it is the game's first.
    pub(super) fn subscribe(&self, game: GameId) -> (Subscription, bool) {
        let mut games = self.games.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = games.entry(game).or_insert_with(|| broadcast::channel(BACKLOG).0);
        let first = sender.receiver_count() == 0;
        (Subscription { receiver: sender.subscribe() }, first)
    }

    /// Tells the game's subscribers of an event; says whether there are any.
    pub(super) fn publish(&self, game: GameId, event: LogEvent) -> bool {
        self.send(game, Live::Event(Arc::new(event)))
    }

    /// Tells a game's subscribers to read the log; says whether there are any.
    pub(super) fn resync_game(&self, game: GameId) -> bool {
        self.send(game, Live::Resync)
    }

    /// Tells every subscriber of every game to read the log.
    pub(super) fn resync(&self) {
        for game in self.subscribed() {
            self.send(game, Live::Resync);
        }
    }

    /// The games that have subscribers.
    pub(super) fn subscribed(&self) -> Vec<GameId> {
        let mut games = self.games.lock().unwrap_or_else(PoisonError::into_inner);
        games.retain(|_, sender| sender.receiver_count() > 0);
        games.keys().copied().collect()
    }

    /// Forgets a game if nobody subscribes to it any more; says whether it did.
    pub(super) fn forget_if_unused(&self, game: GameId) -> bool {
        let mut games = self.games.lock().unwrap_or_else(PoisonError::into_inner);
        let unused = games.get(&game).is_some_and(|sender| sender.receiver_count() == 0);
        if unused {
            games.remove(&game);
        }
        unused
    }

    fn send(&self, game: GameId, live: Live) -> bool {
        let games = self.games.lock().unwrap_or_else(PoisonError::into_inner);
        games.get(&game).is_some_and(|sender| sender.send(live).is_ok())
    }
}

/// One subscriber's end. Dropping it ends the subscription.
#[derive(Debug)]
pub struct Subscription {
    receiver: broadcast::Receiver<Live>,
}

impl Subscription {
    /// The next thing to know. A subscriber that has fallen behind gets [`Live::Resync`], as does one whose store has
    /// gone.
    pub async fn next(&mut self) -> Live {
        match self.receiver.recv().await {
            Ok(live) => live,
            Err(RecvError::Lagged(_)) => Live::Resync,
            // The sender lives as long as it has receivers; only a game that is dropped whole gets here.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}
