//! `/v1/overview` and `/v1/queue/requests/{id}`: what an operator looks at, each in one document.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema::Time;
use crate::{
    AttemptView, Lanes, Pause, Problem, ProviderView, QueueView, RequestId, RequestView, Tenant, TurnModel, TurnTiming,
    Usage, WorkerView,
};

/// `GET /v1/overview`: a deployment at one moment. Every list in it is bounded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Overview {
    /// When it was read.
    #[schemars(with = "Time")]
    pub at: Timestamp,
    /// The version of the process that answers.
    pub version: String,
    /// Whether the caller may change something.
    pub may_write: bool,
    /// The queue.
    pub queue: QueueView,
    /// What is paused, the oldest pause first; at most 100.
    pub pauses: Vec<Pause>,
    /// Lanes that are not empty, at most 50.
    pub lanes: Lanes,
    /// Workers, at most 100.
    pub workers: Vec<WorkerView>,
    /// Providers, at most 100.
    pub providers: Vec<ProviderView>,
    /// Causes of the latest 200 dead letters, the most frequent first.
    pub causes: Vec<DeadLetterCause>,
    /// Event streams of the process that answers; absent where it serves no players.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub streams: Option<StreamsView>,
    /// Tenants that have keys, those with the most unfinished requests first; at most 50.
    pub tenants: Vec<TenantView>,
    /// The store.
    pub store: StoreView,
}

/// Dead letters with the same error. What differs only in digits, as in times and addresses, is the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeadLetterCause {
    /// The type of the problem.
    pub problem: String,
    /// What happened, in the words of the latest.
    pub detail: String,
    /// How many there are.
    pub count: u64,
    /// When the first of them failed.
    #[schemars(with = "Time")]
    pub first_failed_at: Timestamp,
    /// When the latest did.
    #[schemars(with = "Time")]
    pub last_failed_at: Timestamp,
    /// The latest, to look at.
    pub example: RequestId,
}

/// The event streams of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StreamsView {
    /// How many are open.
    pub open: usize,
    /// How many may be.
    pub max: usize,
}

/// A tenant against its limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TenantView {
    /// The tenant.
    pub tenant: Tenant,
    /// How many of its requests are unfinished.
    pub unfinished: u64,
    /// How many may be; 0 without a limit.
    pub max_unfinished: u64,
    /// Tokens that its turns have used in the last 24 hours, with what running ones have reserved. They are counted where a limit of tokens or cost holds.
    #[serde(default)]
    pub tokens_used: u64,
    /// How many that may be; 0 without a limit.
    #[serde(default)]
    pub max_tokens: u64,
    /// What they have cost in the last 30 days, in millionths of the currency of the price tables.
    #[serde(default)]
    pub cost_millionths: u64,
    /// How much that may be; 0 without a limit.
    #[serde(default)]
    pub max_cost_millionths: u64,
    /// How many keys of it are stored.
    pub keys: u64,
}

/// How full the store is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StoreView {
    /// Bytes in use.
    pub used_bytes: u64,
    /// How many that may become; absent without a limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_bytes: Option<u64>,
}

/// `GET /v1/queue/requests/{id}`: a request from its acceptance to its end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RequestTimeline {
    /// The request, without what it says.
    pub request: RequestView,
    /// Attempts that did not commit, the first one first.
    pub attempts: Vec<AttemptView>,
    /// The number of its turn, by which operators find its prompts where they are kept; absent like the timing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<u64>,
    /// What its turn took; absent until it is committed, and when its record is not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timing: Option<TurnTiming>,
    /// Who narrated; absent like the timing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<TurnModel>,
    /// Tokens of its calls; absent like the timing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// Why it failed for good, in full.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Problem>,
}
