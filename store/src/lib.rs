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
pub mod backoff;
mod budget;
mod change;
mod charge;
mod companion;
mod content;
mod contents;
mod dead_letter;
mod document;
pub mod embedded;
mod error;
mod failure;
mod fanout;
mod figures;
pub mod host;
mod inspect;
mod joined;
mod lease;
mod listed;
mod log_event;
mod measure;
mod not_restored;
mod options;
mod order;
mod outages;
mod pause;
mod provider;
mod queued;
pub mod redis;
mod remembered;
mod request;
pub mod secret;
mod sent;
pub mod tiers;
pub mod trace_parent;
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

use self::secret::SecretHash;

pub use access::{
    Access, AddOutcome, GamesCursor, GamesCursorError, GamesOf, Holder, HolderError, KeyGrants, NewCapability, NewKey,
    Owner, Stored, StoredCapability, StoredKey, Subject,
};
pub use admission::{Accepted, Cancelled, DeadLetterRetry, Enqueued, IdempotencyKey, Limits, Stopped, Terms};
pub use audit::{AuditCursor, AuditCursorError, AuditLog, NewAuditEntry};
pub use budget::{Budget, Reserved, Spending, Spent, UsedUp};
pub use change::{Before, ChangeDone, Changed, GameChange, GameContents, Keep, Rewrite, TurnPage, TurnRange};
pub use charge::{Bucket, Charge, Created, Limited, Rate};
pub use companion::{Companion, CompanionEvents, MOST_IN_A_TURN};
pub use content::Origin;
pub use dead_letter::{DeadLetterCursor, DeadLetterId, DeadLetterIdError};
pub use document::{Game, GameDocument, GameWrite, IdleGame, LeasedGame};
pub use error::{Outage, StoreError};
pub use failure::Failure;
pub use fanout::{Live, Subscription};
pub use figures::StoreFigures;
pub use inspect::{Inconsistency, Inspection, Remedy};
pub use lease::{Claim, Claims, CommitAndClaim, Lease, LeaseToken};
pub use listed::{ListedGame, UnreadableGame};
pub use log_event::LogEvent;
pub use not_restored::NotRestored;
pub use options::{StoreOptions, TurnLimits};
pub use order::{Ageing, Order, Shares};
pub use pause::{Paused, Pauses};
pub use provider::{ClaimedProvider, ProviderFault, ProviderOptions, ProviderPolicy, Providers};
pub use queued::{QueuedCursor, QueuedCursorError};
pub use remembered::{EndedRequest, Remembered, RememberedChange};
pub use request::{
    Checkpoints, Commit, Committed, Completion, LeasedRequest, NewRequest, Request, StoryEventPlacement, Summarized,
    TurnEvents,
};
pub use sent::{SentPrompt, SentPrompts};
pub use turn::{NoWayBack, StoredTurn, Try, Undo, WHOLE_STATE_EVERY, state_before, turns_up_to};
pub use watch::Watch;
pub use worker::Workers;
pub use worker_id::{WorkerId, WorkerName};

/// The longest back-off that a store keeps; a longer one counts as this, so that its end is a time that can be written.
const LONGEST_DELAY: Duration = Duration::from_hours(365 * 24);

/// A store, whichever backend it is.
pub type SharedStore = Arc<dyn Store>;

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
pub trait Games: Sync {
    /// Keeps a new game, with version 1, unless a limit of its creator is reached. Repeating it changes nothing.
    async fn create_game(&self, id: GameId, new: &GameContents) -> Result<Created, StoreError>;

    /// A game in its present state.
    async fn game(&self, id: GameId) -> Result<Option<Game>, StoreError>;

    /// The same with the last `limit` messages of its history, oldest first: both of one version.
    async fn game_with_history(&self, id: GameId, limit: usize)
    -> Result<Option<(Game, Vec<ChatMessage>)>, StoreError>;

    /// The messages alone.
    async fn history(&self, id: GameId, limit: usize) -> Result<Vec<ChatMessage>, StoreError> {
        Ok(self.game_with_history(id, limit).await?.map(|(_, history)| history).unwrap_or_default())
    }

    /// At most `limit` games, the latest changed first, from the place behind `after` on. It costs the same on every page. One that cannot be read
    /// is listed as such.
    async fn games(
        &self,
        of: &GamesOf,
        after: Option<GamesCursor>,
        limit: usize,
    ) -> Result<Vec<ListedGame>, StoreError>;

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

    /// What is kept beside a game; of the requests those among `requests` that have ended.
    async fn remembered(&self, id: GameId, requests: &[RequestId]) -> Result<Remembered, StoreError>;

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

    /// Reserves the most that an attempt may use of the budgets that its request is paid from, unless one of them is used up: then nothing
    /// changes. Once more by the same attempt, it puts another amount in the place of the first, whatever is used. What an earlier attempt of the
    /// request has reserved counts as used from then on; a turn that has begun is not refused.
    async fn reserve(&self, lease: &Lease, budgets: &[Budget], most: Spending) -> Result<Reserved, StoreError>;

    /// Ends a failed attempt: the request goes back to the head of its lane and cannot be claimed before `delay` has passed
    /// (at most a year).
    async fn retry(&self, lease: &Lease, delay: Duration, failure: &Failure) -> Result<(), StoreError>;

    /// Ends an attempt that a shutdown interrupts: the request goes back to the head of its lane at once, and the attempt
    /// is not counted.
    async fn release(&self, lease: &Lease) -> Result<(), StoreError>;

    /// Ends an attempt that has done nothing, because there is nothing to pay it from at present: as [`Queue::retry`], and the attempt is not
    /// counted, nor recorded.
    async fn postpone(&self, lease: &Lease, delay: Duration) -> Result<(), StoreError>;

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
    async fn dead_letters(&self, after: Option<DeadLetterCursor>, limit: usize) -> Result<DeadLetters, StoreError>;

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

    /// What the store has lost as a whole since it was opened: it was emptied, or other data have taken the place of its own. Empty while it holds what it
    /// held.
    async fn lost(&self) -> Result<Vec<String>, StoreError>;

    /// By how many seconds this machine's clock is ahead of the store's, where it differs most; negative if it is behind. None of a store that reads this
    /// machine's clock.
    async fn clock_ahead(&self) -> Result<Option<f64>, StoreError>;

    /// Finds inconsistencies in the stored data, and repairs them if `repair`. Each game is inspected in one step, so this can
    /// run while the engine works.
    async fn inspect(&self, repair: bool) -> Result<Inspection, StoreError>;
}

/// The example of the README, compiled as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
