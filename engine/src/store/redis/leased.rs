//! What the scripts that lease reply, as `lua/lease.lua` says it, and what a turn needs of it.

use std::fmt::Debug;
use std::time::Duration;

use protocol::Attempt;

use super::StoreError;
use super::codec::{Fields, from_json};
use super::queue::surprising;
use crate::store::{Claim, Lease, LeaseToken};

/// Which fields of a request's status come with a claim, in their order.
const STATUS: [&str; 7] = ["attempt", "type", "user_message", "request", "idempotency_key", "narration", "delta"];

/// Which fields of a game come with a claim, in their order.
const GAME: [&str; 2] = ["version", "document"];

/// A reply that is read from its beginning to its end.
#[derive(Debug)]
pub(super) struct Reply(std::vec::IntoIter<Option<String>>);

/// What is kept of a request that has been leased.
#[derive(Debug)]
pub(super) struct Leased {
    pub(super) lease: Lease,
    status: Fields,
    game: Fields,
    history: Vec<Option<String>>,
}

impl Reply {
    /// Begins to read: answers also when a lease or a back-off ends, as far as is known.
    pub(super) fn begin(values: Vec<Option<String>>) -> Result<(Self, Option<Duration>), StoreError> {
        let mut reply = Self(values.into_iter());
        let due: i64 = from_json("when to look again", &reply.text()?)?;
        Ok((reply, u64::try_from(due).ok().map(Duration::from_millis)))
    }

    /// The next value.
    pub(super) fn text(&mut self) -> Result<String, StoreError> {
        self.0.next().flatten().ok_or_else(|| surprising("a claim", &self.0))
    }

    /// The claims that come next.
    pub(super) fn claims(&mut self) -> Result<Vec<Leased>, StoreError> {
        (0..self.count()?).map(|_| self.claim()).collect()
    }

    fn claim(&mut self) -> Result<Leased, StoreError> {
        let (game, token, request) = (self.text()?, self.text()?, self.text()?);
        let wrong = |error: protocol::IdError| surprising("a claim", &error);
        let status = Fields::named(format!("request {request}"), &STATUS, self.0.by_ref());
        let state = Fields::named(format!("game {game}"), &GAME, self.0.by_ref());
        let messages = self.count()?;
        Ok(Leased {
            lease: Lease {
                game: game.parse().map_err(wrong)?,
                request: request.parse().map_err(wrong)?,
                attempt: Attempt(status.need("attempt")?),
                token: LeaseToken::new(token),
                idempotency_key: status.text("idempotency_key").map(str::to_owned),
            },
            status,
            game: state,
            history: self.0.by_ref().take(messages).collect(),
        })
    }

    fn count(&mut self) -> Result<usize, StoreError> {
        from_json("a count", &self.text()?)
    }
}

impl Leased {
    /// What a turn needs.
    pub(super) fn read(self) -> Result<Claim, StoreError> {
        let game = self.lease.game;
        let message = |text: String| from_json(format_args!("history of {game}"), &text);
        Ok(Claim {
            request: self.status.leased_request()?,
            game: self.game.leased_game()?,
            history: self.history.into_iter().flatten().map(message).collect::<Result<_, _>>()?,
            lease: self.lease,
        })
    }
}
