//! The queue in SQLite: lanes, leases and the fenced steps of a turn.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::{ChatChunk, GameId, LaneView, Problem, QueueView, RequestId, RequestRetrying, RequestStatus};

use super::rows::{self, REQUEST, corrupt, from_json, to_json, unavailable};
use super::step::{Ending, Step, signed, unsigned};
use super::{EmbeddedStore, StoreError, claim, games};
use crate::store::{
    Claims, Commit, Committed, Enqueued, LONGEST_DELAY, Lease, Narrated, NewRequest, Queue, Request,
    StoryEventPlacement, WorkerId,
};

#[async_trait]
impl Queue for EmbeddedStore {
    async fn enqueue(&self, request: &NewRequest, reject_if_busy: bool) -> Result<Enqueued, StoreError> {
        let request = request.clone();
        self.step(move |step| enqueue(step, &request, reject_if_busy)).await
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
        self.step(move |step| claim::claim(step, &worker, nonce, max)).await
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
        narrated: &Narrated,
    ) -> Result<(), StoreError> {
        let (lease, content, narrated) = (lease.clone(), last_chunk.to_owned(), to_json(narrated)?);
        self.step(move |step| {
            step.check(&lease)?;
            publish(step, &lease, number, content, true)?;
            step.execute("UPDATE requests SET narration = ?2 WHERE id = ?1", (lease.request.to_string(), narrated))?;
            Ok(())
        })
        .await
    }

    async fn checkpoint_delta(&self, lease: &Lease, narrated: &Narrated) -> Result<(), StoreError> {
        let (lease, narrated) = (lease.clone(), to_json(narrated)?);
        self.step(move |step| {
            step.check(&lease)?;
            step.execute("UPDATE requests SET delta = ?2 WHERE id = ?1", (lease.request.to_string(), narrated))?;
            Ok(())
        })
        .await
    }

    async fn commit(&self, lease: &Lease, commit: &Commit) -> Result<Committed, StoreError> {
        let (lease, commit) = (lease.clone(), commit.clone());
        self.step(move |step| self::commit(step, &lease, commit)).await
    }

    async fn retry(&self, lease: &Lease, delay: Duration, error: &str) -> Result<(), StoreError> {
        let lease = lease.clone();
        let problem: Problem = from_json("a problem", error)?;
        let due_in = i64::try_from(delay.min(LONGEST_DELAY).as_millis()).unwrap_or(i64::MAX);
        self.step(move |step| {
            if !put_back(step, &lease, Ending::Retry)? {
                return Ok(());
            }
            let due = step.now.saturating_add(due_in);
            step.execute(
                "UPDATE requests SET error = ?2, not_before = ?3 WHERE id = ?1",
                (lease.request.to_string(), to_json(&problem)?, due),
            )?;
            step.move_lane(lease.game, Some("delayed"), due)?;
            // Idle workers wait for the earliest back-off that they know of.
            step.wake = true;
            let event = RequestRetrying {
                request_id: lease.request,
                game_id: lease.game,
                attempt: lease.attempt,
                not_before: Timestamp::from_millisecond(due).map_err(|error| corrupt("a back-off", error))?,
                error: problem,
            };
            step.append(lease.game, &event.into())
        })
        .await
    }

    async fn hand_back(&self, lease: &Lease) -> Result<(), StoreError> {
        let lease = lease.clone();
        self.step(move |step| {
            if put_back(step, &lease, Ending::HandBack)? {
                step.execute("UPDATE requests SET attempt = attempt - 1 WHERE id = ?1", [lease.request.to_string()])?;
                step.make_ready(lease.game)?;
            }
            Ok(())
        })
        .await
    }

    async fn fail(&self, lease: &Lease, error: &str) -> Result<(), StoreError> {
        let lease = lease.clone();
        let problem: Problem = from_json("a problem", error)?;
        self.step(move |step| {
            if put_back(step, &lease, Ending::Fail)?
                && let Some(head) = step.head(lease.game)?
            {
                step.bury(lease.game, &head, &problem)?;
                step.make_ready(lease.game)?;
            }
            Ok(())
        })
        .await
    }

    async fn wait_for_work(&self) {
        self.work.notified().await;
    }

    async fn queue(&self) -> Result<QueueView, StoreError> {
        self.step(|step| {
            let count = |sql: &str| step.first(sql, [], |row| row.get(0).map(unsigned)).map(Option::unwrap_or_default);
            let oldest: Option<i64> = step.first(
                "SELECT enqueued_at FROM requests WHERE status = 'queued' ORDER BY seq LIMIT 1",
                [],
                |row| row.get(0),
            )?;
            Ok(QueueView {
                depth: count("SELECT count(*) FROM requests WHERE status = 'queued'")?,
                ready: count("SELECT count(*) FROM games WHERE lane_state = 'ready'")?,
                delayed: count("SELECT count(*) FROM games WHERE lane_state = 'delayed'")?,
                active: count("SELECT count(*) FROM games WHERE lane_state = 'active'")?,
                dead_letters: count("SELECT count(*) FROM dead_letters")?,
                oldest_age_ms: oldest.map_or(0, |at| unsigned(step.now - at)),
            })
        })
        .await
    }

    async fn lane(&self, game: GameId) -> Result<LaneView, StoreError> {
        self.step(move |step| {
            let requests = step.all(
                "SELECT id FROM requests WHERE game_id = ?1 AND status IN ('queued', 'processing') ORDER BY place",
                [game.to_string()],
                |row| {
                    let id: String = row.get(0).map_err(unavailable)?;
                    id.parse().map_err(|error| corrupt("a lane", error))
                },
            )?;
            let leased = step
                .first(
                    "SELECT 1 FROM games WHERE id = ?1 AND lane_state = 'active' AND lane_key > ?2",
                    (game.to_string(), step.now),
                    |_| Ok(()),
                )?
                .is_some();
            Ok(LaneView { game_id: game, requests, leased })
        })
        .await
    }
}

fn enqueue(step: &mut Step<'_>, request: &NewRequest, reject_if_busy: bool) -> Result<Enqueued, StoreError> {
    let known = step.first("SELECT position, cursor FROM requests WHERE id = ?1", [request.id.to_string()], |row| {
        Ok((unsigned(row.get(0)?), row.get::<_, String>(1)?))
    })?;
    if let Some((position, cursor)) = known {
        let cursor = cursor.parse().map_err(|error| corrupt("a request's cursor", error))?;
        return Ok(Enqueued::Accepted { position, cursor });
    }
    let Some(length) = step.lane_length(request.game)? else { return Ok(Enqueued::UnknownGame) };
    if reject_if_busy && length > 0 {
        return Ok(Enqueued::Busy);
    }
    let (seq, place) = (step.next_seq()?, step.tail_place(request.game)?);
    let cursor = step.admit(request, seq, place, length)?;
    if length == 0 {
        step.make_ready(request.game)?;
    }
    Ok(Enqueued::Accepted { position: unsigned(length), cursor })
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
    step.append(game_id, &ChatChunk { request_id, game_id, attempt, content, done }.into())
}

fn commit(step: &mut Step<'_>, lease: &Lease, commit: Commit) -> Result<Committed, StoreError> {
    if !step.holds(lease)? {
        let repeated = step.was_ended(lease, Ending::Commit)?;
        return if repeated { Ok(Committed::Done) } else { Err(StoreError::LeaseLost) };
    }
    let game = lease.game;
    if !games::write_document(step, game, commit.base_version, &to_json(&commit.document)?)? {
        return Ok(Committed::VersionChanged);
    }
    let turn = commit.turn.iter().map(to_json).collect::<Result<Vec<_>, _>>()?;
    games::append_history(step, game, &turn)?;
    let Some(head) = step.head(game)? else { return Err(corrupt("a lane", "its head is gone")) };
    step.execute(
        "UPDATE requests SET result = ?2, narration = NULL, delta = NULL, error = NULL WHERE id = ?1",
        (lease.request.to_string(), to_json(&commit.result)?),
    )?;
    step.end(lease, Ending::Commit)?;
    step.finish(game, lease.request, RequestStatus::Completed)?;
    step.append_data(game, Some(lease.request), "game.state_updated", commit.events.state_updated)?;
    step.append_data(game, Some(lease.request), "request.completed", commit.events.completed)?;

    let count = signed(commit.story_events.len() as u64);
    for (n, child) in (1..).zip(&commit.story_events) {
        let (seq, place, position) = match step.options.story_events {
            StoryEventPlacement::Tail => {
                (step.next_seq()?, step.tail_place(game)?, step.lane_length(game)?.unwrap_or_default())
            }
            // They take the finished request's place, in the lane and in the global order.
            StoryEventPlacement::Next => (head.seq, head.place - count + n, n - 1),
        };
        step.admit(child, seq, place, position)?;
    }
    step.make_ready(game)?;
    Ok(Committed::Done)
}

/// Ends an attempt without effect: its request stays at the head of its lane. Answers whether there is anything to do;
/// a repeat by the same lease finds that there is not.
fn put_back(step: &mut Step<'_>, lease: &Lease, ending: Ending) -> Result<bool, StoreError> {
    if !step.holds(lease)? {
        return if step.was_ended(lease, ending)? { Ok(false) } else { Err(StoreError::LeaseLost) };
    }
    if let Some(head) = step.head(lease.game)? {
        step.supersede(lease.game, &head)?;
    }
    step.execute("UPDATE requests SET status = 'queued' WHERE id = ?1", [lease.request.to_string()])?;
    step.end(lease, ending)?;
    Ok(true)
}
