//! Live events within one process: each one is published here once, by the pub/sub connection or by a commit in this process,
//! and every local subscriber of the game receives it.
//!
//! Nothing is stored here: a subscriber that falls behind must read the log.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use protocol::GameId;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::LogEvent;

/// How many events a subscriber may lag behind before it has to read the log.
const BACKLOG: usize = 64;

/// What a subscriber receives.
#[derive(Debug, Clone)]
pub enum Live {
    /// An event was appended.
    Event(Arc<LogEvent>),
    /// Events may have been missed: read the log.
    Resync,
}

/// Games with subscribers in this process.
#[derive(Debug, Clone, Default)]
pub(super) struct Fanout {
    games: Arc<Mutex<HashMap<GameId, broadcast::Sender<Live>>>>,
}

impl Fanout {
    /// Adds a subscriber; returns whether it is the game's first.
    pub(super) fn subscribe(&self, game: GameId) -> (Subscription, bool) {
        let mut games = self.games.lock();
        let sender = games.entry(game).or_insert_with(|| broadcast::channel(BACKLOG).0);
        let first = sender.receiver_count() == 0;
        (Subscription { receiver: sender.subscribe() }, first)
    }

    /// Sends an event to the game's subscribers; returns whether there are any.
    pub(super) fn publish(&self, game: GameId, event: LogEvent) -> bool {
        self.send(game, Live::Event(Arc::new(event)))
    }

    /// Makes a game's subscribers read the log; returns whether there are any.
    pub(super) fn resync_game(&self, game: GameId) -> bool {
        self.send(game, Live::Resync)
    }

    /// Makes every subscriber of every game read the log.
    pub(super) fn resync(&self) {
        for game in self.subscribed() {
            self.send(game, Live::Resync);
        }
    }

    /// The games that have subscribers.
    pub(super) fn subscribed(&self) -> Vec<GameId> {
        let mut games = self.games.lock();
        games.retain(|_, sender| sender.receiver_count() > 0);
        games.keys().copied().collect()
    }

    /// Removes a game that has no subscriber any more; returns whether it did.
    pub(super) fn remove_if_unused(&self, game: GameId) -> bool {
        let mut games = self.games.lock();
        let unused = games.get(&game).is_some_and(|sender| sender.receiver_count() == 0);
        if unused {
            games.remove(&game);
        }
        unused
    }

    fn send(&self, game: GameId, live: Live) -> bool {
        self.games.lock().get(&game).is_some_and(|sender| sender.send(live).is_ok())
    }
}

/// One subscriber's end. Dropping it ends the subscription.
#[derive(Debug)]
pub struct Subscription {
    receiver: broadcast::Receiver<Live>,
}

impl Subscription {
    /// Waits for the next event. A subscriber that has fallen behind gets [`Live::Resync`].
    ///
    /// It never ends by itself: once the store is closed, it never returns. The caller ends its stream when the process
    /// drains.
    pub async fn next(&mut self) -> Live {
        match self.receiver.recv().await {
            Ok(live) => live,
            Err(RecvError::Lagged(_)) => Live::Resync,
            // A game is removed only when it has no receiver, so the sender is gone only when the store is.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}
