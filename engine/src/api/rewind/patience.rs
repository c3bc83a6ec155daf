//! Waiting until nothing is unfinished in a game.
//!
//! The game's own events say when to look again. A pause between two looks would answer later and ask the store more often.

use std::time::Duration;

use protocol::GameId;
use store::{Live, StoreError};
use tokio::time::{Instant, timeout_at};

use super::super::Api;

/// How long a change waits. Clients give a call ten seconds (the page, the console), and the answer has to come within them.
const LONGEST: Duration = Duration::from_secs(8);

/// How long a change still waits for its game.
pub(super) struct Patience<'a> {
    api: &'a Api,
    game: GameId,
    until: Instant,
}

impl<'a> Patience<'a> {
    pub(super) fn new(api: &'a Api, game: GameId) -> Self {
        Self { api, game, until: Instant::now() + LONGEST }
    }

    /// Returns once the game has no unfinished request, or `false` if it still has some when the time is over, or when the server
    /// drains.
    pub(super) async fn until_idle(&self) -> Result<bool, StoreError> {
        let Api { store, drain, .. } = self.api;
        if self.is_idle().await? {
            return Ok(Instant::now() < self.until);
        }
        // Before the next look: what ends after it is an event.
        let mut events = store.subscribe(self.game).await?;
        while !self.is_idle().await? {
            let end = async {
                loop {
                    match events.next().await {
                        Live::Event(event) if !event.is_terminal() => {}
                        Live::Event(_) | Live::Resync => return,
                    }
                }
            };
            tokio::select! {
                () = drain.cancelled() => return Ok(false),
                ended = timeout_at(self.until, end) => if ended.is_err() { return Ok(false) },
            }
        }
        Ok(true)
    }

    async fn is_idle(&self) -> Result<bool, StoreError> {
        Ok(self.api.store.lane(self.game).await?.requests.is_empty())
    }
}
