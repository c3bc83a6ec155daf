//! The queue in Redis: lanes, leases and the fenced steps of a turn. The scripts say how; this file only calls them.

use std::collections::HashMap;
use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use protocol::{ChatChunk, GameId, IfBusy, LaneView, Lanes, Problem, ProblemType, QueueView, RequestId};
use tokio::sync::broadcast;

use super::codec::{Fields, from_json, request_fields, to_json};
use super::connection::refused_part;
use super::leased::{Leased, Reply};
use super::listen::Wakeups;
use super::revoked::Revocations;
use super::script::{self, Call, Script, millis};
use super::turnover::Answer;
use super::{RedisStore, StoreError, lanes};
use crate::store::{
    Accepted, Cancelled, Claims, Commit, Committed, Enqueued, IdempotencyKey, LONGEST_DELAY, Lease, LeaseToken,
    Narrated, NewRequest, Queue, Request, StoreOptions, StoryEventPlacement, Terms, Turnover, WorkerId, unreadable,
};

/// How long a worker that stops waits for a server that does not answer.
const PARTING: Duration = Duration::from_secs(1);

#[async_trait]
impl Queue for RedisStore {
    async fn enqueue(&self, request: &NewRequest, terms: &Terms) -> Result<Enqueued, StoreError> {
        let if_busy = match terms.if_busy {
            IfBusy::Enqueue => "enqueue",
            IfBusy::Reject => "reject",
            IfBusy::Interrupt => "interrupt",
        };
        let (key, fingerprint) =
            terms.key.as_ref().map_or(("", ""), |key| (key.key.as_str(), key.fingerprint.as_str()));
        let call = Call::new()
            .id(request.game)
            .id(request.id)
            .arg(if_busy)
            .json(&request.queued_event())?
            .arg(self.options.limits.queued)
            .arg(self.options.limits.lane)
            .arg(key)
            .arg(fingerprint)
            .arg(&request_fields(request)?);
        let script = match terms.if_busy {
            IfBusy::Interrupt => &script::ENQUEUE_AND_INTERRUPT,
            IfBusy::Enqueue | IfBusy::Reject => &script::ENQUEUE,
        };
        let reply: Vec<String> = self.shard(request.game).run(script, &call).await?;
        match reply.first().map(String::as_str) {
            Some("accepted") => accepted(&reply).map(Enqueued::Accepted),
            Some("unknown") => Ok(Enqueued::UnknownGame),
            Some("busy") => Ok(Enqueued::Busy),
            Some("reused") => Ok(Enqueued::KeyReused),
            Some("lane_full") => Ok(Enqueued::LaneFull),
            Some("queue_full") => Ok(Enqueued::QueueFull),
            _ => Err(surprising("enqueue", &reply)),
        }
    }

    async fn find_key(&self, game: GameId, key: &IdempotencyKey) -> Result<Option<Enqueued>, StoreError> {
        let call = Call::new().arg(&key.key).arg(&key.fingerprint);
        let reply: Vec<String> = self.shard(game).run(&script::FIND_KEY, &call).await?;
        match reply.first().map(String::as_str) {
            Some("accepted") => accepted(&reply).map(|accepted| Some(Enqueued::Accepted(accepted))),
            Some("reused") => Ok(Some(Enqueued::KeyReused)),
            Some("unknown") => Ok(None),
            _ => Err(surprising("find_key", &reply)),
        }
    }

    async fn cancel(&self, id: RequestId) -> Result<Cancelled, StoreError> {
        let reply: Vec<String> = self.shard_of(id).run(&script::CANCEL, &Call::new().id(id)).await?;
        match reply.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["done"] => Ok(Cancelled::Done),
            ["unknown"] => Ok(Cancelled::Unknown),
            ["finished", status] => {
                status.parse().map(Cancelled::Finished).map_err(|error| surprising("cancel", &error))
            }
            _ => Err(surprising("cancel", &reply)),
        }
    }

    async fn request(&self, id: RequestId) -> Result<Option<Request>, StoreError> {
        let shard = self.shard_of(id);
        let key = shard.key("chat-request-status", id);
        let fields: HashMap<String, String> = shard.query(redis::cmd("HGETALL").arg(&key)).await?;
        let Some(game) = fields.get("game_id") else { return Ok(None) };
        let lane = shard.key("requests:game", game);
        let position = match fields.get("status").map(String::as_str) {
            Some("queued") => shard.query(redis::cmd("ZRANK").arg(lane).arg(id.to_string())).await?,
            _ => None,
        };
        Fields::new(key, fields).request(id, position).map(Some)
    }

    async fn claim(&self, worker: &WorkerId, nonce: u64, max: usize) -> Result<Claims, StoreError> {
        let count = self.shards.len();
        let mut all = Claims::default();
        let mut failed = None;
        // Each claim begins with another shard, so that none has to wait until others have no more work; a repeat begins with
        // the same one, where it may have leased something.
        let first = usize::try_from(nonce % count as u64).unwrap_or(0);
        for shard in (0..count).map(|n| &self.shards[(first + n) % count]) {
            let free = max - all.claims.len();
            if free == 0 {
                break;
            }
            let call = terms_of_claims(&self.options, self.in_cluster)?
                .arg(worker.as_str())
                .arg(nonce)
                .arg(free)
                .arg(millis(self.options.alive()));
            let claims = async {
                let (mut reply, due) = Reply::begin(shard.run(&script::CLAIM, &call).await?)?;
                self.claims(due, reply.claims()?).await
            };
            let claims = match claims.await {
                Ok(claims) => claims,
                // Work of the others does not wait until this shard is back.
                Err(error) => {
                    failed = Some(error);
                    continue;
                }
            };
            all.next_due = all.next_due.into_iter().chain(claims.next_due).min();
            all.claims.extend(claims.claims);
        }
        match failed {
            Some(error) if all.claims.is_empty() => Err(error),
            _ => Ok(all),
        }
    }

    async fn commit_and_claim(
        &self,
        lease: &Lease,
        commit: &Commit,
        worker: &WorkerId,
        nonce: u64,
        max: usize,
    ) -> Turnover {
        if self.shards.len() == 1 {
            return self.turn_over(lease, commit, Some((worker, nonce, max))).await;
        }
        // The next request may be another shard's: whoever stayed with this one would let the others wait.
        let committed = self.commit(lease, commit).await;
        let claims = match &committed {
            Err(StoreError::Unavailable { .. }) => Claims::default(),
            _ => self.claim(worker, nonce, max).await.unwrap_or_default(),
        };
        Turnover { committed, claims }
    }

    async fn heartbeat(&self, leases: &[Lease]) -> Result<Vec<bool>, StoreError> {
        let mut held = vec![false; leases.len()];
        for (number, shard) in self.shards.iter().enumerate() {
            let ours = |lease: &&(usize, &Lease)| lease.1.game.shard(self.shards.len()) == number;
            let leases: Vec<(usize, &Lease)> = leases.iter().enumerate().filter(|lease| ours(&lease)).collect();
            if leases.is_empty() {
                continue;
            }
            let call = leases.iter().fold(Call::new().arg(millis(self.options.lease_ttl)), |call, (_, lease)| {
                call.id(lease.game).arg(lease.token.as_str())
            });
            let answers: Vec<u8> = shard.run(&script::HEARTBEAT, &call).await?;
            for ((at, _), answer) in leases.into_iter().zip(answers) {
                held[at] = answer == 1;
            }
        }
        Ok(held)
    }

    async fn publish_chunk(&self, lease: &Lease, number: u64, content: &str) -> Result<(), StoreError> {
        let data = chunk_data(lease, content, false)?;
        let call = fenced(lease).arg(number).arg(data).arg("");
        self.fenced(lease, &script::CHUNK, &call).await
    }

    async fn checkpoint_narration(
        &self,
        lease: &Lease,
        number: u64,
        last_chunk: &str,
        narrated: &Narrated,
    ) -> Result<(), StoreError> {
        let data = chunk_data(lease, last_chunk, true)?;
        let call = fenced(lease).arg(number).arg(data).json(narrated)?;
        self.fenced(lease, &script::CHUNK, &call).await
    }

    async fn checkpoint_delta(&self, lease: &Lease, narrated: &Narrated) -> Result<(), StoreError> {
        self.fenced(lease, &script::CHECKPOINT, &fenced(lease).json(narrated)?).await
    }

    async fn commit(&self, lease: &Lease, commit: &Commit) -> Result<Committed, StoreError> {
        self.turn_over(lease, commit, None).await.committed
    }

    async fn retry(&self, lease: &Lease, delay: Duration, error: &str) -> Result<(), StoreError> {
        let call = fenced(lease).arg(millis(delay.min(LONGEST_DELAY))).arg(error);
        self.fenced(lease, &script::REQUEUE, &call).await
    }

    async fn hand_back(&self, lease: &Lease) -> Result<(), StoreError> {
        self.fenced(lease, &script::REQUEUE, &fenced(lease).arg(0).arg("")).await
    }

    async fn fail(&self, lease: &Lease, error: &str) -> Result<(), StoreError> {
        self.fenced(lease, &script::FAIL, &fenced(lease).arg(error)).await
    }

    fn revocations(&self) -> broadcast::Receiver<LeaseToken> {
        self.revocations.get_or_init(|| Revocations::start(&self.shards)).subscribe()
    }

    async fn wait_for_work(&self) {
        self.wakeups.get_or_init(|| Wakeups::start(&self.shards)).wait().await;
    }

    async fn stop_waiting(&self, worker: &WorkerId) {
        let parting = async {
            if let Some(wakeups) = self.wakeups.get() {
                wakeups.end().await;
            }
            for shard in &self.shards {
                let mut forget = redis::cmd("ZREM");
                forget.arg(format!("{}workers", shard.prefix())).arg(worker.as_str());
                // It is forgotten some lease TTLs later then.
                let _ = shard.query::<()>(&forget).await;
            }
        };
        // A server that does not answer has nobody to wake.
        let _ = tokio::time::timeout(PARTING, parting).await;
    }

    async fn queue(&self) -> Result<QueueView, StoreError> {
        let mut all =
            QueueView { depth: 0, ready: 0, delayed: 0, active: 0, dead_letters: 0, oldest_age_ms: 0, workers: 0 };
        for shard in &self.shards {
            let view = lanes::figures(shard, self.options.alive()).await?;
            all.depth += view.depth;
            all.ready += view.ready;
            all.delayed += view.delayed;
            all.active += view.active;
            all.dead_letters += view.dead_letters;
            all.oldest_age_ms = all.oldest_age_ms.max(view.oldest_age_ms);
            // A worker visits one shard after the other, each first in its turn: it is seen at most of them.
            all.workers = all.workers.max(view.workers);
        }
        Ok(all)
    }

    async fn lane(&self, game: GameId) -> Result<LaneView, StoreError> {
        lanes::lane(self.shard(game), game).await
    }

    async fn lanes(&self, limit: usize) -> Result<Lanes, StoreError> {
        lanes::lanes(&self.shards, limit).await
    }

    async fn story_events(&self, game: GameId, limit: usize) -> Result<(u64, Vec<Request>), StoreError> {
        lanes::story_events(self.shard(game), game, limit, false).await
    }

    async fn clear_story_events(&self, game: GameId) -> Result<u64, StoreError> {
        Ok(lanes::story_events(self.shard(game), game, 0, true).await?.0)
    }
}

impl RedisStore {
    /// Ends a turn, together with others that end at the same time, and claims for its slot if that is to be filled.
    async fn turn_over(&self, lease: &Lease, commit: &Commit, slot: Option<(&WorkerId, u64, usize)>) -> Turnover {
        let failed = |error| Turnover { committed: Err(error), claims: Claims::default() };
        let claim = match slot {
            Some((worker, nonce, max)) => Call::new().arg(worker.as_str()).arg(nonce).arg(max),
            None => Call::new().arg("").arg("").arg(0),
        };
        let turn = match commit_call(lease, commit) {
            Ok(commit) => claim.part(&commit),
            Err(error) => return failed(error),
        };
        let Answer { due, outcome, claims } = match self.turnovers(lease.game).end(turn, slot.is_some()).await {
            Ok(answer) => answer,
            Err(error) => return failed(error),
        };
        let committed = match outcome.as_str() {
            "done" => Ok(Committed::Done),
            "version" => Ok(Committed::VersionChanged),
            "lost" => Err(StoreError::LeaseLost),
            other => match other.strip_prefix("error ") {
                Some(refusal) => Err(refused_part(refusal)),
                None => Err(surprising("commit", &other)),
            },
        };
        Turnover { committed, claims: self.claims(due, claims).await.unwrap_or_default() }
    }

    /// Reads what has been leased. What cannot be read would stop all others: it is given up.
    async fn claims(&self, next_due: Option<Duration>, leased: Vec<Leased>) -> Result<Claims, StoreError> {
        let mut claims = Claims { next_due, ..Claims::default() };
        for leased in leased {
            let (lease, claim) = match leased.read() {
                Ok(read) => read,
                // It cannot even be given up: its lease runs out, and at last its attempts.
                Err(error) => {
                    tracing::error!(%error, "a lease is unreadable");
                    continue;
                }
            };
            match claim {
                Ok(claim) => claims.claims.push(claim),
                Err(StoreError::Corrupt { what, reason }) => {
                    tracing::error!(request = %lease.request, game = %lease.game, what, reason, "a request is unreadable");
                    // If the store fails now, the lease runs out, and it is claimed again.
                    let _ = self.fail(&lease, &to_json(&unreadable(&what, &reason))?).await;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(claims)
    }

    /// Runs a step that answers `ok`, or `lost` when the lease has passed.
    async fn fenced(&self, lease: &Lease, script: &Script, call: &Call) -> Result<(), StoreError> {
        match self.shard(lease.game).run::<String>(script, call).await?.as_str() {
            "ok" => Ok(()),
            "lost" => Err(StoreError::LeaseLost),
            other => Err(surprising("a fenced step", &other)),
        }
    }
}

/// What every claim and every turn's end is told first: `lua/lease.lua` and `lua/commit.lua` name it.
pub(super) fn terms_of_turns(options: &StoreOptions, in_cluster: bool) -> Result<Call, StoreError> {
    let placement = match options.story_events {
        StoryEventPlacement::Tail => "tail",
        StoryEventPlacement::Next => "next",
    };
    Ok(terms_of_claims(options, in_cluster)?.arg(placement))
}

fn terms_of_claims(options: &StoreOptions, in_cluster: bool) -> Result<Call, StoreError> {
    let lost = Problem::new(
        ProblemType::AttemptsExhausted,
        format!("{} attempts were begun, and each worker died or stalled", options.max_attempts),
    );
    let terms =
        Call::new().arg(millis(options.lease_ttl)).arg(options.max_attempts).arg(options.history_window).json(&lost)?;
    Ok(terms.arg(u8::from(in_cluster)))
}

fn commit_call(lease: &Lease, commit: &Commit) -> Result<Call, StoreError> {
    let mut call = fenced(lease)
        .arg(lease.idempotency_key.as_deref().unwrap_or_default())
        .arg(commit.base_version)
        .json(&commit.document)?
        .json(&commit.result)?
        .arg(&commit.events.state_updated)
        .arg(&commit.events.completed)
        .arg(commit.turn.len());
    for message in &commit.turn {
        call = call.json(message)?;
    }
    for child in &commit.story_events {
        let fields = request_fields(child)?;
        call = call.id(child.id).json(&child.queued_event())?.arg(fields.len()).arg(&fields);
    }
    Ok(call)
}

/// `{'accepted', request, status, position, cursor}`
pub(super) fn accepted(reply: &[String]) -> Result<Accepted, StoreError> {
    let [_, id, status, position, cursor] = reply else { return Err(surprising("an accepted request", &reply)) };
    let wrong = |error: protocol::IdError| surprising("an accepted request", &error);
    Ok(Accepted {
        id: id.parse().map_err(wrong)?,
        status: status.parse().map_err(wrong)?,
        position: from_json("a request's position", position)?,
        cursor: cursor.parse().map_err(wrong)?,
    })
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

/// A reply that no script of this version gives.
pub(super) fn surprising(what: &str, reply: &impl Debug) -> StoreError {
    StoreError::Corrupt { what: what.to_owned(), reason: format!("unexpected reply {reply:?}") }
}
