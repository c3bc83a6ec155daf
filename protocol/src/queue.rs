//! `/v1/queue`: what waits and what runs, for operators and the harness.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema::Time;
use crate::{GameId, MESSAGE_MAX_BYTES, RequestId, RequestType, RequestView, Tenant};

/// The queue at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct QueueView {
    /// Queued requests of all games.
    pub depth: u64,
    /// How many of them are story events; the others are messages.
    #[serde(default)]
    pub story_events: u64,
    /// Games that a worker could claim now.
    pub ready: u64,
    /// Games whose head request is in back-off.
    pub delayed: u64,
    /// Games that would be ready, if their provider were, or if no operator had paused them.
    #[serde(default)]
    pub paused: u64,
    /// Games under a lease.
    pub active: u64,
    /// Dead letters.
    pub dead_letters: u64,
    /// How long the oldest queued request has waited, in milliseconds; 0 when none waits.
    pub oldest_age_ms: u64,
    /// Workers that live: each looks for work, or renews its leases, at least once per lease TTL, and counts for three.
    #[serde(default)]
    pub workers: u64,
}

/// One game's lane: its unfinished requests in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LaneView {
    /// The game.
    pub game_id: GameId,
    /// What its head waits for.
    pub state: LaneState,
    /// Unfinished requests, the head first; the head is the one in processing while the game is leased.
    pub requests: Vec<RequestId>,
    /// The lease on the game, while one holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<LeaseView>,
    /// In back-off until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Time>")]
    pub not_before: Option<Timestamp>,
    /// The provider for which its head waits, while that gets no calls; absent while an operator has paused the game or everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<String>,
}

/// What a lane waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LaneState {
    /// Nothing: it is empty.
    Idle,
    /// A free worker.
    Ready,
    /// The end of its head's back-off.
    Delayed,
    /// Its provider, which gets no calls for now; or an operator, who has paused it.
    Paused,
    /// The end of its head's turn, or of the lease under which that runs.
    Active,
}

/// A worker's hold on a game.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeaseView {
    /// The worker.
    pub worker: String,
    /// Counts the acquisitions of this game; the number in its fencing token.
    pub fence: u64,
    /// The request that is in processing under it.
    pub request_id: RequestId,
    /// When it runs out unless it is renewed.
    #[schemars(with = "Time")]
    pub expires_at: Timestamp,
}

/// `GET /v1/queue/games`: lanes that are not empty. First those under a lease, then those in back-off, then those that wait
/// for a worker, in the order in which these will be claimed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Lanes {
    /// The lanes.
    pub lanes: Vec<LaneView>,
    /// Whether there are more than were asked for.
    pub more: bool,
}

/// `POST /v1/queue/games/{id}/story-events`: a story event that an operator triggers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TriggerStoryEvent {
    /// What is to happen, for the narrator; not empty, at most [`MESSAGE_MAX_BYTES`].
    #[schemars(length(min = 1, max = MESSAGE_MAX_BYTES))]
    pub prompt: String,
}

/// `GET /v1/queue/games/{id}/story-events`: the story events that wait in a game's lane, in order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StoryEventsView {
    /// The game.
    pub game_id: GameId,
    /// How many there are.
    pub depth: u64,
    /// The first of them, as many as were asked for.
    pub story_events: Vec<RequestView>,
}

/// `GET /v1/queue/requests`: a page of the requests that wait, in the order in which they arrived (of each shard's, one after the
/// other, with several).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct QueuedRequests {
    /// The requests.
    pub requests: Vec<QueuedRequest>,
    /// Where the next page begins; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A request that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct QueuedRequest {
    /// The request.
    pub request_id: RequestId,
    /// Its game.
    pub game_id: GameId,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: RequestType,
    /// The provider of its game.
    pub provider: String,
    /// The tenant whose game it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<Tenant>,
    /// When it was accepted.
    #[schemars(with = "Time")]
    pub enqueued_at: Timestamp,
}
