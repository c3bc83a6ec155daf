//! Dead letters as both backends keep them: their ids, and the record of their attempts.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use protocol::{Attempt, AttemptOutcome, AttemptView, DeadLetter, Problem, RequestId};
use serde::{Deserialize, Serialize};

use super::{Owner, Request};

/// The id of a dead letter, written `milliseconds-number`. Ids sort by the time at which the dead letters were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeadLetterId {
    /// The time at which it was made, in ms since 1970.
    pub ms: i64,
    /// Distinguishes dead letters that were made in the same millisecond.
    pub number: u64,
}

/// Where a page of dead letters ends, written `milliseconds-number` or `milliseconds-number-request`.
///
/// Two shards may each have made a dead letter with one id, so an id alone may stand between the two: the next page would leave one out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeadLetterCursor {
    pub(super) id: DeadLetterId,
    /// Of the dead letters with this id, the page had this one and those of later requests. Without it, it had all of them.
    pub(super) request: Option<RequestId>,
}

/// The text is not the id of a dead letter, nor where a page ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not the `next` of a page of dead letters")]
pub struct DeadLetterIdError;

impl DeadLetterCursor {
    /// Whether the page had the dead letter, or an earlier page.
    pub(super) fn had(&self, id: DeadLetterId, request: RequestId) -> bool {
        id > self.id || (id == self.id && self.request.is_none_or(|last| request >= last))
    }
}

impl fmt::Display for DeadLetterCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.id)?;
        self.request.map_or(Ok(()), |request| write!(f, "-{request}"))
    }
}

impl FromStr for DeadLetterCursor {
    type Err = DeadLetterIdError;

    fn from_str(text: &str) -> Result<Self, DeadLetterIdError> {
        // A request's id has hyphens of its own.
        let mut parts = text.splitn(3, '-');
        let (Some(ms), Some(number), request) = (parts.next(), parts.next(), parts.next()) else {
            return Err(DeadLetterIdError);
        };
        let request = request.map(|request| request.parse().map_err(|_| DeadLetterIdError)).transpose()?;
        Ok(Self { id: format!("{ms}-{number}").parse()?, request })
    }
}

impl fmt::Display for DeadLetterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.ms, self.number)
    }
}

impl FromStr for DeadLetterId {
    type Err = DeadLetterIdError;

    fn from_str(text: &str) -> Result<Self, DeadLetterIdError> {
        let (ms, number) = text.split_once('-').ok_or(DeadLetterIdError)?;
        Ok(Self {
            ms: ms.parse().map_err(|_| DeadLetterIdError)?,
            number: number.parse().map_err(|_| DeadLetterIdError)?,
        })
    }
}

/// The record of an attempt that ended without a commit. Times are in ms since 1970.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct RecordedAttempt {
    pub(super) attempt: Attempt,
    pub(super) worker: String,
    pub(super) started_at: i64,
    pub(super) ended_at: i64,
    pub(super) outcome: AttemptOutcome,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<Problem>,
}

/// What is known of the game of a dead letter, which may be deleted. Whose it was is kept with the dead letter.
#[derive(Debug, Default)]
pub(super) struct ItsGame {
    pub(super) provider: Option<String>,
    pub(super) version: Option<u64>,
    pub(super) owner: Option<Owner>,
}

/// Builds a dead letter from its request, the record of its attempts, and the two values that are stored with it.
pub(super) fn dead_letter(
    request: Request,
    record: &str,
    failed_at: Timestamp,
    state_version: u64,
    game: ItsGame,
) -> Result<DeadLetter, serde_json::Error> {
    let attempts = read_attempts(record)?;
    // What players may read is kept with the request; what its last attempt has met in full, with that.
    let in_full = attempts.last().filter(|attempt| attempt.outcome == AttemptOutcome::Failed);
    let error = in_full.and_then(|attempt| attempt.error.clone()).or(request.error);
    Ok(DeadLetter {
        request_id: request.id,
        game_id: request.game,
        provider: game.provider,
        tenant: game.owner.as_ref().map(|owner| owner.tenant.clone()),
        user: game.owner.and_then(|owner| owner.user),
        kind: request.kind,
        message: request.message,
        actor: request.actor,
        caused_by: request.caused_by,
        enqueued_at: request.enqueued_at,
        failed_at,
        error: error.ok_or_else(|| serde::de::Error::custom("its request has no error"))?,
        attempts,
        state_version,
        game_version: game.version,
        narration: request.checkpoints.narration.map(|completion| completion.text),
    })
}

/// Reads a record of attempts: JSON objects separated by commas, so that a store can append one without reading the others.
pub(super) fn read_attempts(record: &str) -> Result<Vec<AttemptView>, serde_json::Error> {
    let recorded: Vec<RecordedAttempt> = serde_json::from_str(&format!("[{record}]"))?;
    let time = |ms| Timestamp::from_millisecond(ms).map_err(serde::de::Error::custom);
    recorded
        .into_iter()
        .map(|recorded| {
            Ok(AttemptView {
                attempt: recorded.attempt,
                worker: recorded.worker,
                started_at: time(recorded.started_at)?,
                ended_at: time(recorded.ended_at)?,
                outcome: recorded.outcome,
                error: recorded.error,
            })
        })
        .collect()
}
