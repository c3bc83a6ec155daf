//! The ports behind which games, the queue, dead letters and the event log are kept, and the one commit in which they meet.
//!
//! Two backends implement them: [`redis`] for deployment, [`embedded`] (SQLite) for one process with nothing to
//! install. Both pass the same conformance suite (`tests/conformance/`). Every method is one atomic step of the
//! store, takes its time from the store, and may be repeated after an unknown outcome: it then returns what it returned
//! first. What a step writes on behalf of an attempt is fenced by the attempt's [`Lease`]: once the lease has expired,
//! the step changes nothing and fails with [`StoreError::LeaseLost`].

mod access;
mod admission;
mod audit;
mod change;
mod charge;
mod companion;
mod content;
mod contents;
mod dead_letter;
mod document;
pub mod embedded;
mod failure;
mod fanout;
mod figures;
mod inspect;
mod joined;
mod lease;
mod log_event;
mod measure;
mod order;
mod outages;
mod pause;
mod provider;
mod queued;
pub mod redis;
mod request;
pub mod tiers;
mod turn;
mod watch;
mod worker;
mod worker_id;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::{
    Attempt, ChatChunk, DeadLetter, DeadLetters, EventId, GameId, KeyId, LaneView, Lanes, Problem, ProblemType,
    QueueView, QueuedRequests, RequestId,
};
use story::ChatMessage;
use tokio::sync::broadcast;

use crate::secret::SecretHash;

pub use access::{
    Access, AddOutcome, GamesCursor, GamesCursorError, GamesOf, Holder, HolderError, KeyGrants, NewCapability, NewKey,
    Owner, Stored, StoredCapability, StoredKey, Subject,
};
pub use admission::{Accepted, Cancelled, DeadLetterRetry, Enqueued, IdempotencyKey, Limits, Stopped, Terms};
pub use audit::{AuditCursor, AuditCursorError, AuditLog, NewAuditEntry};
pub use change::{Before, ChangeDone, Changed, GameChange, GameContents, Keep, Rewrite, TurnPage, TurnRange};
pub use charge::{Charge, Created, Limited, Rate};
pub use companion::{Companion, CompanionEvents, MOST_IN_A_TURN};
pub use content::Origin;
pub use dead_letter::{DeadLetterId, DeadLetterIdError};
pub use document::{Game, GameDocument, GameWrite, IdleGame, LeasedGame};
pub use failure::Failure;
pub use fanout::{Live, Subscription};
pub use figures::StoreFigures;
pub use inspect::{Inconsistency, Inspection};
pub use lease::{Claim, Claims, CommitAndClaim, Lease, LeaseToken};
pub use log_event::LogEvent;
pub use order::{Ageing, Order, Shares};
pub use pause::{Paused, Pauses};
pub use provider::{ClaimedProvider, ProviderFault, ProviderOptions, ProviderPolicy, Providers};
pub use queued::{QueuedCursor, QueuedCursorError};
pub use request::{
    Checkpoints, Commit, Committed, Completion, LeasedRequest, NewRequest, Request, StoryEventPlacement, Summarized,
    TurnEvents,
};
pub(crate) use turn::WHOLE_STATE_EVERY;
pub(crate) use turn::turns_up_to;
pub use turn::{NoWayBack, StoredTurn, Try, Undo, state_before};
pub use watch::Watch;
pub use worker::Workers;
pub use worker_id::{WorkerId, WorkerName};

/// The longest back-off that a store keeps; a longer one counts as this, so that its end is a time that can be written.
const LONGEST_DELAY: Duration = Duration::from_hours(365 * 24);

/// A store, whichever backend it is.
pub type SharedStore = Arc<dyn Store>;

/// A step of the store did not happen, or it is not known whether it did.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The store did not do the step, or did not say whether it did: repeat it.
    #[error("{outage}: {reason}")]
    Unavailable {
        /// What is wrong with the store.
        outage: Outage,
        /// What the backend said, without credentials.
        reason: String,
    },
    /// The attempt's lease has expired; nothing was written.
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

/// What is wrong with a store that does not do what it is asked, for the time being.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Outage {
    /// It did not answer. The step may or may not have happened.
    #[error("the store cannot be reached")]
    Unreachable,
    /// It has no space left, in memory or on disk.
    #[error("the store is full")]
    Full,
    /// It takes no writes: a replica, or a server that cannot write to its disk.
    #[error("the store takes no writes")]
    ReadOnly,
}

impl StoreError {
    /// The store did not answer.
    pub(crate) fn unreachable(reason: impl Into<String>) -> Self {
        Self::Unavailable { outage: Outage::Unreachable, reason: reason.into() }
    }

    /// Whether the store did not answer at all.
    pub(crate) const fn is_unreachable(&self) -> bool {
        matches!(self, Self::Unavailable { outage: Outage::Unreachable, .. })
    }
}

/// How long a request has waited that was accepted and leased at these times.
fn waited(enqueued_at: Timestamp, leased_at: Timestamp) -> Duration {
    leased_at.duration_since(enqueued_at).try_into().unwrap_or_default()
}

/// The problem of a request that has waited for providers for longer than [`ProviderOptions::give_up_after`].
fn waited_too_long(options: &StoreOptions) -> Problem {
    let waited = options.providers.give_up_after.as_secs();
    Problem::new(ProblemType::ModelFailed, format!("the storyteller was not ready for {waited} s"))
}

/// Where games are kept.
#[async_trait]
pub trait Games {
    /// Keeps a new game, with version 1, unless a limit of its creator is reached. Repeating it changes nothing.
    async fn create_game(&self, id: GameId, new: &GameContents) -> Result<Created, StoreError>;

    /// A game in its present state.
    async fn game(&self, id: GameId) -> Result<Option<Game>, StoreError>;

    /// The last `limit` messages of a game's history, oldest first.
    async fn history(&self, id: GameId, limit: usize) -> Result<Vec<ChatMessage>, StoreError>;

    /// At most `limit` games, the latest changed first, from the place behind `after` on. It costs the same on every page.
    async fn games(&self, of: &GamesOf, after: Option<GamesCursor>, limit: usize) -> Result<Vec<Game>, StoreError>;

    /// Changes a game from outside a turn: document, history and turn records, and perhaps a request that plays on from there; or
    /// changes nothing. A repeat, which is known by the key of the change, returns what was returned first: each game remembers
    /// its latest changes ([`TurnLimits::changes`]) for the time of an idempotency key.
    async fn change_game(&self, change: &GameChange) -> Result<Changed, StoreError>;

    /// The change of a game that was made under a key: [`Changed::Done`], [`Changed::KeyReused`] or nothing.
    async fn find_change(&self, id: GameId, key: &IdempotencyKey) -> Result<Option<Changed>, StoreError>;

    /// Gives a game a name, or takes it away; also a busy one, because its version stays. Appends `game.renamed` to its log, if the
    /// name is another one.
    async fn rename_game(&self, id: GameId, name: Option<&str>) -> Result<GameWrite, StoreError>;

    /// At most `limit` of a game's turn records, in order. The cost is that of the page.
    async fn turns(&self, id: GameId, range: TurnRange, limit: usize) -> Result<TurnPage, StoreError>;

    /// The tries of a game's last message that can be chosen again, the oldest first.
    async fn tries(&self, id: GameId) -> Result<Vec<Try>, StoreError>;

    /// Deletes a game, its history, its events and its capabilities, unless it has unfinished requests, or has changed
    /// since it was found idle.
    async fn delete_game(&self, id: GameId, found: Option<&IdleGame>) -> Result<GameWrite, StoreError>;

    /// Games that have not changed for `idle`, by the store's time: the longest idle first, from `after` on.
    async fn idle_games(
        &self,
        idle: Duration,
        after: Option<GamesCursor>,
        limit: usize,
    ) -> Result<Vec<IdleGame>, StoreError>;
}

/// Keys, and who may use which game.
#[async_trait]
pub trait Keys {
    /// Stores a key. Repeating it changes nothing.
    async fn add_key(&self, key: &NewKey) -> Result<AddOutcome<StoredKey>, StoreError>;

    /// A key that is valid.
    async fn key(&self, id: &KeyId) -> Result<Option<StoredKey>, StoreError>;

    /// Every key, also those that have expired, the oldest first.
    async fn keys(&self) -> Result<Vec<StoredKey>, StoreError>;

    /// Deletes a key; returns whether there was one. It is not valid from then on.
    async fn delete_key(&self, id: &KeyId) -> Result<bool, StoreError>;

    /// Who may use a game, or the game of a request; none if there is no such game or request. `capability` is what the
    /// caller shows. It takes the same time whatever the outcome.
    async fn access(&self, subject: Subject, capability: Option<&SecretHash>) -> Result<Option<Access>, StoreError>;

    /// Stores a capability of a game. Repeating it changes nothing. Those of the game that have expired are deleted.
    async fn add_capability(
        &self,
        game: GameId,
        capability: &NewCapability,
    ) -> Result<AddOutcome<StoredCapability>, StoreError>;

    /// The capabilities of a game that are valid, the oldest first.
    async fn capabilities(&self, game: GameId) -> Result<Vec<StoredCapability>, StoreError>;

    /// Deletes a capability of a game; returns whether there was one.
    async fn delete_capability(&self, game: GameId, id: &KeyId) -> Result<bool, StoreError>;
}

/// The queue: requests in arrival order, leases, and what an attempt may write.
#[async_trait]
pub trait Queue {
    /// Accepts a request, at the tail of its game's lane, or changes nothing.
    async fn enqueue(&self, request: &NewRequest, terms: &Terms) -> Result<Enqueued, StoreError>;

    /// The request that was accepted for a game under an idempotency key: [`Enqueued::Accepted`], [`Enqueued::KeyReused`] or
    /// nothing.
    async fn find_key(&self, game: GameId, key: &IdempotencyKey) -> Result<Option<Enqueued>, StoreError>;

    /// Cancels an unfinished request. If it is in processing its attempt can write nothing more, and its worker is notified
    /// through [`Queue::revocations`].
    async fn cancel(&self, id: RequestId) -> Result<Cancelled, StoreError>;

    /// Ends the running narration of a request: `narration`, which is the text of `attempt` so far, is its checkpoint
    /// from now on, and `end` the chunk that ends it. The attempt can write nothing more, its worker is notified as in
    /// [`Queue::cancel`], and it is not counted: the next claim goes on with the extraction.
    async fn stop(
        &self,
        id: RequestId,
        attempt: Attempt,
        narration: &Completion,
        end: &ChatChunk,
    ) -> Result<Stopped, StoreError>;

    /// A request with its status.
    async fn request(&self, id: RequestId) -> Result<Option<Request>, StoreError>;

    /// Recovers expired leases, then leases up to `max` free games in their [`Order`].
    /// `nonce` makes the step repeatable: the same one gets the same claims, those whose leases still hold.
    async fn claim(&self, worker: &WorkerId, nonce: u64, max: usize) -> Result<Claims, StoreError>;

    /// Commits a turn (ends the request with its effects and its companions, queues the story events, frees the game: all or nothing) and
    /// claims up to `max` free games for the slot that it has freed, in one round trip. With `max` 0 it only commits.
    ///
    /// The two steps are independent: the claim happens whatever the outcome of the commit, except that nothing is known
    /// of either when the store does not respond.
    async fn commit_and_claim(
        &self,
        lease: &Lease,
        commit: &Commit,
        worker: &WorkerId,
        nonce: u64,
        max: usize,
    ) -> CommitAndClaim;

    /// Renews leases; returns for each whether it still holds.
    async fn heartbeat(&self, leases: &[Lease]) -> Result<Vec<bool>, StoreError>;

    /// Publishes the `number`th chunk (from 1) of the attempt's narration.
    async fn publish_chunk(&self, lease: &Lease, number: u64, content: &str) -> Result<(), StoreError>;

    /// Keeps the finished narration and publishes its last chunk, `done`, in the same step.
    async fn checkpoint_narration(
        &self,
        lease: &Lease,
        number: u64,
        last_chunk: &str,
        narrated: &Completion,
    ) -> Result<(), StoreError>;

    /// Keeps the extracted delta.
    async fn checkpoint_delta(&self, lease: &Lease, narrated: &Completion) -> Result<(), StoreError>;

    /// Ends a failed attempt: the request goes back to the head of its lane and cannot be claimed before `delay` has passed
    /// (at most a year).
    async fn retry(&self, lease: &Lease, delay: Duration, failure: &Failure) -> Result<(), StoreError>;

    /// Ends an attempt that a shutdown interrupts: the request goes back to the head of its lane at once, and the attempt
    /// is not counted.
    async fn release(&self, lease: &Lease) -> Result<(), StoreError>;

    /// Makes the request a dead letter; its game continues with the next one.
    async fn fail(&self, lease: &Lease, failure: &Failure) -> Result<(), StoreError>;

    /// Tokens of leases that are revoked because their requests were cancelled, of every worker, from now on. Some may be
    /// missed: a later heartbeat reports the same leases as lost.
    fn revocations(&self) -> broadcast::Receiver<LeaseToken>;

    /// Returns when there may be work for a worker. It may return early; it does not return late while the store can
    /// be reached. After [`Queue::retire_worker`] it may never return.
    async fn wait_for_work(&self);

    /// Removes a worker that shuts down: it no longer counts as alive, it consumes no more wake tokens, and each token that
    /// it has consumed without claiming is passed on to another worker.
    async fn retire_worker(&self, worker: &WorkerId);

    /// The queue's depth and age.
    async fn queue(&self) -> Result<QueueView, StoreError>;

    /// One game's unfinished requests.
    async fn lane(&self, game: GameId) -> Result<LaneView, StoreError>;

    /// Lanes that are not empty, at most `limit`: leased ones first, then those in back-off, then ready ones in the order in
    /// which they will be claimed.
    async fn lanes(&self, limit: usize) -> Result<Lanes, StoreError>;

    /// A page of the requests that wait, in their order. `after` is the `next` of the page before.
    async fn queued(&self, after: Option<QueuedCursor>, limit: usize) -> Result<QueuedRequests, StoreError>;

    /// The queued story events of a game's lane: how many there are, and the first `limit` of them in order.
    async fn story_events(&self, game: GameId, limit: usize) -> Result<(u64, Vec<Request>), StoreError>;

    /// Cancels the queued story events of a game's lane; returns how many there were.
    async fn clear_story_events(&self, game: GameId) -> Result<u64, StoreError>;
}

/// Requests that failed for good. A dead letter's request keeps its status for as long as the dead letter exists.
#[async_trait]
pub trait DeadLetterQueue {
    /// A page of dead letters, the latest first. `after` is the `next` of the page before.
    async fn dead_letters(&self, after: Option<DeadLetterId>, limit: usize) -> Result<DeadLetters, StoreError>;

    /// One dead letter.
    async fn dead_letter(&self, id: RequestId) -> Result<Option<DeadLetter>, StoreError>;

    /// Queues a dead letter's request again: at the tail of its game's lane, with its id, its idempotency key and its
    /// checkpoints. Its attempts count from 1 again.
    async fn retry_dead_letter(&self, id: RequestId) -> Result<DeadLetterRetry, StoreError>;

    /// Deletes a dead letter; returns whether there was one.
    async fn delete_dead_letter(&self, id: RequestId) -> Result<bool, StoreError>;
}

/// The outcome of reading an event log.
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

    /// Follows a game's events from now on. Once it has returned, no event is missed: each one that is appended afterwards
    /// arrives as [`Live::Event`], or [`Live::Resync`] says that the log must be read.
    async fn subscribe(&self, game: GameId) -> Result<Subscription, StoreError>;
}

/// A whole store.
#[async_trait]
pub trait Store:
    Games + Keys + Queue + Pauses + Workers + AuditLog + Watch + Providers + DeadLetterQueue + Events + Send + Sync
{
    /// Whether the store responds.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Whether each shard takes writes, found out by a write that changes nothing else.
    async fn probe_writes(&self) -> Vec<Result<(), StoreError>>;

    /// The tiers whose stores took no writes when that was found out last; of a store that serves one tier, none.
    fn tiers_without_writes(&self) -> Vec<String> {
        Vec::new()
    }

    /// Totals since the deployment began, and how full the store is.
    async fn figures(&self) -> Result<StoreFigures, StoreError>;

    /// One sentence for the operator: what it is, and what it guarantees.
    async fn describe(&self) -> Result<String, StoreError>;

    /// What threatens the data as the store's server is set up now, each with its remedy. Settings can change while it runs, so this
    /// is asked again and again. It is empty where nothing is wrong, or nothing can be known.
    async fn risks(&self) -> Result<Vec<String>, StoreError>;

    /// Finds inconsistencies in the stored data, and repairs them if `repair`. Each game is inspected in one step, so this can
    /// run while the engine works.
    async fn inspect(&self, repair: bool) -> Result<Inspection, StoreError>;
}

/// Settings for leases, retention and story events; the same for both backends.
#[derive(Debug, Clone, PartialEq)]
pub struct StoreOptions {
    /// How long a lease holds without a heartbeat.
    pub lease_ttl: Duration,
    /// How often a process that claims with every commit also recovers expired leases and back-offs. One that commits
    /// thousands of turns a second need not do it with each of them; a claim without a commit always does.
    pub recover_interval: Duration,
    /// How many attempts a request has before it becomes a dead letter, the first one included.
    pub max_attempts: u32,
    /// How long the status of a finished request is kept.
    pub status_ttl: Duration,
    /// How long an idempotency key is kept once its request has ended, and its request's status with it.
    pub key_ttl: Duration,
    /// How many requests may wait.
    pub limits: Limits,
    /// How many keys may be stored.
    pub max_keys: usize,
    /// How many capabilities a game may have.
    pub max_capabilities: usize,
    /// How many things operators may have paused at a time (of each shard, with several).
    pub max_pauses: usize,
    /// How many entries of the audit log are kept, at least.
    pub audit_kept: usize,
    /// How many events of a game are kept, at least.
    pub events_kept: usize,
    /// How long a game that rests (nothing is unfinished, nothing is appended) keeps its events; zero for ever.
    pub events_ttl: Duration,
    /// How many messages of a game's history a claim returns.
    pub history_window: usize,
    /// Where story events are queued.
    pub story_events: StoryEventPlacement,
    /// How many story events one turn tells at most: those that wait directly behind each other, up to [`MOST_IN_A_TURN`].
    pub story_event_batch: usize,
    /// In which order free games are claimed.
    pub order: Order,
    /// How providers are paused, probed and shared.
    pub providers: ProviderOptions,
    /// What is kept of turns.
    pub turns: TurnLimits,
    /// How many versions of content a process remembers, so that it need not read them again.
    pub contents_cached: usize,
}

/// What is kept of turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TurnLimits {
    /// How many of a game's turn records are kept, the latest; 0 for none. A game can be brought back to the turns that are kept.
    pub kept: usize,
    /// How large a record may be, in bytes of JSON. Of a larger one, the model's delta is left out, then what takes the turn back.
    pub record_bytes: usize,
    /// How many tries of a message are kept to be chosen again, besides the present one; the oldest go first.
    pub tries: usize,
    /// How many changes of a game from outside its turns are remembered by their key, so that a repeat is recognised.
    pub changes: usize,
}

impl Default for TurnLimits {
    fn default() -> Self {
        Self { kept: 1000, record_bytes: 256 * 1024, tries: 8, changes: 64 }
    }
}

impl StoreOptions {
    /// How long a worker counts as alive after it was last seen: it shows itself once per lease TTL.
    fn worker_ttl(&self) -> Duration {
        3 * self.lease_ttl
    }
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            lease_ttl: Duration::from_secs(5),
            recover_interval: Duration::from_millis(20),
            max_attempts: 4,
            status_ttl: Duration::from_hours(1),
            key_ttl: Duration::from_hours(24),
            limits: Limits::NONE,
            max_keys: 10_000,
            max_capabilities: 100,
            max_pauses: 1000,
            audit_kept: 10_000,
            events_kept: 10_000,
            events_ttl: Duration::from_hours(24),
            history_window: 80,
            story_events: StoryEventPlacement::Tail,
            story_event_batch: 1,
            order: Order::Arrival,
            providers: ProviderOptions::default(),
            turns: TurnLimits::default(),
            contents_cached: 64,
        }
    }
}
