//! A lease: one worker's right to run one game's head request, for as long as it keeps renewing it.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use protocol::{Attempt, GameId, LeaseView, RequestId};
use story::ChatMessage;

use super::{Committed, LeasedGame, LeasedRequest, StoreError};

/// Who claims: one per worker process, for logs and tokens. Two processes never share one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WorkerId(String);

impl WorkerId {
    /// The id of this process, unlike that of any other, also on another machine.
    #[must_use]
    pub fn of_this_process() -> Self {
        Self(format!("worker-{}-{:08x}", std::process::id(), rand::random::<u32>()))
    }

    /// A worker by name, for tests.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for WorkerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The fencing token: one per acquisition of a game, `fence:worker:request`. The fence counts up with every claim of the
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

    /// The lease that it stands for, as operators see it; none if it is not a token.
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
    /// The attempt that this is.
    pub attempt: Attempt,
    /// What every write of the attempt shows.
    pub token: LeaseToken,
    /// The key that its request was accepted under, where the store has use for it when the turn ends.
    pub idempotency_key: Option<String>,
}

/// A leased request with everything that its turn needs, read in the step that leased it.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// The lease.
    pub lease: Lease,
    /// The request, with the checkpoints of earlier attempts.
    pub request: LeasedRequest,
    /// The game.
    pub game: LeasedGame,
    /// The last messages of its history, oldest first.
    pub history: Vec<ChatMessage>,
}

/// What a claim brought.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Claims {
    /// The leases, in the order in which their requests arrived.
    pub claims: Vec<Claim>,
    /// When a back-off or another worker's lease ends next, if any does: look again then.
    pub next_due: Option<Duration>,
}

/// What came of ending one turn and asking for the next.
#[derive(Debug)]
pub struct Turnover {
    /// What came of the commit.
    pub committed: Result<Committed, StoreError>,
    /// What the claim brought: nothing where the commit's outcome is unknown.
    pub claims: Claims,
}
