//! Tells a game's events as an engine would, or as a bad one would, for the tests of those who check them.

use std::num::NonZeroU64;
use std::time::Duration;

use protocol::{
    Attempt, AttemptSuperseded, ChatChunk, Event, GameId, Problem, ProblemType, RequestCancelled, RequestCompleted,
    RequestFailed, RequestId, RequestProcessing, RequestQueued, RequestStatus, RequestType, StateUpdated, TurnResult,
    Usage,
};

use super::{FindingKind, events};
use crate::watch::Journal;

/// One game's events, made one by one.
pub(crate) struct Story {
    pub(crate) journal: Journal,
    pub(crate) game: GameId,
    offset: u64,
}

impl Story {
    pub(crate) fn new() -> Self {
        Self { journal: Journal::default(), game: GameId::new(), offset: 0 }
    }

    pub(crate) fn publish(&mut self, event: impl Into<Event>) -> &mut Self {
        let event = event.into();
        self.offset += 1;
        self.journal.take(Duration::ZERO, event.name().as_str(), &event.data(), Some(&format!("1:{}", self.offset)));
        self
    }

    pub(crate) fn queued(&mut self, request_id: RequestId) -> &mut Self {
        self.says(request_id, "Ada: hm")
    }

    /// A player's message arrives.
    pub(crate) fn says(&mut self, request_id: RequestId, message: &str) -> &mut Self {
        let (game_id, user_message) = (self.game, message.to_owned());
        let (kind, status) = (RequestType::Chat, RequestStatus::Queued);
        self.publish(RequestQueued { request_id, game_id, kind, status, user_message, caused_by: None })
    }

    /// A story event arrives.
    pub(crate) fn follows(&mut self, request_id: RequestId, cause: RequestId, prompt: &str) -> &mut Self {
        let (game_id, user_message, caused_by) = (self.game, prompt.to_owned(), Some(cause));
        let (kind, status) = (RequestType::StoryEvent, RequestStatus::Queued);
        self.publish(RequestQueued { request_id, game_id, kind, status, user_message, caused_by })
    }

    pub(crate) fn processing(&mut self, request_id: RequestId, attempt: u32) -> &mut Self {
        let (game_id, user_message) = (self.game, "Ada: hm".to_owned());
        let (kind, status) = (RequestType::Chat, RequestStatus::Processing);
        self.publish(RequestProcessing { request_id, game_id, kind, status, attempt: Attempt(attempt), user_message })
    }

    pub(crate) fn chunk(&mut self, request_id: RequestId, attempt: u32, content: &str) -> &mut Self {
        let (game_id, content) = (self.game, content.to_owned());
        self.publish(ChatChunk {
            request_id,
            game_id,
            attempt: Attempt(attempt),
            content,
            done: false,
            chunks: NonZeroU64::MIN,
        })
    }

    pub(crate) fn superseded(&mut self, request_id: RequestId, attempt: u32) -> &mut Self {
        let game_id = self.game;
        self.publish(AttemptSuperseded { request_id, game_id, attempt: Attempt(attempt) })
    }

    pub(crate) fn done(&mut self, request_id: RequestId, attempt: u32) -> &mut Self {
        let (game_id, content) = (self.game, String::new());
        self.publish(ChatChunk {
            request_id,
            game_id,
            attempt: Attempt(attempt),
            content,
            done: true,
            chunks: NonZeroU64::MIN,
        })
    }

    pub(crate) fn updated(&mut self, request_id: RequestId, version: u64) -> &mut Self {
        let game_id = self.game;
        self.publish(StateUpdated {
            request_id: Some(request_id),
            game_id,
            version,
            turn: version,
            location: String::new(),
            scene: String::new(),
            is_ended: false,
            changes: Vec::new(),
        })
    }

    pub(crate) fn completed(&mut self, request_id: RequestId, attempt: u32, message: &str) -> &mut Self {
        let game_id = self.game;
        let result = TurnResult {
            message: message.to_owned(),
            turn: 1,
            version: 1,
            duration_ms: 1,
            rejections: Vec::new(),
            usage: Usage::default(),
            cut_short: false,
            told_with: None,
        };
        let (kind, status) = (RequestType::Chat, RequestStatus::Completed);
        self.publish(RequestCompleted { request_id, game_id, kind, status, attempt: Attempt(attempt), result })
    }

    /// A story event ends that was told in the turn of another one.
    pub(crate) fn told(&mut self, request_id: RequestId, head: RequestId, message: &str) -> &mut Self {
        let (game_id, message) = (self.game, message.to_owned());
        let result = TurnResult {
            message,
            turn: 1,
            version: 1,
            duration_ms: 1,
            rejections: Vec::new(),
            usage: Usage::default(),
            cut_short: false,
            told_with: Some(head),
        };
        let (kind, status) = (RequestType::StoryEvent, RequestStatus::Completed);
        self.publish(RequestCompleted { request_id, game_id, kind, status, attempt: Attempt(1), result })
    }

    pub(crate) fn failed(&mut self, request_id: RequestId, attempt: u32) -> &mut Self {
        let (kind, status, game_id) = (RequestType::Chat, RequestStatus::Failed, self.game);
        let error = Problem::new(ProblemType::ModelFailed, "no");
        self.publish(RequestFailed { request_id, game_id, kind, status, attempt: Attempt(attempt), error })
    }

    pub(crate) fn cancelled(&mut self, request_id: RequestId) -> &mut Self {
        let (status, game_id) = (RequestStatus::Cancelled, self.game);
        self.publish(RequestCancelled { request_id, game_id, status })
    }

    /// Everything that is wrong with the story.
    pub(crate) fn wrong(&self) -> Vec<String> {
        events(&self.journal, true).iter().map(ToString::to_string).collect()
    }

    /// Which promises the story breaks.
    pub(crate) fn kinds(&self) -> Vec<FindingKind> {
        events(&self.journal, true).iter().map(|finding| finding.kind).collect()
    }
}
