//! Story events that are told in one turn: the head of a lane, and its companions behind it.

use protocol::{
    Attempt, RequestCompleted, RequestId, RequestProcessing, RequestStatus, RequestType, TurnResult, Usage,
};
use serde::{Deserialize, Serialize};

use super::Lease;

/// The most story events that one turn tells, the head included ([`super::StoreOptions::story_event_batch`]).
pub const MOST_IN_A_TURN: usize = 16;

/// A story event that is told in the turn of the head before it. It stays queued until that turn is committed: only the lease of
/// the head protects it, and that is enough, because nobody else can claim anything of the game. So an attempt that ends
/// in another way has nothing to undo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Companion {
    /// Its request.
    pub request_id: RequestId,
    /// What it wants told. Kept here as well, because its request may be cancelled while it is told.
    pub prompt: String,
}

/// The events of a companion whose turn is committed, in the order in which the log gets them. Its result is that of `completed`.
#[derive(Debug, Clone, PartialEq)]
pub struct CompanionEvents {
    /// The beginning. It is told from here on, as far as its readers can see.
    pub processing: RequestProcessing,
    /// The end.
    pub completed: RequestCompleted,
}

impl Companion {
    /// How it ends with the turn of a lease, which has come to `result`. The narration, the tokens and the rejections stand in that one alone:
    /// in several results they would be shown and counted several times.
    #[must_use]
    pub fn told_with(&self, lease: &Lease, result: &TurnResult) -> CompanionEvents {
        let (request_id, game_id, kind, attempt) = (self.request_id, lease.game, RequestType::StoryEvent, Attempt(1));
        let result = TurnResult {
            message: String::new(),
            rejections: Vec::new(),
            usage: Usage::default(),
            cut_short: false,
            told_with: Some(lease.request),
            ..*result
        };
        let (status, user_message) = (RequestStatus::Processing, self.prompt.clone());
        CompanionEvents {
            processing: RequestProcessing { request_id, game_id, kind, status, attempt, user_message },
            completed: RequestCompleted {
                request_id,
                game_id,
                kind,
                status: RequestStatus::Completed,
                attempt,
                result,
            },
        }
    }
}
