//! A request as the store keeps it, and the effects that a turn commits.

use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use protocol::{
    Alternative, Attempt, Event, EventId, GameId, Links, Priority, Problem, RequestCancelled, RequestCompleted,
    RequestFailed, RequestId, RequestQueued, RequestStatus, RequestType, RequestView, StateUpdated, TurnResult, Usage,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use story::{ChatMessage, Input};

use super::{Budget, Companion, CompanionEvents, GameDocument, Spending, StoredTurn};
use crate::trace_parent::TraceParent;

/// A request to be enqueued.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRequest {
    /// Its id. The caller chooses it, so that the store recognises a repeated step.
    pub id: RequestId,
    /// Its game.
    pub game: GameId,
    /// What it asks for.
    pub kind: RequestType,
    /// The player's message, or the story event's prompt.
    pub message: String,
    /// Who speaks, when it is not the player character.
    pub actor: Option<String>,
    /// The message in the form in which the history shows it.
    pub user_message: String,
    /// How urgent it is beside others of its tenant.
    pub priority: Priority,
    /// The request whose turn triggers this story event.
    pub caused_by: Option<RequestId>,
    /// Earlier tries of the same message.
    pub alternatives: Vec<Alternative>,
    /// The span that it was sent in.
    pub trace: Option<TraceParent>,
    /// What its turn is paid from, and the turns of the story events that it triggers.
    pub budgets: Vec<Budget>,
}

impl NewRequest {
    /// The data of its `request.queued` event.
    #[must_use]
    pub(crate) fn queued_event(&self) -> RequestQueued {
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

/// A request with its status and everything that the store has recorded of it.
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
    /// The message in the form in which the history shows it.
    pub user_message: String,
    /// How urgent it is beside others of its tenant.
    pub priority: Priority,
    /// The request whose turn triggered this story event.
    pub caused_by: Option<RequestId>,
    /// Its present status.
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
    /// How many unfinished requests of its game are ahead of it, while it is unfinished itself.
    pub position: Option<u64>,
    /// The id before its `request.queued` event.
    pub cursor: EventId,
    /// The id before its first `request.queued` event: it differs from `cursor` once a dead letter was retried.
    pub first_cursor: EventId,
    /// Why the latest attempt failed.
    pub error: Option<Problem>,
    /// The result of its turn.
    pub result: Option<TurnResult>,
    /// Earlier tries of the same message.
    pub alternatives: Vec<Alternative>,
    /// The span that it was sent in.
    pub trace: Option<TraceParent>,
    /// What its turn is paid from.
    pub budgets: Vec<Budget>,
    /// The finished model calls of the turn: no later attempt pays for them again.
    pub checkpoints: Checkpoints,
}

/// The part of a request that a turn needs. The fields are those of [`Request`].
#[derive(Debug, Clone, PartialEq)]
pub struct LeasedRequest {
    /// What it asks for.
    pub kind: RequestType,
    /// The player's message, or the story event's prompt.
    pub message: String,
    /// Who speaks, when it is not the player character.
    pub actor: Option<String>,
    /// The message in the form in which the history shows it.
    pub user_message: String,
    /// How urgent it is, and the story events of its turn are.
    pub priority: Priority,
    /// Earlier tries of the same message.
    pub alternatives: Vec<Alternative>,
    /// The span that it was sent in; in a worker that traces, from the claim on, that of the attempt.
    pub trace: Option<TraceParent>,
    /// What its turn is paid from.
    pub budgets: Vec<Budget>,
    /// The model calls that earlier attempts have finished.
    pub checkpoints: Checkpoints,
    /// How long after it was accepted this attempt was leased, by the store's clock.
    pub waited: Duration,
}

impl LeasedRequest {
    /// The input of a turn in which these companions are told as well.
    #[must_use]
    pub fn input(&self, companions: &[Companion]) -> Input {
        match self.kind {
            RequestType::Chat => Input::Player { message: self.message.clone(), actor: self.actor.clone() },
            RequestType::StoryEvent => Input::StoryEvent {
                prompt: self.message.clone(),
                also: companions.iter().map(|companion| companion.prompt.clone()).collect(),
            },
        }
    }
}

impl Request {
    /// The event that ended the request, rebuilt from its status; none while it is unfinished.
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

/// The model calls of a turn that are finished and paid for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Checkpoints {
    /// The whole narration.
    pub narration: Option<Completion>,
    /// The delta as the model wrote it.
    pub delta: Option<Completion>,
}

/// The result of one finished model call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completion {
    /// The text.
    pub text: String,
    /// The tokens that it used.
    pub usage: Usage,
    /// Whether the model had no token left before it was done, or the player stopped it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut_short: bool,
    /// Kept with a delta: the summary of the messages that leave the prompts after this turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Summarized>,
    /// Of a delta that no model has written: why not, in words that players may read. There is no text then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_up: Option<String>,
    /// Kept with a narration: the companions that it tells. A later attempt completes these and no others, whatever has come to the
    /// lane or left it since.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also_told: Vec<Companion>,
}

impl Completion {
    /// A delta that no model has written.
    #[must_use]
    pub fn given_up(why: impl Into<String>) -> Self {
        Self { given_up: Some(why.into()), ..Self::default() }
    }
}

/// Messages that no prompt shows any more, in a few words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summarized {
    /// How many of the oldest open messages it covers.
    pub messages: usize,
    /// The summary, which takes the place of the one before.
    pub text: String,
}

/// The effects of a turn.
#[derive(Debug, Clone, PartialEq)]
pub struct Commit {
    /// The game's version that the turn started from; the commit makes the next one.
    pub base_version: u64,
    /// The game after the turn.
    pub document: GameDocument,
    /// The messages that the turn appends to the history.
    pub turn: Vec<ChatMessage>,
    /// The record of the turn. The store counts the messages before it.
    pub record: StoredTurn,
    /// Whether the tries of the message before it can no longer be chosen: the player has gone on.
    pub ends_choice: bool,
    /// The result that the request's status shows from now on.
    pub result: TurnResult,
    /// The events of the turn.
    pub events: TurnEvents,
    /// The ends of the companions that were told in the turn, in order. One that has ended otherwise meanwhile stays as it is.
    pub companions: Vec<CompanionEvents>,
    /// Story events to queue, in order; their ids derive from the request's.
    pub story_events: Vec<NewRequest>,
    /// What the turn has used of the budgets of its request. It takes the place of what was reserved; if nobody knows, that counts.
    pub used: Option<Spending>,
}

/// The events of a committed turn, in the order in which the log gets them.
#[derive(Debug, Clone, PartialEq)]
pub struct TurnEvents {
    /// The new state of the game.
    pub state_updated: StateUpdated,
    /// The end of the request.
    pub completed: RequestCompleted,
}

/// The outcome of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    /// The effects are in the store, by this try of the step or an earlier one.
    Done,
    /// The game no longer has the version that the turn started from: nothing was written.
    VersionChanged,
}

/// The position at which the story events of a turn are queued.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StoryEventPlacement {
    /// In arrival order, at the tail of the lane.
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
