//! Dead letters in SQLite: a table of their own, which refers to the rows of their requests.

use std::num::NonZeroU64;

use async_trait::async_trait;
use protocol::{
    Attempt, ChatChunk, DeadLetter, DeadLetters, GameId, Problem, ProblemType, RequestFailed, RequestId, RequestQueued,
    RequestStatus,
};
use rusqlite::Row;

use super::accept::accepted;
use super::rows::{self, Columns, REQUEST, to_json};
use super::step::{Head, Step};
use super::values::{corrupt, signed};
use super::{EmbeddedStore, StoreError, totals};
use crate::dead_letter::{self, ItsGame};
use crate::{DeadLetterCursor, DeadLetterId, DeadLetterQueue, DeadLetterRetry};

#[async_trait]
impl DeadLetterQueue for EmbeddedStore {
    async fn dead_letters(&self, after: Option<DeadLetterCursor>, limit: usize) -> Result<DeadLetters, StoreError> {
        self.step(move |step| {
            let before = after.map_or(i64::MAX, |after| signed(after.id.number));
            let sql = format!("{} WHERE number < ?1 ORDER BY number DESC LIMIT ?2", query());
            // One more than is shown: it says whether there are more.
            let mut found = step.all(&sql, (before, signed(limit as u64 + 1)), read)?;
            let more = found.len() > limit;
            found.truncate(limit);
            let next = found.last().filter(|_| more).map(|(id, _)| id.to_string());
            Ok(DeadLetters { dead_letters: found.into_iter().map(|(_, letter)| letter).collect(), next })
        })
        .await
    }

    async fn dead_letter(&self, id: RequestId) -> Result<Option<DeadLetter>, StoreError> {
        self.step(move |step| {
            let sql = format!("{} WHERE request_id = ?1", query());
            Ok(step.all(&sql, [id.to_string()], read)?.pop().map(|(_, letter)| letter))
        })
        .await
    }

    async fn retry_dead_letter(&self, id: RequestId) -> Result<DeadLetterRetry, StoreError> {
        self.step(move |step| retry(step, id)).await
    }

    async fn delete_dead_letter(&self, id: RequestId) -> Result<bool, StoreError> {
        self.step(move |step| {
            let deleted = step.execute("DELETE FROM dead_letters WHERE request_id = ?1", [id.to_string()])?;
            if deleted == 1 {
                step.expire(id)?;
            }
            Ok(deleted == 1)
        })
        .await
    }
}

impl Step<'_> {
    /// Makes a request a dead letter, for a reason that players may read. Its row stays as long as the dead letter.
    pub(super) fn dead_letter(&mut self, game: GameId, head: &Head, problem: &Problem) -> Result<(), StoreError> {
        let id = head.request.to_string();
        self.execute("UPDATE requests SET error = ?2, revived = 0 WHERE id = ?1", (&id, to_json(problem)?))?;
        self.keep_owner(game, &id)?;
        self.finish(game, head.request, RequestStatus::Failed)?;
        totals::count(
            self,
            &format!("{}{}", totals::FAILED, problem.problem_type().unwrap_or(ProblemType::Internal).slug()),
        )?;
        self.execute(
            "INSERT INTO dead_letters (request_id, failed_at, state_version) \
             SELECT ?1, ?2, version FROM games WHERE id = ?3",
            (&id, self.now, game.to_string()),
        )?;
        let event = RequestFailed {
            request_id: head.request,
            game_id: game,
            kind: head.kind,
            status: RequestStatus::Failed,
            attempt: head.attempt,
            error: problem.clone(),
        };
        self.append(game, &event.into())
    }
}

impl Step<'_> {
    /// Keeps with a request whose its game is: who is erased once the game is gone has its dead letter as well.
    fn keep_owner(&self, game: GameId, id: &str) -> Result<(), StoreError> {
        let sql = "SELECT tenant, user, (SELECT alternatives FROM requests WHERE id = ?2) AS alternatives \
                   FROM owners WHERE game_id = ?1";
        let found = self.all(sql, (game.to_string(), id), |row| {
            let columns = Columns::new("an owner", row);
            Ok((rows::owner(&columns)?, rows::extras(&columns)?))
        })?;
        let Some((Some(owner), extras)) = found.into_iter().next() else { return Ok(()) };
        self.execute("UPDATE requests SET alternatives = ?2 WHERE id = ?1", (id, to_json(&extras.owned_by(owner))?))?;
        Ok(())
    }
}

/// The query of a dead letter, for [`read`].
fn query() -> String {
    format!(
        "SELECT {REQUEST}, attempts, number, failed_at, state_version, \
         (SELECT provider FROM games WHERE games.id = game_id) AS game_provider, \
         (SELECT version FROM games WHERE games.id = game_id) AS game_version, \
         (SELECT tenant FROM owners WHERE owners.game_id = requests.game_id) AS tenant, \
         (SELECT user FROM owners WHERE owners.game_id = requests.game_id) AS user \
         FROM dead_letters JOIN requests ON id = request_id"
    )
}

fn read(row: &Row<'_>) -> Result<(DeadLetterId, DeadLetter), StoreError> {
    let columns = Columns::new("a dead letter", row);
    let id = DeadLetterId { ms: columns.need("failed_at")?, number: columns.number("number")? };
    let failed_at = columns.time("failed_at")?.unwrap_or_default();
    let record: Option<String> = columns.get("attempts")?;
    let request = rows::request(row, None)?;
    let owner = rows::extras(&columns)?.owner.map_or_else(|| rows::owner(&columns), |owner| Ok(Some(owner)))?;
    let game = ItsGame {
        provider: columns.get("game_provider")?,
        // One that cannot be read is for the inspection to find.
        version: columns.get::<i64>("game_version").ok().flatten().and_then(|version| version.try_into().ok()),
        owner,
    };
    dead_letter::dead_letter(request, &record.unwrap_or_default(), failed_at, columns.number("state_version")?, game)
        .map(|letter| (id, letter))
        .map_err(|error| corrupt("a dead letter", error))
}

fn retry(step: &mut Step<'_>, id: RequestId) -> Result<DeadLetterRetry, StoreError> {
    let key = id.to_string();
    let sql = format!("SELECT {REQUEST} FROM requests JOIN dead_letters ON request_id = id WHERE id = ?1");
    let Some(request) = step.all(&sql, [&key], |row| rows::request(row, None))?.pop() else {
        let revived = step.first("SELECT 1 FROM requests WHERE id = ?1 AND revived", [&key], |_| Ok(()))?;
        let accepted = if revived.is_some() { accepted(step, id)? } else { None };
        return Ok(accepted.map_or(DeadLetterRetry::Unknown, DeadLetterRetry::Queued));
    };
    let Some(length) = step.lane_length(request.game)? else { return Ok(DeadLetterRetry::NoGame) };
    step.execute("DELETE FROM dead_letters WHERE request_id = ?1", [&key])?;
    let (seq, rank, cursor) = (step.next_seq()?, step.tail_rank(request.game)?, step.cursor(request.game)?);
    step.execute(
        "UPDATE requests SET status = 'queued', attempt = 0, seq = ?2, place = ?3, position = ?4, cursor = ?5, \
         enqueued_at = ?6, started_at = NULL, completed_at = NULL, ended_by = NULL, revived = 1, \
         first_cursor = ifnull(first_cursor, cursor) WHERE id = ?1",
        (&key, seq, rank, length, cursor.to_string(), step.now),
    )?;
    step.execute("UPDATE games SET lane_length = lane_length + 1 WHERE id = ?1", [request.game.to_string()])?;
    let queued = RequestQueued {
        request_id: id,
        game_id: request.game,
        kind: request.kind,
        status: RequestStatus::Queued,
        user_message: request.user_message,
        caused_by: request.caused_by,
    };
    step.append(request.game, &queued.into())?;
    if let Some(narration) = request.checkpoints.narration {
        // No attempt narrates a stored narration again: it is published as one chunk.
        let whole = ChatChunk {
            request_id: id,
            game_id: request.game,
            attempt: Attempt(0),
            content: narration.text,
            done: true,
            chunks: NonZeroU64::MIN,
        };
        step.append(request.game, &whole.into())?;
    }
    if length == 0 {
        step.make_ready(request.game)?;
    }
    let accepted = accepted(step, id)?.ok_or_else(|| corrupt("a dead letter", "its request is gone"))?;
    Ok(DeadLetterRetry::Queued(accepted))
}
