//! The queue in Redis: lanes, leases and the fenced steps of a turn. The scripts say how; this file only calls them.

use std::collections::HashMap;
use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use protocol::{Attempt, ChatChunk, EventId, GameId, LaneView, Problem, ProblemType, QueueView, RequestId};
use redis::FromRedisValue;

use super::codec::{Fields, from_json, request_fields, to_json};
use super::listen::Wakeups;
use super::script::{self, Call, Script};
use super::{RedisStore, StoreError};
use crate::store::{
    Claim, Claims, Commit, Committed, Enqueued, LONGEST_DELAY, Lease, LeaseToken, Narrated, NewRequest, Queue, Request,
    StoryEventPlacement, WorkerId,
};

/// A claim as the script answers it: game, token, request fields, game fields, history.
type RawClaim = (String, String, HashMap<String, String>, HashMap<String, String>, Vec<String>);

/// Depth, ready, delayed and active games, dead letters, the oldest request, and the server's time.
type Figures = (u64, u64, u64, u64, u64, Vec<String>, (i64, i64));

#[async_trait]
impl Queue for RedisStore {
    async fn enqueue(&self, request: &NewRequest, reject_if_busy: bool) -> Result<Enqueued, StoreError> {
        let call = Call::new()
            .id(request.game)
            .id(request.id)
            .arg(u8::from(reject_if_busy))
            .arg(to_json(&request.queued_event())?)
            .arg(self.options.events_kept)
            .arg(request_fields(request));
        let reply: Vec<String> = self.connection.run(&script::ENQUEUE, &call).await?;
        match reply.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["accepted", position, cursor] => Ok(Enqueued::Accepted {
                position: from_json("a request's position", position)?,
                cursor: parse_cursor(cursor)?,
            }),
            ["unknown"] => Ok(Enqueued::UnknownGame),
            ["busy"] => Ok(Enqueued::Busy),
            _ => Err(surprising("enqueue", &reply)),
        }
    }

    async fn request(&self, id: RequestId) -> Result<Option<Request>, StoreError> {
        let key = self.key("chat-request-status", id);
        let fields: HashMap<String, String> = self.connection.query(redis::cmd("HGETALL").arg(&key)).await?;
        let Some(game) = fields.get("game_id") else { return Ok(None) };
        let lane = self.key("requests:game", game);
        let position = match fields.get("status").map(String::as_str) {
            Some("queued") => self.connection.query(redis::cmd("LPOS").arg(lane).arg(id.to_string())).await?,
            _ => None,
        };
        Fields::new(key, fields).request(id, position).map(Some)
    }

    async fn claim(&self, worker: &WorkerId, nonce: u64, max: usize) -> Result<Claims, StoreError> {
        let lost = Problem::new(
            ProblemType::AttemptsExhausted,
            format!("{} attempts were begun, and each worker died or stalled", self.options.max_attempts),
        );
        let call = Call::new()
            .arg(worker.as_str())
            .arg(nonce)
            .arg(max)
            .arg(millis(self.options.lease_ttl))
            .arg(self.options.max_attempts)
            .arg(self.options.history_window)
            .arg(self.options.events_kept)
            .arg(millis(self.options.status_ttl))
            .arg(to_json(&lost)?);
        let mut reply: Vec<redis::Value> = self.connection.run(&script::CLAIM, &call).await?;
        if reply.is_empty() {
            return Err(surprising("claim", &reply));
        }
        let due: i64 = read(reply.remove(0))?;
        let claims = reply.into_iter().map(|raw| claim(read(raw)?)).collect::<Result<_, _>>()?;
        Ok(Claims { claims, next_due: u64::try_from(due).ok().map(Duration::from_millis) })
    }

    async fn heartbeat(&self, leases: &[Lease]) -> Result<Vec<bool>, StoreError> {
        let mut call = Call::new().arg(millis(self.options.lease_ttl));
        for lease in leases {
            call = call.id(lease.game).arg(lease.token.as_str());
        }
        let held: Vec<u8> = self.connection.run(&script::HEARTBEAT, &call).await?;
        Ok(held.into_iter().map(|held| held == 1).collect())
    }

    async fn publish_chunk(&self, lease: &Lease, number: u64, content: &str) -> Result<(), StoreError> {
        let data = chunk_data(lease, content, false)?;
        let call = fenced(lease).arg(number).arg(data).arg(self.options.events_kept).arg("");
        self.fenced(&script::CHUNK, &call).await
    }

    async fn checkpoint_narration(
        &self,
        lease: &Lease,
        number: u64,
        last_chunk: &str,
        narrated: &Narrated,
    ) -> Result<(), StoreError> {
        let data = chunk_data(lease, last_chunk, true)?;
        let call = fenced(lease).arg(number).arg(data).arg(self.options.events_kept).arg(to_json(narrated)?);
        self.fenced(&script::CHUNK, &call).await
    }

    async fn checkpoint_delta(&self, lease: &Lease, narrated: &Narrated) -> Result<(), StoreError> {
        self.fenced(&script::CHECKPOINT, &fenced(lease).arg(to_json(narrated)?)).await
    }

    async fn commit(&self, lease: &Lease, commit: &Commit) -> Result<Committed, StoreError> {
        let placement = match self.options.story_events {
            StoryEventPlacement::Tail => "tail",
            StoryEventPlacement::Next => "next",
        };
        let mut call = fenced(lease)
            .arg(commit.base_version)
            .arg(to_json(&commit.document)?)
            .arg(to_json(&commit.result)?)
            .arg(&commit.events.state_updated)
            .arg(&commit.events.completed)
            .arg(millis(self.options.status_ttl))
            .arg(self.options.events_kept)
            .arg(placement)
            .arg(commit.turn.len());
        for message in &commit.turn {
            call = call.arg(to_json(message)?);
        }
        for child in &commit.story_events {
            let fields = request_fields(child);
            call = call.id(child.id).arg(to_json(&child.queued_event())?).arg(fields.len()).arg(fields);
        }
        match self.connection.run::<String>(&script::COMMIT, &call).await?.as_str() {
            "done" => Ok(Committed::Done),
            "version" => Ok(Committed::VersionChanged),
            "lost" => Err(StoreError::LeaseLost),
            other => Err(surprising("commit", &other)),
        }
    }

    async fn retry(&self, lease: &Lease, delay: Duration, error: &str) -> Result<(), StoreError> {
        let call = fenced(lease).arg(millis(delay.min(LONGEST_DELAY))).arg(error).arg(self.options.events_kept);
        self.fenced(&script::REQUEUE, &call).await
    }

    async fn hand_back(&self, lease: &Lease) -> Result<(), StoreError> {
        let call = fenced(lease).arg(0).arg("").arg(self.options.events_kept);
        self.fenced(&script::REQUEUE, &call).await
    }

    async fn fail(&self, lease: &Lease, error: &str) -> Result<(), StoreError> {
        let call = fenced(lease).arg(error).arg(millis(self.options.status_ttl)).arg(self.options.events_kept);
        self.fenced(&script::FAIL, &call).await
    }

    async fn wait_for_work(&self) {
        self.wakeups.get_or_init(|| Wakeups::start(&self.connection)).wait().await;
    }

    async fn queue(&self) -> Result<QueueView, StoreError> {
        let prefix = self.connection.prefix();
        let mut read = redis::pipe();
        read.zcard(format!("{prefix}requests"))
            .zcard(format!("{prefix}requests:ready"))
            .zcard(format!("{prefix}requests:delayed"))
            .zcard(format!("{prefix}requests:active"))
            .xlen(format!("{prefix}chat-requests-failed"))
            .zrange(format!("{prefix}requests"), 0, 0)
            .cmd("TIME");
        let (depth, ready, delayed, active, dead_letters, oldest, time): Figures =
            self.connection.query_all(&read).await?;
        let enqueued_at: Option<i64> = match oldest.first() {
            Some(id) => {
                let key = self.key("chat-request-status", id);
                self.connection.query(redis::cmd("HGET").arg(key).arg("enqueued_at")).await?
            }
            None => None,
        };
        let now = time.0 * 1000 + time.1 / 1000;
        let oldest_age_ms = enqueued_at.map_or(0, |at| u64::try_from(now - at).unwrap_or(0));
        Ok(QueueView { depth, ready, delayed, active, dead_letters, oldest_age_ms })
    }

    async fn lane(&self, game: GameId) -> Result<LaneView, StoreError> {
        let mut read = redis::pipe();
        read.lrange(self.key("requests:game", game), 0, -1).exists(self.key("game-lock", game));
        let (requests, leased): (Vec<String>, bool) = self.connection.query_all(&read).await?;
        let requests = requests
            .iter()
            .map(|id| id.parse().map_err(|error: protocol::IdError| surprising("a lane", &error)))
            .collect::<Result<_, _>>()?;
        Ok(LaneView { game_id: game, requests, leased })
    }
}

impl RedisStore {
    /// Runs a step that answers `ok`, or `lost` when the lease has passed.
    async fn fenced(&self, script: &Script, call: &Call) -> Result<(), StoreError> {
        match self.connection.run::<String>(script, call).await?.as_str() {
            "ok" => Ok(()),
            "lost" => Err(StoreError::LeaseLost),
            other => Err(surprising("a fenced step", &other)),
        }
    }
}

/// The arguments with which every fenced script begins.
fn fenced(lease: &Lease) -> Call {
    Call::new().id(lease.game).id(lease.request).arg(lease.token.as_str())
}

fn chunk_data(lease: &Lease, content: &str, done: bool) -> Result<String, StoreError> {
    to_json(&ChatChunk {
        request_id: lease.request,
        game_id: lease.game,
        attempt: lease.attempt,
        content: content.to_owned(),
        done,
    })
}

fn claim((game, token, request, state, history): RawClaim) -> Result<Claim, StoreError> {
    let corrupt = |error: protocol::IdError| surprising("a claim", &error);
    let game: GameId = game.parse().map_err(corrupt)?;
    let id: RequestId = request.get("request_id").map_or("", String::as_str).parse().map_err(corrupt)?;
    let request = Fields::new(format!("request {id}"), request).request(id, Some(0))?;
    let attempt = Attempt(request.attempt.0);
    Ok(Claim {
        lease: Lease { game, request: id, attempt, token: LeaseToken::new(token) },
        request,
        game: Fields::new(format!("game {game}"), state).game(game)?,
        history: history.iter().map(|text| from_json(format!("history of {game}"), text)).collect::<Result<_, _>>()?,
    })
}

fn parse_cursor(text: &str) -> Result<EventId, StoreError> {
    text.parse().map_err(|error: protocol::IdError| surprising("a cursor", &error))
}

fn read<T: FromRedisValue>(value: redis::Value) -> Result<T, StoreError> {
    T::from_redis_value(value).map_err(|error| surprising("a script's reply", &error))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A reply that no script of this version gives.
pub(super) fn surprising(what: &str, reply: &impl Debug) -> StoreError {
    StoreError::Corrupt { what: what.to_owned(), reason: format!("unexpected reply {reply:?}") }
}
