//! A request and its status: `queued → processing → completed | failed | cancelled`.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema::Time;
use crate::{Attempt, GameId, IdError, Links, Problem, RequestId};

/// The state of a request. A retry goes back to [`RequestStatus::Queued`] with its attempt and last error visible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RequestStatus {
    /// Waiting for a worker, or for its back-off to pass.
    Queued,
    /// A worker holds the game's lease and runs the turn.
    Processing,
    /// Its effects are committed.
    Completed,
    /// Failed for good: the request is a dead letter.
    Failed,
    /// Cancelled before it had an effect.
    Cancelled,
}

impl RequestStatus {
    /// Whether nothing more happens to the request.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }

    /// The name on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Processing => "processing",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl fmt::Display for RequestStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for RequestStatus {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        [Self::Queued, Self::Processing, Self::Completed, Self::Failed, Self::Cancelled]
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| IdError::new(text, "a request status"))
    }
}

/// What a request asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RequestType {
    /// A player's message.
    #[default]
    Chat,
    /// A prompt that a turn's conditionals triggered.
    StoryEvent,
}

impl RequestType {
    /// The name on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::StoryEvent => "story_event",
        }
    }
}

impl fmt::Display for RequestType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for RequestType {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        [Self::Chat, Self::StoryEvent]
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| IdError::new(text, "a request type"))
    }
}

/// `GET /v1/requests/{id}`: a request and its status.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RequestView {
    /// The request.
    pub request_id: RequestId,
    /// What it asks for.
    #[serde(rename = "type")]
    pub kind: RequestType,
    /// The game that it belongs to.
    pub game_id: GameId,
    /// Its status.
    pub status: RequestStatus,
    /// How many attempts have begun; 0 before the first claim.
    pub attempt: Attempt,
    /// The player's message, or the story event's prompt.
    pub message: String,
    /// How many unfinished requests of its game are ahead of it, while it is queued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<u64>,
    /// When it was accepted.
    #[schemars(with = "Time")]
    pub enqueued_at: Timestamp,
    /// When its latest attempt began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Time>")]
    pub started_at: Option<Timestamp>,
    /// When it reached a terminal status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Time>")]
    pub completed_at: Option<Timestamp>,
    /// In back-off: no attempt begins before this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Time>")]
    pub not_before: Option<Timestamp>,
    /// Why the latest attempt failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Problem>,
    /// What came of it, once it is completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<TurnResult>,
    /// The request whose turn triggered this story event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caused_by: Option<RequestId>,
    /// Where to look next.
    pub links: Links,
}

/// What a completed turn brought.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TurnResult {
    /// The narration, whole.
    pub message: String,
    /// The game's turn counter after this turn.
    pub turn: u64,
    /// The game's version that this turn's commit made.
    pub version: u64,
    /// From the start of the attempt that committed, to its commit, in milliseconds.
    pub duration_ms: u64,
    /// Effects that the rules refused, with the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejections: Vec<story::Rejection>,
    /// Tokens that the model counted for this turn's calls.
    #[serde(default)]
    pub usage: Usage,
    /// Whether the narration was cut after its last whole sentence, because the model had no token left or the player stopped it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut_short: bool,
    /// Of a story event that was told together with one before it: that one's request, whose result has the narration, the
    /// rejections and the tokens of the turn. `message` is empty then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_with: Option<RequestId>,
}

/// Tokens as the model counted them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Usage {
    /// Read by the model.
    pub prompt_tokens: u64,
    /// Of these, those that the provider had in its cache, where it says so.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cached_tokens: u64,
    /// Written by the model.
    pub completion_tokens: u64,
    /// Of these, those that the model thought with, where the provider says so.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub reasoning_tokens: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(tokens: &u64) -> bool {
    *tokens == 0
}

impl std::ops::Add for Usage {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            prompt_tokens: self.prompt_tokens.saturating_add(other.prompt_tokens),
            cached_tokens: self.cached_tokens.saturating_add(other.cached_tokens),
            completion_tokens: self.completion_tokens.saturating_add(other.completion_tokens),
            reasoning_tokens: self.reasoning_tokens.saturating_add(other.reasoning_tokens),
        }
    }
}
