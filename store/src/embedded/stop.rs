//! Ends narrations that players stop, in SQLite.

use protocol::{Attempt, ChatChunk, RequestId, RequestStatus};

use super::StoreError;
use super::rows::{self};
use super::step::Step;
use super::values::corrupt;
use crate::{LeaseToken, Stopped};

/// Ends a running narration. It mirrors `lua/stop.lua`.
pub(super) fn stop(
    step: &mut Step<'_>,
    id: RequestId,
    attempt: Attempt,
    narration: &str,
    end: ChatChunk,
) -> Result<Stopped, StoreError> {
    let key = id.to_string();
    let found = step.first(
        "SELECT game_id, status, attempt, narration IS NOT NULL FROM requests \
         WHERE id = ?1 AND ifnull(expires_at > ?2, TRUE)",
        (&key, step.now),
        |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, u32>(2)?, row.get::<_, bool>(3)?)),
    )?;
    let Some((game, status, written_by, is_whole)) = found else { return Ok(Stopped::Unknown) };
    let game = rows::id(&game)?;
    match status.parse().map_err(|error| corrupt("a status", error))? {
        RequestStatus::Queued | RequestStatus::Processing if is_whole => return Ok(Stopped::Done),
        RequestStatus::Processing if written_by == attempt.0 => {}
        RequestStatus::Queued | RequestStatus::Processing => return Ok(Stopped::Changed),
        finished => return Ok(Stopped::Finished(finished)),
    }
    step.execute(
        "UPDATE requests SET narration = ?2, status = 'queued', attempt = attempt - 1 WHERE id = ?1",
        (&key, narration),
    )?;
    step.append(game, &end.into())?;
    let token =
        step.first("SELECT token FROM games WHERE id = ?1 AND token IS NOT NULL", [game.to_string()], |row| {
            row.get(0).map(LeaseToken::new)
        })?;
    step.effects.revoked.extend(token);
    step.make_ready(game)?;
    Ok(Stopped::Done)
}
