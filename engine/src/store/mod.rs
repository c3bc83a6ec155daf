//! The ports behind which games, the queue, dead letters and the event log are kept, and the one commit in which they meet.
//!
//! Two backends implement them: [`redis`] for deployment, [`embedded`] (SQLite) for one process with nothing to
//! install. Both pass the same conformance suite (`tests/conformance/`). Every method is one atomic step of the
//! store, takes its time from the store, and may be repeated after an unknown outcome: it then answers what it answered
//! first. What a step writes on behalf of an attempt is fenced by the attempt's [`Lease`]: once the lease has passed,
//! the step changes nothing and answers [`StoreError::LeaseLost`].

mod admission;
mod document;
pub mod embedded;
mod fanout;
mod inspect;
mod lease;
mod letter;
pub mod redis;
mod request;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use protocol::{DeadLetter, DeadLetters, EventId, GameId, LaneView, Lanes, Problem, ProblemType, QueueView, RequestId};
use story::ChatMessage;
use tokio::sync::broadcast;

pub use admission::{Accepted, Cancelled, Enqueued, IdempotencyKey, Limits, Revived, Terms};
pub use document::{Game, GameDocument, GameWrite, LeasedGame};
pub use fanout::{Live, LogEvent, Subscription};
pub use inspect::{Inconsistency, Inspection};
pub use lease::{Claim, Claims, Lease, LeaseToken, Turnover, WorkerId};
pub use letter::{LetterId, NotALetterId};
pub use request::{
    Checkpoints, Commit, Committed, LeasedRequest, Narrated, NewRequest, Request, StoryEventPlacement, TurnEvents,
};

/// The longest back-off that a store keeps; a longer one counts as this, so that its end is a time that can be written.
const LONGEST_DELAY: Duration = Duration::from_hours(365 * 24);

/// A store, whichever backend it is.
pub type SharedStore = Arc<dyn Store>;

/// A step of the store did not happen, or it is not known whether it did.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The store did not answer. The step may or may not have happened: repeat it.
    #[error("the store cannot be reached: {reason}")]
    Unavailable {
        /// What the backend said, without credentials.
        reason: String,
    },
    /// The attempt's lease has passed; nothing was written.
    #[error("the lease of this attempt has passed; nothing was written")]
    LeaseLost,
    /// The store was set up in another way than this engine is configured.
    #[error("{reason}")]
    Mismatch {
        /// What differs, and what to do.
        reason: String,
    },
    /// The store holds something that this engine did not write.
    #[error("the store holds something unreadable under {what}: {reason}")]
    Corrupt {
        /// Where it is.
        what: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// The problem of a request that cannot be claimed because it or its game cannot be read.
fn unreadable(what: &str, reason: &str) -> Problem {
    Problem::new(ProblemType::Internal, format!("the store holds something unreadable under {what}: {reason}"))
}

/// Where games are kept.
#[async_trait]
pub trait Games {
    /// Keeps a new game, with version 1. Repeating it changes nothing.
    async fn create_game(&self, id: GameId, document: &GameDocument, history: &[ChatMessage])
    -> Result<(), StoreError>;

    /// A game as it stands.
    async fn game(&self, id: GameId) -> Result<Option<Game>, StoreError>;

    /// The last `limit` messages of a game's history, oldest first.
    async fn history(&self, id: GameId, limit: usize) -> Result<Vec<ChatMessage>, StoreError>;

    /// Games, the latest changed first, passing over the first `skip`.
    async fn games(&self, skip: usize, limit: usize) -> Result<Vec<Game>, StoreError>;

    /// Replaces a game's document, and its history if one is given, when the game still has version `expected` and no
    /// unfinished requests; appends `game.state_updated` with `state_updated` as its data.
    async fn replace_game(
        &self,
        id: GameId,
        expected: u64,
        document: &GameDocument,
        history: Option<&[ChatMessage]>,
        state_updated: &str,
    ) -> Result<GameWrite, StoreError>;

    /// Forgets a game, its history and its events, unless it has unfinished requests.
    async fn delete_game(&self, id: GameId) -> Result<GameWrite, StoreError>;
}

/// The queue: requests in arrival order, leases, and what an attempt may write.
#[async_trait]
pub trait Queue {
    /// Accepts a request, at the tail of its game's lane, or changes nothing.
    async fn enqueue(&self, request: &NewRequest, terms: &Terms) -> Result<Enqueued, StoreError>;

    /// What was accepted for a game under an idempotency key: [`Enqueued::Accepted`], [`Enqueued::KeyReused`] or nothing.
    async fn find_key(&self, game: GameId, key: &IdempotencyKey) -> Result<Option<Enqueued>, StoreError>;

    /// Withdraws an unfinished request. If it is in processing its attempt can write nothing more, and its worker is told
    /// through [`Queue::revocations`].
    async fn cancel(&self, id: RequestId) -> Result<Cancelled, StoreError>;

    /// A request and where it stands.
    async fn request(&self, id: RequestId) -> Result<Option<Request>, StoreError>;

    /// Takes over what dead workers held, then leases up to `max` free games in the order in which their head requests
    /// arrived. `nonce` makes the step repeatable: the same one gets the same claims, those whose leases still hold.
    async fn claim(&self, worker: &WorkerId, nonce: u64, max: usize) -> Result<Claims, StoreError>;

    /// Commits a turn and claims up to `max` free games for the slot that it has freed, in one round trip. The two steps
    /// stand each for itself: the claim happens whatever comes of the commit, except that a store which fails has done
    /// neither, as far as anybody knows.
    async fn commit_and_claim(
        &self,
        lease: &Lease,
        commit: &Commit,
        worker: &WorkerId,
        nonce: u64,
        max: usize,
    ) -> Turnover;

    /// Renews leases; answers for each whether it still holds.
    async fn heartbeat(&self, leases: &[Lease]) -> Result<Vec<bool>, StoreError>;

    /// Publishes the `number`th chunk (from 1) of the attempt's narration.
    async fn publish_chunk(&self, lease: &Lease, number: u64, content: &str) -> Result<(), StoreError>;

    /// Keeps the finished narration and publishes its last chunk, `done`, in the same step.
    async fn checkpoint_narration(
        &self,
        lease: &Lease,
        number: u64,
        last_chunk: &str,
        narrated: &Narrated,
    ) -> Result<(), StoreError>;

    /// Keeps the extracted delta.
    async fn checkpoint_delta(&self, lease: &Lease, narrated: &Narrated) -> Result<(), StoreError>;

    /// Ends the request with its effects, queues the story events, frees the game: all or nothing.
    async fn commit(&self, lease: &Lease, commit: &Commit) -> Result<Committed, StoreError>;

    /// Puts the request back at the head of its game after a failed attempt, not to be claimed before `delay` has
    /// passed (at most a year). `error` is a [`protocol::Problem`] as JSON.
    async fn retry(&self, lease: &Lease, delay: Duration, error: &str) -> Result<(), StoreError>;

    /// Puts the request back at the head of its game at once, and does not count the attempt.
    async fn hand_back(&self, lease: &Lease) -> Result<(), StoreError>;

    /// Gives the request up: it becomes a dead letter, and the game goes on with its next one.
    async fn fail(&self, lease: &Lease, error: &str) -> Result<(), StoreError>;

    /// Tokens of leases that are taken away because their requests were withdrawn, of every worker, from now on. Some may
    /// be missed: a heartbeat says the same, later.
    fn revocations(&self) -> broadcast::Receiver<LeaseToken>;

    /// Returns when there may be work for a worker. It may return early; it does not return late while the store can
    /// be reached.
    async fn wait_for_work(&self);

    /// Counts a worker that stops no more, takes no more wake-ups for it, and leaves those that it has not followed to another
    /// one. Whoever waits here afterwards waits in vain.
    async fn stop_waiting(&self, worker: &WorkerId);

    /// The queue's depth and age.
    async fn queue(&self) -> Result<QueueView, StoreError>;

    /// One game's unfinished requests.
    async fn lane(&self, game: GameId) -> Result<LaneView, StoreError>;

    /// Lanes that are not empty, at most `limit`: those under a lease, then those in back-off, then those that are ready in
    /// the order in which they will be claimed.
    async fn lanes(&self, limit: usize) -> Result<Lanes, StoreError>;

    /// The story events that wait in a game's lane: how many there are, and the first `limit` of them in order.
    async fn story_events(&self, game: GameId, limit: usize) -> Result<(u64, Vec<Request>), StoreError>;

    /// Withdraws the story events that wait in a game's lane; answers how many there were.
    async fn clear_story_events(&self, game: GameId) -> Result<u64, StoreError>;
}

/// Requests that were given up. Their statuses stay as long as their letters.
#[async_trait]
pub trait Letters {
    /// A page of dead letters, the latest first. `after` is what the page before gave as the next one's beginning.
    async fn dead_letters(&self, after: Option<LetterId>, limit: usize) -> Result<DeadLetters, StoreError>;

    /// One dead letter.
    async fn dead_letter(&self, id: RequestId) -> Result<Option<DeadLetter>, StoreError>;

    /// Queues a dead letter's request again: at the tail of its game's lane, with its id, its idempotency key and its
    /// checkpoints, and with all its attempts anew.
    async fn retry_letter(&self, id: RequestId) -> Result<Revived, StoreError>;

    /// Forgets a dead letter; answers whether there was one.
    async fn delete_letter(&self, id: RequestId) -> Result<bool, StoreError>;
}

/// What a read of the event log found.
#[derive(Debug, Clone, PartialEq)]
pub enum LogRead {
    /// Events after the asked-for id, oldest first; empty when there are none yet.
    Events(Vec<Arc<LogEvent>>),
    /// The log cannot be followed from the asked-for id.
    Reset {
        /// Why, for the reader.
        reason: &'static str,
        /// The id after which the log can be followed: its head.
        head: EventId,
    },
}

/// The event log of each game.
#[async_trait]
pub trait Events {
    /// The events of a game after `after`, at most `limit`. `None` stands before the first one kept, an id with offset
    /// 0 before the first one of all.
    async fn read_log(&self, game: GameId, after: Option<EventId>, limit: usize) -> Result<LogRead, StoreError>;

    /// Follows a game's events from now on. Once it has returned, no event goes unnoticed: what is appended afterwards
    /// arrives as [`Live::Event`], or [`Live::Resync`] says that the log must be read.
    async fn subscribe(&self, game: GameId) -> Result<Subscription, StoreError>;
}

/// A whole store.
#[async_trait]
pub trait Store: Games + Queue + Letters + Events + Send + Sync {
    /// Whether the store answers.
    async fn ping(&self) -> Result<(), StoreError>;

    /// One sentence for the operator: what it is, and what it guarantees.
    async fn describe(&self) -> Result<String, StoreError>;

    /// Looks for what contradicts the rules by which the store is kept, and mends it if told to. Each game is looked at in
    /// one step, so this can be done while the engine works.
    async fn inspect(&self, repair: bool) -> Result<Inspection, StoreError>;
}

/// How a store treats leases, retention and story events; the same for both backends.
#[derive(Debug, Clone, PartialEq)]
pub struct StoreOptions {
    /// How long a lease holds without a heartbeat.
    pub lease_ttl: Duration,
    /// How often a process that claims with every commit also looks after leases and back-offs that are over. One that
    /// commits thousands of turns a second need not do it with each of them; a claim by itself always does.
    pub look_again: Duration,
    /// How many attempts a request has before it is given up, the first one included.
    pub max_attempts: u32,
    /// How long the status of a finished request is kept.
    pub status_ttl: Duration,
    /// How long an idempotency key is kept once its request has ended, and its request's status with it.
    pub key_ttl: Duration,
    /// How much may wait.
    pub limits: Limits,
    /// How many events of a game are kept, at least.
    pub events_kept: usize,
    /// How many messages of a game's history come with a claim.
    pub history_window: usize,
    /// Where story events are queued.
    pub story_events: StoryEventPlacement,
}

impl StoreOptions {
    /// How long a worker counts as alive after it was seen: it is to be seen once per lease TTL.
    fn alive(&self) -> Duration {
        3 * self.lease_ttl
    }
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            lease_ttl: Duration::from_secs(5),
            look_again: Duration::from_millis(20),
            max_attempts: 4,
            status_ttl: Duration::from_hours(1),
            key_ttl: Duration::from_hours(24),
            limits: Limits::NONE,
            events_kept: 10_000,
            history_window: 16,
            story_events: StoryEventPlacement::Tail,
        }
    }
}
