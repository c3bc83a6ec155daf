//! `/v1/dead-letters`: requests that failed for good, with everything that helps to understand why and to try again.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema::Time;
use crate::{Attempt, GameId, Problem, RequestId, RequestType, Tenant, User};

/// A request that failed for good. It stays until it is retried or deleted, and its status with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeadLetter {
    /// The request.
    pub request_id: RequestId,
    /// Its game.
    pub game_id: GameId,
    /// The provider of its game now; absent when the game is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The tenant whose game it is, or was before it was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<Tenant>,
    /// The user whose game it is or was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<User>,
    /// What it asks for.
    #[serde(rename = "type")]
    pub kind: RequestType,
    /// The player's message, or the story event's prompt.
    pub message: String,
    /// Who speaks, when it is not the game's player character.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// The request whose turn triggered this story event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caused_by: Option<RequestId>,
    /// When it was accepted.
    #[schemars(with = "Time")]
    pub enqueued_at: Timestamp,
    /// When it failed for good.
    #[schemars(with = "Time")]
    pub failed_at: Timestamp,
    /// Why, with the causes behind it.
    pub error: Problem,
    /// Every attempt that did not commit, the first one first.
    pub attempts: Vec<AttemptView>,
    /// The game's version when the request failed: what its last attempt started from.
    pub state_version: u64,
    /// The game's version now: above `state_version` where the game was played or changed since, so that a retry is narrated after that. Absent
    /// when the game is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub game_version: Option<u64>,
    /// The finished narration, which a retry does not ask for again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub narration: Option<String>,
}

/// One attempt at a request, and how it ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AttemptView {
    /// Which attempt, counted from 1. One that was released has the same number as the next.
    pub attempt: Attempt,
    /// The worker that ran it.
    pub worker: String,
    /// When it began.
    #[schemars(with = "Time")]
    pub started_at: Timestamp,
    /// When its end was recorded.
    #[schemars(with = "Time")]
    pub ended_at: Timestamp,
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// Why, when it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Problem>,
}

/// How an attempt ended that did not commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttemptOutcome {
    /// It failed, and another one follows after a back-off.
    Retried,
    /// It failed, and the request became a dead letter.
    Failed,
    /// Its lease ran out: the worker died or stalled.
    Lost,
    /// Its worker stopped, and left the rest to another one.
    #[serde(rename = "handed_back")]
    Released,
    /// The request was cancelled while it ran.
    Cancelled,
}

/// `GET /v1/dead-letters`: a page, the latest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeadLetters {
    /// The dead letters.
    pub dead_letters: Vec<DeadLetter>,
    /// Where the next page begins, for `?after=`; nothing on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}
