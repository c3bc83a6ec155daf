//! A lease: one worker's right to run one game's head request, for as long as it keeps renewing it.

use std::time::Duration;

use jiff::Timestamp;
use protocol::{Attempt, GameId, LeaseView, RequestId};
use story::ChatMessage;

use super::{ClaimedProvider, Committed, Companion, LeasedGame, LeasedRequest, StoreError};

/// The fencing token of one acquisition of a game: `fence:worker:request`. The fence counts up with every claim of the
/// game, so no two acquisitions share a token.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LeaseToken(String);

impl LeaseToken {
    /// The token as the store made it.
    #[must_use]
    pub fn new(token: String) -> Self {
        Self(token)
    }

    /// The token as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The lease as operators see it; none if the text is not a token.
    pub(super) fn view(&self, expires_at: Timestamp) -> Option<LeaseView> {
        let (fence, rest) = self.0.split_once(':')?;
        let (worker, request) = rest.rsplit_once(':')?;
        Some(LeaseView {
            worker: worker.to_owned(),
            fence: fence.parse().ok()?,
            request_id: request.parse().ok()?,
            expires_at,
        })
    }
}

/// A worker's hold on a game, for one attempt at its head request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Lease {
    /// The game.
    pub game: GameId,
    /// Its head request.
    pub request: RequestId,
    /// The attempt that the lease was made for.
    pub attempt: Attempt,
    /// Every write of the attempt carries it.
    pub token: LeaseToken,
    /// The idempotency key of its request, where the store needs it when the turn ends.
    pub idempotency_key: Option<String>,
}

/// A leased request with everything that its turn needs, read in the same step that leased it.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// The lease.
    pub lease: Lease,
    /// The request, with the checkpoints of earlier attempts.
    pub request: LeasedRequest,
    /// The game.
    pub game: LeasedGame,
    /// The queued story events directly behind a story event that has no narration yet, and no attempt that has failed: they may be told in the same turn. No more
    /// than [`super::StoreOptions::story_event_batch`] allows.
    pub companions: Vec<Companion>,
    /// The last messages of its history, oldest first.
    pub history: Vec<ChatMessage>,
    /// The provider that the attempt is to use.
    pub provider: ClaimedProvider,
}

/// The result of a claim.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Claims {
    /// The leases, in the order in which their requests arrived.
    pub claims: Vec<Claim>,
    /// How long until the next back-off or lease ends, if there is one: claim again then.
    pub next_due: Option<Duration>,
    /// Whether an operator drains the worker: it gets nothing, and leaves wake tokens to others.
    pub is_drained: bool,
}

/// The outcome of [`super::Queue::commit_and_claim`].
#[derive(Debug)]
pub struct CommitAndClaim {
    /// The outcome of the commit.
    pub committed: Result<Committed, StoreError>,
    /// The result of the claim: empty where the outcome of the commit is unknown.
    pub claims: Claims,
}
