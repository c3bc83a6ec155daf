//! A step in a transaction, and the operations that steps share. They mirror `lua/common.lua` and `lua/ends.lua` of the Redis
//! backend.

use std::time::Duration;

use protocol::{
    Attempt, AttemptOutcome, AttemptSuperseded, EventId, GameId, Problem, RequestCancelled, RequestId, RequestStatus,
    RequestType,
};
use rusqlite::{Connection, OptionalExtension, Params, Row};

use super::extras::Extras;
use super::row_keys::RowKeys;
use super::rows::{Columns, to_json, unavailable};
use super::values::corrupt;
use crate::contents::Contents;
use crate::dead_letter::RecordedAttempt;
use crate::{IdempotencyKey, Lease, LeaseToken, LogEvent, NewRequest, StoreError, StoreOptions};

/// The name under which paused games are ready: no provider is called so.
pub(super) const PAUSED: &str = "*paused";

/// A step in a transaction that it may share. It returns every error of SQLite at once: the transaction may be rolled back with
/// the error, and later writes would be half of a step.
pub(super) struct Step<'a> {
    pub(super) tx: &'a Connection,
    /// The time of the step, in ms since 1970.
    pub(super) now: i64,
    pub(super) epoch: u64,
    pub(super) options: &'a StoreOptions,
    /// The versions of content that were used lately.
    pub(super) contents: &'a Contents,
    pub(super) effects: Effects,
}

/// The notifications that a step causes once it is committed.
#[derive(Default)]
pub(super) struct Effects {
    pub(super) appended: Vec<(GameId, LogEvent)>,
    pub(super) deleted: Option<GameId>,
    /// Tokens of leases that were revoked.
    pub(super) revoked: Vec<LeaseToken>,
    /// Whether an idle worker may find work now.
    pub(super) wake: bool,
}

/// The steps that end an attempt.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ending {
    Commit,
    Retry,
    Release,
    Postpone,
    Pause,
    Fail,
}

impl Ending {
    /// The outcome in the record of the attempt. A commit is not recorded, because the request has a result then; nor is a pause,
    /// or a postponement, because the attempt is not counted, and there may be one for each probe of an outage.
    pub(super) const fn outcome(self) -> Option<AttemptOutcome> {
        match self {
            Self::Retry => Some(AttemptOutcome::Retried),
            Self::Release => Some(AttemptOutcome::Released),
            Self::Fail => Some(AttemptOutcome::Failed),
            Self::Pause | Self::Postpone | Self::Commit => None,
        }
    }

    /// The step and the token of its attempt, as the request stores them.
    fn by(self, lease: &Lease) -> String {
        let step = match self {
            Self::Commit => "commit",
            Self::Retry => "retry",
            Self::Release => "release",
            Self::Postpone => "postpone",
            Self::Pause => "pause",
            Self::Fail => "fail",
        };
        format!("{step} {}", lease.token.as_str())
    }
}

/// The head of a lane.
#[derive(Clone)]
pub(super) struct Head {
    pub(super) request: RequestId,
    pub(super) seq: i64,
    pub(super) rank: i64,
    pub(super) attempt: Attempt,
    pub(super) kind: RequestType,
    pub(super) user_message: String,
    pub(super) chunks: i64,
    pub(super) has_narration: bool,
    /// The worker of its latest attempt, and when that began.
    pub(super) worker: Option<String>,
    pub(super) started_at: Option<i64>,
}

impl Step<'_> {
    /// Runs a statement; returns how many rows it changed.
    pub(super) fn execute(&self, sql: &str, params: impl Params) -> Result<usize, StoreError> {
        self.tx.prepare_cached(sql).and_then(|mut statement| statement.execute(params)).map_err(unavailable)
    }

    /// The first row, if there is one.
    pub(super) fn first<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        self.tx
            .prepare_cached(sql)
            .and_then(|mut statement| statement.query_row(params, read).optional())
            .map_err(unavailable)
    }

    /// The keys of a game's rows; those of no row if there is no such game.
    pub(super) fn row_keys(&self, game: GameId) -> Result<RowKeys, StoreError> {
        let number = self.first("SELECT number FROM games WHERE id = ?1", [game.to_string()], |row| row.get(0))?;
        RowKeys::of_game(number.unwrap_or_default())
    }

    /// Every row.
    pub(super) fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut statement = self.tx.prepare_cached(sql).map_err(unavailable)?;
        let mut rows = statement.query(params).map_err(unavailable)?;
        let mut all = Vec::new();
        while let Some(row) = rows.next().map_err(unavailable)? {
            all.push(read(row)?);
        }
        Ok(all)
    }

    /// The head of a game's lane.
    pub(super) fn head(&self, game: GameId) -> Result<Option<Head>, StoreError> {
        let mut heads = self.all(
            "SELECT id, seq, place, attempt, type, user_message, chunks, narration IS NOT NULL AS has_narration, worker, \
             started_at FROM requests WHERE game_id = ?1 AND status IN ('queued', 'processing') ORDER BY place LIMIT 1",
            [game.to_string()],
            |row| {
                let row = Columns::new("the head of a lane", row);
                Ok(Head {
                    request: row.parse("id")?,
                    kind: row.parse("type")?,
                    seq: row.need("seq")?,
                    rank: row.need("place")?,
                    attempt: Attempt(row.number("attempt")?),
                    user_message: row.need("user_message")?,
                    chunks: row.need("chunks")?,
                    has_narration: row.need("has_narration")?,
                    worker: row.get("worker")?,
                    started_at: row.get("started_at")?,
                })
            },
        )?;
        Ok(heads.pop())
    }

    /// Makes a game claimable if it has a head request; its lease or back-off ends.
    pub(super) fn make_ready(&mut self, game: GameId) -> Result<(), StoreError> {
        let (state, key) = match self.head(game)? {
            Some(head) => {
                self.effects.wake = true;
                self.arrive(game, &head)?;
                (Some("ready"), self.order_key(game, &head)?)
            }
            None => (None, 0),
        };
        self.move_lane(game, state, key)
    }

    /// Ends the lease, if there is one, frees the slot of its provider, and moves the lane to another order. It waits for the game's
    /// own provider from then on, unless an operator has paused it.
    pub(super) fn move_lane(&self, game: GameId, state: Option<&str>, key: i64) -> Result<(), StoreError> {
        self.execute(
            "UPDATE games SET lane_state = ?2, lane_key = ?3, token = NULL, claimed_by = NULL, serves = NULL, \
             waits_for = iif(?2 IS 'ready' AND EXISTS (SELECT 1 FROM pauses WHERE scope = 'game:' || ?1), ?4, NULL) \
             WHERE id = ?1",
            (game.to_string(), state, key, PAUSED),
        )?;
        Ok(())
    }

    /// Fails unless the lease is the game's present one.
    pub(super) fn check(&self, lease: &Lease) -> Result<(), StoreError> {
        if self.holds(lease)? { Ok(()) } else { Err(StoreError::LeaseLost) }
    }

    /// Whether the lease is the game's present one.
    pub(super) fn holds(&self, lease: &Lease) -> Result<bool, StoreError> {
        let held = self.first(
            "SELECT 1 FROM games WHERE id = ?1 AND lane_state = 'active' AND token = ?2 AND lane_key > ?3",
            (lease.game.to_string(), lease.token.as_str(), self.now),
            |_| Ok(()),
        )?;
        Ok(held.is_some())
    }

    /// Records which step ended an attempt.
    pub(super) fn end(&self, lease: &Lease, ending: Ending) -> Result<(), StoreError> {
        self.execute("UPDATE requests SET ended_by = ?2 WHERE id = ?1", (lease.request.to_string(), ending.by(lease)))?;
        Ok(())
    }

    /// Whether this step has ended the attempt already, so that a repeat of it can return what it returned first.
    pub(super) fn was_ended(&self, lease: &Lease, ending: Ending) -> Result<bool, StoreError> {
        let ended = self.first(
            "SELECT 1 FROM requests WHERE id = ?1 AND ended_by = ?2",
            (lease.request.to_string(), ending.by(lease)),
            |_| Ok(()),
        )?;
        Ok(ended.is_some())
    }

    /// Ends an attempt without effects: its request stays at the head of its lane. Returns whether the caller has to continue; for
    /// a repeat by the same lease it has not.
    pub(super) fn end_attempt(
        &mut self,
        lease: &Lease,
        ending: Ending,
        error: Option<&Problem>,
    ) -> Result<bool, StoreError> {
        if !self.holds(lease)? {
            return if self.was_ended(lease, ending)? { Ok(false) } else { Err(StoreError::LeaseLost) };
        }
        if let Some(head) = self.head(lease.game)? {
            self.supersede(lease.game, &head)?;
            if let Some(outcome) = ending.outcome() {
                self.record(&head, outcome, error)?;
            }
        }
        self.execute("UPDATE requests SET status = 'queued' WHERE id = ?1", [lease.request.to_string()])?;
        self.end(lease, ending)?;
        Ok(true)
    }

    /// If the attempt has published text that no checkpoint holds, announces that this text is void.
    pub(super) fn supersede(&mut self, game: GameId, head: &Head) -> Result<(), StoreError> {
        if head.chunks > 0 && !head.has_narration {
            let event = AttemptSuperseded { request_id: head.request, game_id: game, attempt: head.attempt };
            self.append(game, &event.into())?;
        }
        self.execute("UPDATE requests SET chunks = 0 WHERE id = ?1", [head.request.to_string()])?;
        Ok(())
    }

    /// Appends an attempt that did not commit to its request's record.
    pub(super) fn record(
        &self,
        head: &Head,
        outcome: AttemptOutcome,
        error: Option<&Problem>,
    ) -> Result<(), StoreError> {
        let recorded = RecordedAttempt {
            attempt: head.attempt,
            worker: head.worker.clone().unwrap_or_default(),
            started_at: head.started_at.unwrap_or(self.now),
            ended_at: self.now,
            outcome,
            error: error.cloned(),
        };
        self.execute(
            "UPDATE requests SET attempts = ifnull(attempts || ',', '') || ?2 WHERE id = ?1",
            (head.request.to_string(), to_json(&recorded)?),
        )?;
        Ok(())
    }

    /// Cancels an unfinished request. If it is in processing, its worker is notified and its attempt can write nothing more.
    pub(super) fn cancel(&mut self, game: GameId, request: RequestId) -> Result<(), StoreError> {
        let head = self.head(game)?.filter(|head| head.request == request);
        if let Some(head) = &head {
            let token = self.first(
                "SELECT token FROM games WHERE id = ?1 AND lane_state = 'active' AND token IS NOT NULL",
                [game.to_string()],
                |row| row.get(0).map(LeaseToken::new),
            )?;
            if let Some(token) = token {
                self.supersede(game, head)?;
                self.record(head, AttemptOutcome::Cancelled, None)?;
                self.effects.revoked.push(token);
            }
        }
        self.finish(game, request, RequestStatus::Cancelled)?;
        self.expire(request)?;
        let cancelled = RequestCancelled { request_id: request, game_id: game, status: RequestStatus::Cancelled };
        self.append(game, &cancelled.into())?;
        if head.is_some() {
            self.make_ready(game)?;
        }
        Ok(())
    }

    /// Queues a request at a rank of its game's lane; returns the id before its `request.queued` event.
    pub(super) fn admit(
        &mut self,
        request: &NewRequest,
        key: Option<&IdempotencyKey>,
        seq: i64,
        rank: i64,
        position: i64,
    ) -> Result<EventId, StoreError> {
        let cursor = self.cursor(request.game)?;
        self.execute(
            "INSERT INTO requests (id, game_id, seq, place, type, message, actor, user_message, caused_by, position, \
             cursor, enqueued_at, key, fingerprint, alternatives) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
            (
                request.id.to_string(),
                request.game.to_string(),
                seq,
                rank,
                request.kind.as_str(),
                &request.message,
                &request.actor,
                &request.user_message,
                request.caused_by.map(|id| id.to_string()),
                position,
                cursor.to_string(),
                self.now,
                key.map(|key| &key.key),
                key.map(|key| &key.fingerprint),
                Extras::of(request).map(|extras| to_json(&extras)).transpose()?,
            ),
        )?;
        self.execute("UPDATE games SET lane_length = lane_length + 1 WHERE id = ?1", [request.game.to_string()])?;
        self.append(request.game, &request.queued_event().into())?;
        Ok(cursor)
    }

    /// The end of a lease that is made or renewed now.
    pub(super) fn lease_end(&self) -> i64 {
        self.now.saturating_add(i64::try_from(self.options.lease_ttl.as_millis()).unwrap_or(i64::MAX))
    }

    /// The next number in the order of arrival.
    pub(super) fn next_seq(&self) -> Result<i64, StoreError> {
        self.first(
            "INSERT INTO meta (name, value) VALUES ('sequence', '1') \
             ON CONFLICT (name) DO UPDATE SET value = CAST(value AS INTEGER) + 1 RETURNING CAST(value AS INTEGER)",
            [],
            |row| row.get(0),
        )?
        .ok_or_else(|| corrupt("the sequence", "it gave no number"))
    }

    /// How many unfinished requests a game has; none if there is no such game.
    pub(super) fn lane_length(&self, game: GameId) -> Result<Option<i64>, StoreError> {
        self.first("SELECT lane_length FROM games WHERE id = ?1", [game.to_string()], |row| row.get(0))
    }

    /// The rank behind a game's lane.
    pub(super) fn tail_rank(&self, game: GameId) -> Result<i64, StoreError> {
        let last: Option<Option<i64>> = self.first(
            "SELECT max(place) FROM requests WHERE game_id = ?1 AND status IN ('queued', 'processing')",
            [game.to_string()],
            |row| row.get(0),
        )?;
        Ok(last.flatten().unwrap_or(0) + 1)
    }

    /// Removes a request from its lane for good.
    pub(super) fn finish(&mut self, game: GameId, request: RequestId, status: RequestStatus) -> Result<(), StoreError> {
        self.give_back(game, request)?;
        self.execute(
            "UPDATE requests SET status = ?2, completed_at = ?3, not_before = NULL WHERE id = ?1",
            (request.to_string(), status.as_str(), self.now),
        )?;
        self.execute("UPDATE games SET lane_length = lane_length - 1 WHERE id = ?1", [game.to_string()])?;
        Ok(())
    }

    /// Lets the status of a finished request expire, and with it the idempotency key that it was accepted under.
    pub(super) fn expire(&self, request: RequestId) -> Result<(), StoreError> {
        let after = |ttl: Duration| self.now.saturating_add(i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX));
        self.execute(
            "UPDATE requests SET expires_at = iif(key IS NULL, ?2, max(?2, ?3)) WHERE id = ?1",
            (request.to_string(), after(self.options.status_ttl), after(self.options.key_ttl)),
        )?;
        Ok(())
    }
}
