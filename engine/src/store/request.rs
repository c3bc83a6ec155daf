//! A request as it is kept, and what a turn commits.

use std::str::FromStr;

use jiff::Timestamp;
use protocol::{
    Attempt, Event, EventId, GameId, Links, Problem, RequestCancelled, RequestCompleted, RequestFailed, RequestId,
    RequestQueued, RequestStatus, RequestType, RequestView, TurnResult, Usage,
};
use serde::{Deserialize, Serialize};
use story::{ChatMessage, Input};

use super::GameDocument;

/// A request that is to be accepted.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRequest {
    /// Its id, chosen by the caller so that a repeated step is known as such.
    pub id: RequestId,
    /// Its game.
    pub game: GameId,
    /// What it asks for.
    pub kind: RequestType,
    /// The player's message, or the story event's prompt.
    pub message: String,
    /// Who speaks, when it is not the player character.
    pub actor: Option<String>,
    /// The message as the history will show it.
    pub user_message: String,
    /// The request whose turn sets this story event off.
    pub caused_by: Option<RequestId>,
}

impl NewRequest {
    /// The data of its `request.queued` event.
    #[must_use]
    pub fn queued_event(&self) -> RequestQueued {
        RequestQueued {
            request_id: self.id,
            game_id: self.game,
            kind: self.kind,
            status: RequestStatus::Queued,
            user_message: self.user_message.clone(),
            caused_by: self.caused_by,
        }
    }
}

/// A request and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Its id.
    pub id: RequestId,
    /// Its game.
    pub game: GameId,
    /// What it asks for.
    pub kind: RequestType,
    /// The player's message, or the story event's prompt.
    pub message: String,
    /// Who speaks, when it is not the player character.
    pub actor: Option<String>,
    /// The message as the history shows it.
    pub user_message: String,
    /// The request whose turn set this story event off.
    pub caused_by: Option<RequestId>,
    /// Where it stands.
    pub status: RequestStatus,
    /// How many attempts have begun.
    pub attempt: Attempt,
    /// When it was accepted.
    pub enqueued_at: Timestamp,
    /// When its latest attempt began.
    pub started_at: Option<Timestamp>,
    /// When it reached a terminal status.
    pub completed_at: Option<Timestamp>,
    /// In back-off until then.
    pub not_before: Option<Timestamp>,
    /// How many unfinished requests of its game stand before it, while it is not finished.
    pub position: Option<u64>,
    /// The id before its `request.queued` event.
    pub cursor: EventId,
    /// The same of its first life, where it was a dead letter in between.
    pub first_cursor: EventId,
    /// Why the latest attempt failed.
    pub error: Option<Problem>,
    /// What came of it.
    pub result: Option<TurnResult>,
    /// Finished steps of the turn, which no later attempt pays for again.
    pub checkpoints: Checkpoints,
}

/// What a turn needs of its request. Each is as in [`Request`].
#[derive(Debug, Clone, PartialEq)]
pub struct LeasedRequest {
    /// What it asks for.
    pub kind: RequestType,
    /// The player's message, or the story event's prompt.
    pub message: String,
    /// Who speaks, when it is not the player character.
    pub actor: Option<String>,
    /// The message as the history shows it.
    pub user_message: String,
    /// What earlier attempts have finished.
    pub checkpoints: Checkpoints,
}

impl LeasedRequest {
    /// What the turn is about.
    #[must_use]
    pub fn input(&self) -> Input {
        match self.kind {
            RequestType::Chat => Input::Player { message: self.message.clone(), actor: self.actor.clone() },
            RequestType::StoryEvent => Input::StoryEvent { prompt: self.message.clone() },
        }
    }
}

impl Request {
    /// The event that ended it, from what is kept of it; none while it is unfinished.
    #[must_use]
    pub fn terminal_event(self) -> Option<Event> {
        let Self { id: request_id, game: game_id, kind, status, attempt, .. } = self;
        match (status, self.result, self.error) {
            (RequestStatus::Completed, Some(result), _) => {
                Some(RequestCompleted { request_id, game_id, kind, status, attempt, result }.into())
            }
            (RequestStatus::Failed, _, Some(error)) => {
                Some(RequestFailed { request_id, game_id, kind, status, attempt, error }.into())
            }
            (RequestStatus::Cancelled, ..) => Some(RequestCancelled { request_id, game_id, status }.into()),
            _ => None,
        }
    }

    /// The request as clients see it.
    #[must_use]
    pub fn view(self) -> RequestView {
        RequestView {
            request_id: self.id,
            kind: self.kind,
            game_id: self.game,
            status: self.status,
            attempt: self.attempt,
            message: self.message,
            position: self.position.filter(|_| self.status == RequestStatus::Queued),
            enqueued_at: self.enqueued_at,
            started_at: self.started_at,
            completed_at: self.completed_at,
            not_before: self.not_before,
            error: self.error,
            result: self.result,
            caused_by: self.caused_by,
            links: Links::of(self.id, self.game),
        }
    }
}

/// Steps of a turn that are finished and paid for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Checkpoints {
    /// The narration, whole.
    pub narration: Option<Narrated>,
    /// The delta as the model wrote it.
    pub delta: Option<Narrated>,
}

/// What one finished model call brought.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Narrated {
    /// The text.
    pub text: String,
    /// What it cost.
    pub usage: Usage,
}

/// The effects of a turn.
#[derive(Debug, Clone, PartialEq)]
pub struct Commit {
    /// The game's version that the turn started from; the commit makes the next one.
    pub base_version: u64,
    /// The game after the turn.
    pub document: GameDocument,
    /// What the turn adds to the history.
    pub turn: Vec<ChatMessage>,
    /// What the request's status shows from now on.
    pub result: TurnResult,
    /// The turn's events.
    pub events: TurnEvents,
    /// Story events to queue, in order; their ids derive from the request's.
    pub story_events: Vec<NewRequest>,
}

/// The events of a committed turn, as data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnEvents {
    /// Of `game.state_updated`.
    pub state_updated: String,
    /// Of `request.completed`.
    pub completed: String,
}

/// What came of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    /// The effects are in the store, by this try of the step or an earlier one.
    Done,
    /// The game has another version than the turn started from: nothing was written.
    VersionChanged,
}

/// Where a turn's story events are queued.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoryEventPlacement {
    /// In arrival order, behind what is queued already.
    #[default]
    Tail,
    /// Ahead of the same game's waiting messages.
    Next,
}

impl FromStr for StoryEventPlacement {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "tail" => Ok(Self::Tail),
            "next" => Ok(Self::Next),
            other => Err(format!("`{other}` is neither `tail` nor `next`")),
        }
    }
}
