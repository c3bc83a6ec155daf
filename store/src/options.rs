//! Settings of a store, the same for both backends.

use std::time::Duration;

use super::admission::Limits;
use super::order::Order;
use super::provider::ProviderOptions;
use super::request::StoryEventPlacement;

/// More streams of one game than its players open in the lifetime of a ticket, so none that is still to be used ends.
const MAX_TICKETS: usize = 100;

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
    /// How many capabilities a game may have, without tickets.
    pub max_capabilities: usize,
    /// How many tickets a game may have; the oldest ends when there is one more.
    pub max_tickets: usize,
    /// A capability that is stored for just this time is a ticket.
    pub ticket_lifetime: Duration,
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
    /// How many story events one turn tells at most: those that wait directly behind each other, up to [`MOST_IN_A_TURN`](super::MOST_IN_A_TURN).
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
    pub(super) fn worker_ttl(&self) -> Duration {
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
            max_tickets: MAX_TICKETS,
            ticket_lifetime: Duration::from_mins(1),
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
