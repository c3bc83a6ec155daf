//! `/v1/workers`: the workers that live, and what they hold.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema::Time;
use crate::{GameId, Pause, RequestId};

/// `GET /v1/workers`: the workers that live, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Workers {
    /// The workers.
    pub workers: Vec<WorkerView>,
}

/// A worker: one process that runs turns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WorkerView {
    /// Its name: another one after every start.
    pub name: String,
    /// When it looked for work, or renewed its leases, last.
    #[schemars(with = "Time")]
    pub seen_at: Timestamp,
    /// What it has said of itself; absent until it has, and for a worker of an earlier release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<WorkerInfo>,
    /// Its turns.
    pub turns: Vec<WorkerTurn>,
    /// Who drains it, and since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drained: Option<Pause>,
}

/// What a worker says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WorkerInfo {
    /// How many turns it runs at a time.
    pub slots: usize,
    /// The machine that it runs on.
    pub host: String,
    /// Its version.
    pub version: String,
    /// The fingerprint of the settings that all processes of a deployment share, as `engine config` prints it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<String>,
    /// When it started.
    #[schemars(with = "Time")]
    pub started_at: Timestamp,
    /// What its model calls have come to since then, by provider.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<ModelFigures>,
}

/// What the calls of a worker to a provider have come to since its start.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ModelFigures {
    /// The provider.
    pub provider: String,
    /// Calls that brought what they were for.
    pub succeeded: u64,
    /// Calls that failed; those that were abandoned are in neither.
    pub failed: u64,
    /// The median of the latest first tokens (50 at most), in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_token_ms: Option<u64>,
    /// Tokens of prompts.
    pub prompt_tokens: u64,
    /// Tokens that were written.
    pub completion_tokens: u64,
    /// What that cost by the price table, in millionths of its currency.
    pub cost_millionths: u64,
}

/// A turn that a worker runs, or ran until it died.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WorkerTurn {
    /// The game.
    pub game_id: GameId,
    /// The request.
    pub request_id: RequestId,
    /// Since when.
    #[schemars(with = "Time")]
    pub since: Timestamp,
    /// When its lease runs out unless it is renewed.
    #[schemars(with = "Time")]
    pub lease_ends_at: Timestamp,
}
