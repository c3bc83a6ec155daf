//! Dead letters as both backends keep them: where one stands among the others, and the record of its attempts.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use protocol::{Attempt, AttemptOutcome, AttemptView, DeadLetter, Problem};
use serde::{Deserialize, Serialize};

use super::Request;

/// A dead letter's place in the order in which they were made, written `milliseconds-number`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LetterId {
    /// When it was made, in milliseconds since 1970.
    pub ms: i64,
    /// Tells apart those that were made in the same millisecond.
    pub number: u64,
}

/// The text is not the place of a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not the `next` of a page of dead letters")]
pub struct NotALetterId;

impl fmt::Display for LetterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.ms, self.number)
    }
}

impl FromStr for LetterId {
    type Err = NotALetterId;

    fn from_str(text: &str) -> Result<Self, NotALetterId> {
        let (ms, number) = text.split_once('-').ok_or(NotALetterId)?;
        Ok(Self { ms: ms.parse().map_err(|_| NotALetterId)?, number: number.parse().map_err(|_| NotALetterId)? })
    }
}

/// An attempt as it is recorded when it ends without a commit. Times are in milliseconds since 1970.
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

/// A letter from its request, the record of its attempts, and what was noted when it was made.
pub(super) fn dead_letter(
    request: Request,
    record: &str,
    failed_at: Timestamp,
    state_version: u64,
) -> Result<DeadLetter, serde_json::Error> {
    Ok(DeadLetter {
        request_id: request.id,
        game_id: request.game,
        kind: request.kind,
        message: request.message,
        actor: request.actor,
        caused_by: request.caused_by,
        enqueued_at: request.enqueued_at,
        failed_at,
        error: request.error.ok_or_else(|| serde::de::Error::custom("its request has no error"))?,
        attempts: read_attempts(record)?,
        state_version,
        narration: request.checkpoints.narration.map(|narrated| narrated.text),
    })
}

/// Reads a record: one JSON object after the other, separated by commas, so that adding one needs no reading of the others.
fn read_attempts(record: &str) -> Result<Vec<AttemptView>, serde_json::Error> {
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
