//! The queue in SQLite: lanes, leases and the fenced steps of a turn.

use std::num::NonZeroU64;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::{
    Attempt, ChatChunk, GameId, LaneView, Lanes, QueueView, QueuedRequests, RequestId, RequestRetrying, RequestStatus,
};
use tokio::sync::broadcast;

use super::rows::{self, REQUEST, to_json};
use super::step::{Ending, Step};
use super::values::{corrupt, signed, unsigned};
use super::{EmbeddedStore, StoreError, accept, budgets, claim, document, lanes, pauses, stop, turns};
use crate::{
    Budget, Cancelled, Claims, Commit, CommitAndClaim, Committed, CompanionEvents, Completion, Enqueued, Failure,
    IdempotencyKey, LONGEST_DELAY, Lease, LeaseToken, NewRequest, Queue, QueuedCursor, Request, Reserved, Spending,
    Stopped, StoryEventPlacement, Terms, WorkerId,
};

#[async_trait]
impl Queue for EmbeddedStore {
    async fn enqueue(&self, request: &NewRequest, terms: &Terms) -> Result<Enqueued, StoreError> {
        let (request, terms) = (request.clone(), terms.clone());
        self.step(move |step| accept::enqueue(step, &request, &terms)).await
    }

    async fn find_key(&self, game: GameId, key: &IdempotencyKey) -> Result<Option<Enqueued>, StoreError> {
        let key = key.clone();
        self.step(move |step| accept::find_key(step, game, &key)).await
    }

    async fn cancel(&self, id: RequestId) -> Result<Cancelled, StoreError> {
        self.step(move |step| {
            let found = step.first(
                "SELECT status, game_id FROM requests WHERE id = ?1 AND ifnull(expires_at > ?2, TRUE)",
                (id.to_string(), step.now),
                |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)),
            )?;
            let Some((status, game)) = found else { return Ok(Cancelled::Unknown) };
            match status.parse().map_err(|error| corrupt("a status", error))? {
                RequestStatus::Cancelled => Ok(Cancelled::Done),
                RequestStatus::Queued | RequestStatus::Processing => {
                    step.cancel(rows::id(&game)?, id)?;
                    Ok(Cancelled::Done)
                }
                finished => Ok(Cancelled::Finished(finished)),
            }
        })
        .await
    }

    async fn stop(
        &self,
        id: RequestId,
        attempt: Attempt,
        narration: &Completion,
        end: &ChatChunk,
    ) -> Result<Stopped, StoreError> {
        let (narration, end) = (to_json(narration)?, end.clone());
        self.step(move |step| stop::stop(step, id, attempt, &narration, end)).await
    }

    async fn request(&self, id: RequestId) -> Result<Option<Request>, StoreError> {
        self.step(move |step| {
            let position = step.first(
                "SELECT (SELECT count(*) FROM requests AS ahead WHERE ahead.game_id = r.game_id \
                 AND ahead.status IN ('queued', 'processing') AND ahead.place < r.place) \
                 FROM requests AS r WHERE id = ?1 AND status = 'queued'",
                [id.to_string()],
                |row| row.get(0).map(unsigned),
            )?;
            let sql = format!("SELECT {REQUEST} FROM requests WHERE id = ?1 AND ifnull(expires_at > ?2, TRUE)");
            Ok(step.all(&sql, (id.to_string(), step.now), |row| rows::request(row, position))?.pop())
        })
        .await
    }

    async fn claim(&self, worker: &WorkerId, nonce: u64, max: usize) -> Result<Claims, StoreError> {
        let worker = worker.clone();
        self.workers.lock().entry(worker.to_string()).or_default();
        self.step(move |step| claim::claim(step, &worker, nonce, max)).await
    }

    async fn commit_and_claim(
        &self,
        lease: &Lease,
        commit: &Commit,
        worker: &WorkerId,
        nonce: u64,
        max: usize,
    ) -> CommitAndClaim {
        let (lease, commit, worker) = (lease.clone(), commit.clone(), worker.clone());
        let both = self.step(move |step| {
            let committed = match self::commit(step, &lease, commit) {
                // It has written nothing, and the slot is free nevertheless.
                Err(StoreError::LeaseLost) => Err(StoreError::LeaseLost),
                committed => Ok(committed?),
            };
            let claims = if max == 0 { Claims::default() } else { claim::claim(step, &worker, nonce, max)? };
            Ok((committed, claims))
        });
        match both.await {
            Ok((committed, claims)) => CommitAndClaim { committed, claims },
            Err(error) => CommitAndClaim { committed: Err(error), claims: Claims::default() },
        }
    }

    async fn heartbeat(&self, leases: &[Lease]) -> Result<Vec<bool>, StoreError> {
        let leases = leases.to_vec();
        self.step(move |step| {
            let until = step.lease_end();
            leases
                .iter()
                .map(|lease| {
                    let held = step.holds(lease)?;
                    if held {
                        step.execute("UPDATE games SET lane_key = ?2 WHERE id = ?1", (lease.game.to_string(), until))?;
                    }
                    Ok(held)
                })
                .collect()
        })
        .await
    }

    async fn publish_chunk(&self, lease: &Lease, number: u64, content: &str) -> Result<(), StoreError> {
        let (lease, content) = (lease.clone(), content.to_owned());
        self.step(move |step| {
            step.check(&lease)?;
            publish(step, &lease, number, content, false)
        })
        .await
    }

    async fn checkpoint_narration(
        &self,
        lease: &Lease,
        number: u64,
        last_chunk: &str,
        narration: &Completion,
    ) -> Result<(), StoreError> {
        let (lease, content, narration) = (lease.clone(), last_chunk.to_owned(), to_json(narration)?);
        self.step(move |step| {
            step.check(&lease)?;
            publish(step, &lease, number, content, true)?;
            step.execute("UPDATE requests SET narration = ?2 WHERE id = ?1", (lease.request.to_string(), narration))?;
            Ok(())
        })
        .await
    }

    async fn checkpoint_delta(&self, lease: &Lease, delta: &Completion) -> Result<(), StoreError> {
        let (lease, delta) = (lease.clone(), to_json(delta)?);
        self.step(move |step| {
            step.check(&lease)?;
            step.execute("UPDATE requests SET delta = ?2 WHERE id = ?1", (lease.request.to_string(), delta))?;
            Ok(())
        })
        .await
    }

    async fn reserve(&self, lease: &Lease, budgets: &[Budget], most: Spending) -> Result<Reserved, StoreError> {
        let (lease, budgets) = (lease.clone(), budgets.to_vec());
        self.step(move |step| budgets::reserve(step, &lease, &budgets, most)).await
    }

    async fn retry(&self, lease: &Lease, delay: Duration, failure: &Failure) -> Result<(), StoreError> {
        let (lease, failure) = (lease.clone(), failure.clone());
        let due_in = i64::try_from(delay.min(LONGEST_DELAY).as_millis()).unwrap_or(i64::MAX);
        self.step(move |step| {
            if !step.end_attempt(&lease, Ending::Retry, Some(&failure.for_operators))? {
                return Ok(());
            }
            let due = step.now.saturating_add(due_in);
            step.execute(
                "UPDATE requests SET error = ?2, not_before = ?3 WHERE id = ?1",
                (lease.request.to_string(), to_json(&failure.for_players)?, due),
            )?;
            step.take_start(lease.request)?;
            step.move_lane(lease.game, Some("delayed"), due)?;
            // Idle workers wait for the earliest back-off that they know of.
            step.effects.wake = true;
            let event = RequestRetrying {
                request_id: lease.request,
                game_id: lease.game,
                attempt: lease.attempt,
                not_before: Timestamp::from_millisecond(due).map_err(|error| corrupt("a back-off", error))?,
                error: failure.for_players,
            };
            step.append(lease.game, &event.into())
        })
        .await
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        let lease = lease.clone();
        self.step(move |step| {
            if step.end_attempt(&lease, Ending::Release, None)? {
                step.execute("UPDATE requests SET attempt = attempt - 1 WHERE id = ?1", [lease.request.to_string()])?;
                step.make_ready(lease.game)?;
            }
            Ok(())
        })
        .await
    }

    async fn postpone(&self, lease: &Lease, delay: Duration) -> Result<(), StoreError> {
        let lease = lease.clone();
        let due_in = i64::try_from(delay.min(LONGEST_DELAY).as_millis()).unwrap_or(i64::MAX).max(1);
        self.step(move |step| {
            if step.end_attempt(&lease, Ending::Postpone, None)? {
                let due = step.now.saturating_add(due_in);
                step.execute(
                    "UPDATE requests SET attempt = attempt - 1, not_before = ?2 WHERE id = ?1",
                    (lease.request.to_string(), due),
                )?;
                step.move_lane(lease.game, Some("delayed"), due)?;
                // Idle workers wait for the earliest back-off that they know of.
                step.effects.wake = true;
            }
            Ok(())
        })
        .await
    }

    async fn fail(&self, lease: &Lease, failure: &Failure) -> Result<(), StoreError> {
        let (lease, failure) = (lease.clone(), failure.clone());
        self.step(move |step| {
            if step.end_attempt(&lease, Ending::Fail, Some(&failure.for_operators))?
                && let Some(head) = step.head(lease.game)?
            {
                step.dead_letter(lease.game, &head, &failure.for_players)?;
                step.make_ready(lease.game)?;
            }
            Ok(())
        })
        .await
    }

    fn revocations(&self) -> broadcast::Receiver<LeaseToken> {
        self.revoked.subscribe()
    }

    async fn wait_for_work(&self) {
        self.work.notified().await;
    }

    async fn retire_worker(&self, worker: &WorkerId) {
        self.workers.lock().remove(worker.as_str());
        let gone = worker.clone();
        // If this fails, it goes with the process.
        let _ = self.step(move |step| pauses::forget_worker(step, &gone)).await;
        // The workers of this process share one notification: pass it on.
        self.work.notify_one();
    }

    async fn queue(&self) -> Result<QueueView, StoreError> {
        let workers = self.workers.lock().len() as u64;
        self.step(move |step| lanes::figures(step, workers)).await
    }

    async fn lane(&self, game: GameId) -> Result<LaneView, StoreError> {
        self.step(move |step| lanes::lane(step, game)).await
    }

    async fn lanes(&self, limit: usize) -> Result<Lanes, StoreError> {
        self.step(move |step| lanes::lanes(step, limit)).await
    }

    async fn queued(&self, after: Option<QueuedCursor>, limit: usize) -> Result<QueuedRequests, StoreError> {
        self.step(move |step| lanes::queued_page(step, after, limit)).await
    }

    async fn story_events(&self, game: GameId, limit: usize) -> Result<(u64, Vec<Request>), StoreError> {
        self.step(move |step| {
            let waiting = lanes::story_events(step, game)?;
            let depth = waiting.len() as u64;
            let shown = waiting.into_iter().take(limit).map(|(id, position)| lanes::queued(step, id, position));
            Ok((depth, shown.collect::<Result<_, _>>()?))
        })
        .await
    }

    async fn clear_story_events(&self, game: GameId) -> Result<u64, StoreError> {
        self.step(move |step| {
            let waiting = lanes::story_events(step, game)?;
            for (id, _) in &waiting {
                step.cancel(game, *id)?;
            }
            Ok(waiting.len() as u64)
        })
        .await
    }
}

fn publish(step: &mut Step<'_>, lease: &Lease, number: u64, content: String, done: bool) -> Result<(), StoreError> {
    let first = step.execute(
        "UPDATE requests SET chunks = ?2 WHERE id = ?1 AND chunks < ?2",
        (lease.request.to_string(), signed(number)),
    )?;
    if first == 0 {
        return Ok(());
    }
    let (request_id, game_id, attempt) = (lease.request, lease.game, lease.attempt);
    step.append(game_id, &ChatChunk { request_id, game_id, attempt, content, done, chunks: NonZeroU64::MIN }.into())
}

/// Ends a companion in the turn of another story event, unless it has ended otherwise meanwhile: then it was cancelled, or told by itself
/// while its head was a dead letter.
fn complete_companion(step: &mut Step<'_>, game: GameId, companion: CompanionEvents) -> Result<(), StoreError> {
    let CompanionEvents { processing, completed } = companion;
    let request = completed.request_id;
    let is_completed = step.execute(
        "UPDATE requests SET attempt = 1, started_at = ?2, result = ?3, error = NULL \
         WHERE id = ?1 AND status = 'queued' AND narration IS NULL",
        (request.to_string(), step.now, to_json(&completed.result)?),
    )?;
    if is_completed == 0 {
        return Ok(());
    }
    step.finish(game, request, RequestStatus::Completed)?;
    step.expire(request)?;
    step.append(game, &processing.into())?;
    step.append(game, &completed.into())
}

fn commit(step: &mut Step<'_>, lease: &Lease, commit: Commit) -> Result<Committed, StoreError> {
    if !step.holds(lease)? {
        let repeated = step.was_ended(lease, Ending::Commit)?;
        return if repeated { Ok(Committed::Done) } else { Err(StoreError::LeaseLost) };
    }
    let game = lease.game;
    if !document::write_document(step, game, commit.base_version, &commit.document)? {
        return Ok(Committed::VersionChanged);
    }
    let turn = commit.turn.iter().map(to_json).collect::<Result<Vec<_>, _>>()?;
    let messages_before = document::last_message(step, step.row_keys(game)?)?;
    document::append_history(step, game, &turn)?;
    turns::commit(step, game, messages_before, &commit.record)?;
    if commit.ends_choice {
        step.execute("DELETE FROM tries WHERE game_id = ?1", [game.to_string()])?;
    }
    let Some(head) = step.head(game)? else { return Err(corrupt("a lane", "its head is gone")) };
    step.execute(
        "UPDATE requests SET result = ?2, narration = NULL, delta = NULL, error = NULL WHERE id = ?1",
        (lease.request.to_string(), to_json(&commit.result)?),
    )?;
    step.end(lease, Ending::Commit)?;
    if let Some(used) = commit.used {
        budgets::settle(step, lease.request, used)?;
    }
    step.finish(game, lease.request, RequestStatus::Completed)?;
    step.expire(lease.request)?;
    step.append(game, &commit.events.state_updated.into())?;
    step.append(game, &commit.events.completed.into())?;
    for companion in commit.companions {
        complete_companion(step, game, companion)?;
    }

    let count = signed(commit.story_events.len() as u64);
    for (n, child) in (1..).zip(&commit.story_events) {
        let (seq, rank, position) = match step.options.story_events {
            StoryEventPlacement::Tail => {
                (step.next_seq()?, step.tail_rank(game)?, step.lane_length(game)?.unwrap_or_default())
            }
            // They take the finished request's rank, in the lane and in the global order.
            StoryEventPlacement::Next => (head.seq, head.rank - count + n, n - 1),
        };
        step.admit(child, None, seq, rank, position)?;
    }
    step.make_ready(game)?;
    Ok(Committed::Done)
}
