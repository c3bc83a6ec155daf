//! The queue in Redis: lanes, leases and the fenced steps of a turn. The steps in `lua/` do the work; this file calls them.

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use protocol::{Attempt, ChatChunk, GameId, IfBusy, LaneView, Lanes, QueueView, QueuedRequests, RequestId};
use tokio::sync::broadcast;

use super::batch::CommitReply;
use super::codec::{Fields, accepted, request_fields};
use super::contents::packed;
use super::failures::refused_part;
use super::leased::{Leased, Reply};
use super::listen::Wakeups;
use super::revoked::Revocations;
use super::step::{self, StepArgs, millis};
use super::turn_arguments::{commit_call, terms_of_claims};
use super::unexpected::unexpected_reply;

use super::{RedisStore, StoreError, budgets, charges, lanes, providers, queued, workers};
use crate::{
    Budget, Cancelled, Claims, Commit, CommitAndClaim, Committed, Completion, Enqueued, Failure, IdempotencyKey,
    LONGEST_DELAY, Lease, LeaseToken, Limited, NewRequest, Queue, QueuedCursor, Request, Reserved, Spending, Stopped,
    Terms, WorkerId, failure::unreadable,
};

/// How long a worker that shuts down waits for a server that does not respond.
const RETIRE_TIMEOUT: Duration = Duration::from_secs(1);

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
        let call = StepArgs::new()
            .id(request.game)
            .id(request.id)
            .arg(if_busy)
            .json(&request.queued_event())?
            .arg(self.options.limits.queued)
            .arg(self.options.limits.lane)
            .arg(key)
            .arg(fingerprint)
            .arg(providers::policies(&self.options, self.shards.len())?)
            .arg(charges::encode(&terms.charges)?)
            .arg(budgets::encode(&request.budgets)?)
            .arg(&request_fields(request)?);
        let reply: Vec<String> = self.shard(request.game).run(&step::ENQUEUE, &call).await?;
        match reply.first().map(String::as_str) {
            Some("accepted") => accepted(&reply).map(Enqueued::Accepted),
            Some("unknown") => Ok(Enqueued::UnknownGame),
            Some("busy") => Ok(Enqueued::Busy),
            Some("reused") => Ok(Enqueued::KeyReused),
            Some("lane_full") => Ok(Enqueued::LaneFull),
            Some("queue_full") => Ok(Enqueued::QueueFull),
            Some("limited") => charges::limited(&reply).map(Enqueued::Limited),
            Some("used_up") => budgets::used_up(&reply).map(|used_up| Enqueued::Limited(Limited::Budget(used_up))),
            _ => Err(unexpected_reply("enqueue", &reply)),
        }
    }

    async fn find_key(&self, game: GameId, key: &IdempotencyKey) -> Result<Option<Enqueued>, StoreError> {
        let call = StepArgs::new().id(game).arg(&key.key).arg(&key.fingerprint);
        let reply: Vec<String> = self.shard(game).run(&step::FIND_KEY, &call).await?;
        match reply.first().map(String::as_str) {
            Some("accepted") => accepted(&reply).map(|accepted| Some(Enqueued::Accepted(accepted))),
            Some("reused") => Ok(Some(Enqueued::KeyReused)),
            Some("unknown") => Ok(None),
            _ => Err(unexpected_reply("find_key", &reply)),
        }
    }

    async fn cancel(&self, id: RequestId) -> Result<Cancelled, StoreError> {
        let reply: Vec<String> = self.shard_of(id).run(&step::CANCEL, &StepArgs::new().id(id)).await?;
        match reply.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["done"] => Ok(Cancelled::Done),
            ["unknown"] => Ok(Cancelled::Unknown),
            ["finished", status] => {
                status.parse().map(Cancelled::Finished).map_err(|error| unexpected_reply("cancel", &error))
            }
            _ => Err(unexpected_reply("cancel", &reply)),
        }
    }

    async fn stop(
        &self,
        id: RequestId,
        attempt: Attempt,
        narration: &Completion,
        end: &ChatChunk,
    ) -> Result<Stopped, StoreError> {
        let call = StepArgs::new().id(id).arg(attempt.0).json(narration)?.json(&end.content)?;
        let reply: Vec<String> = self.shard_of(id).run(&step::STOP, &call).await?;
        match reply.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["done"] => Ok(Stopped::Done),
            ["changed"] => Ok(Stopped::Changed),
            ["unknown"] => Ok(Stopped::Unknown),
            ["finished", status] => {
                status.parse().map(Stopped::Finished).map_err(|error| unexpected_reply("stop", &error))
            }
            _ => Err(unexpected_reply("stop", &reply)),
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
        // Each claim starts at another shard, so that none waits until the others have no more work. A repeat starts at the
        // same one, where it may have leased something.
        let first = usize::try_from(nonce % count as u64).unwrap_or(0);
        for shard in (0..count).map(|n| &self.shards[(first + n) % count]) {
            let free = max - all.claims.len();
            if free == 0 {
                break;
            }
            let call = terms_of_claims(&self.options, self.shards.len(), self.in_cluster)?
                .arg(worker.as_str())
                .arg(nonce)
                .arg(free)
                .arg(millis(self.options.worker_ttl()));
            let claims = async {
                let (mut reply, due, is_drained) = Reply::begin(shard.run(&step::CLAIM, &call).await?)?;
                Ok(Claims { is_drained, ..self.claims(due, reply.claims()?).await? })
            };
            let claims = match claims.await {
                Ok(claims) => claims,
                // The work of the other shards does not wait until this one is back.
                Err(error) => {
                    failed = Some(error);
                    continue;
                }
            };
            all.is_drained |= claims.is_drained;
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
    ) -> CommitAndClaim {
        let slot = Some((worker, nonce, max)).filter(|_| max > 0);
        if self.shards.len() == 1 || slot.is_none() {
            return self.end_turn(lease, commit, slot).await;
        }
        // The next request may be on another shard: to claim on this one only would let the others wait.
        let committed = self.end_turn(lease, commit, None).await.committed;
        let claims = match &committed {
            Err(StoreError::Unavailable { .. }) => Claims::default(),
            _ => self.claim(worker, nonce, max).await.unwrap_or_default(),
        };
        CommitAndClaim { committed, claims }
    }

    async fn heartbeat(&self, leases: &[Lease]) -> Result<Vec<bool>, StoreError> {
        let mut held = vec![false; leases.len()];
        for (number, shard) in self.shards.iter().enumerate() {
            let ours = |lease: &&(usize, &Lease)| lease.1.game.shard(self.shards.len()) == number;
            let leases: Vec<(usize, &Lease)> = leases.iter().enumerate().filter(|lease| ours(&lease)).collect();
            if leases.is_empty() {
                continue;
            }
            let call = leases.iter().fold(StepArgs::new().arg(millis(self.options.lease_ttl)), |call, (_, lease)| {
                call.id(lease.game).arg(lease.token.as_str())
            });
            let replies: Vec<u8> = shard.run(&step::HEARTBEAT, &call).await?;
            for ((at, _), reply) in leases.into_iter().zip(replies) {
                held[at] = reply == 1;
            }
        }
        Ok(held)
    }

    async fn publish_chunk(&self, lease: &Lease, number: u64, content: &str) -> Result<(), StoreError> {
        let call = StepArgs::of_lease(lease).arg(number).arg(lease.attempt.0).json(&content)?.arg("");
        self.chunks(lease.game).publish(call).await
    }

    async fn checkpoint_narration(
        &self,
        lease: &Lease,
        number: u64,
        last_chunk: &str,
        narration: &Completion,
    ) -> Result<(), StoreError> {
        let call = StepArgs::of_lease(lease).arg(number).arg(lease.attempt.0).json(&last_chunk)?.json(narration)?;
        self.chunks(lease.game).publish(call).await
    }

    async fn checkpoint_delta(&self, lease: &Lease, delta: &Completion) -> Result<(), StoreError> {
        self.fenced(lease, &step::CHECKPOINT, &StepArgs::of_lease(lease).json(delta)?).await
    }

    async fn reserve(&self, lease: &Lease, budgets: &[Budget], most: Spending) -> Result<Reserved, StoreError> {
        let call = StepArgs::of_lease(lease).arg(budgets::encode(budgets)?).arg(most.tokens).arg(most.cost);
        let reply: Vec<String> = self.shard(lease.game).run(&step::RESERVE, &call).await?;
        match reply.first().map(String::as_str) {
            Some("ok") => Ok(Reserved::Done),
            Some("lost") => Err(StoreError::LeaseLost),
            Some("wait") => Ok(Reserved::Wait),
            Some("used_up") => budgets::used_up(&reply).map(Reserved::UsedUp),
            _ => Err(unexpected_reply("reserve", &reply)),
        }
    }

    async fn retry(&self, lease: &Lease, delay: Duration, failure: &Failure) -> Result<(), StoreError> {
        let call = StepArgs::of_lease(lease).arg(millis(delay.min(LONGEST_DELAY)));
        let call = call.json(&failure.for_operators)?.json(&failure.for_players)?;
        self.fenced(lease, &step::REQUEUE, &call).await
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        self.fenced(lease, &step::REQUEUE, &StepArgs::of_lease(lease).arg(0).arg("").arg("")).await
    }

    async fn postpone(&self, lease: &Lease, delay: Duration) -> Result<(), StoreError> {
        let delay = millis(delay.clamp(Duration::from_millis(1), LONGEST_DELAY));
        self.fenced(lease, &step::REQUEUE, &StepArgs::of_lease(lease).arg(delay).arg("").arg("")).await
    }

    async fn fail(&self, lease: &Lease, failure: &Failure) -> Result<(), StoreError> {
        let call = StepArgs::of_lease(lease).json(&failure.for_operators)?.json(&failure.for_players)?;
        self.fenced(lease, &step::FAIL, &call).await
    }

    fn revocations(&self) -> broadcast::Receiver<LeaseToken> {
        self.revocations.get_or_init(|| Revocations::start(&self.shards)).subscribe()
    }

    async fn wait_for_work(&self) {
        self.wakeups.get_or_init(|| Wakeups::start(&self.shards)).wait().await;
    }

    async fn retire_worker(&self, worker: &WorkerId) {
        let retire = async {
            if let Some(wakeups) = self.wakeups.get() {
                wakeups.end().await;
            }
            for shard in &self.shards {
                let mut forget = redis::cmd("ZREM");
                forget.arg(format!("{}workers", shard.prefix())).arg(worker.as_str());
                // If this fails, the worker disappears three lease TTLs later.
                let _ = shard.query::<()>(&forget).await;
                workers::forget(shard, worker).await;
            }
        };
        // If the server does not respond, its tokens cannot wake anybody either.
        let _ = tokio::time::timeout(RETIRE_TIMEOUT, retire).await;
    }

    async fn queue(&self) -> Result<QueueView, StoreError> {
        let mut all = QueueView {
            depth: 0,
            story_events: 0,
            ready: 0,
            delayed: 0,
            paused: 0,
            active: 0,
            dead_letters: 0,
            oldest_age_ms: 0,
            workers: 0,
        };
        for shard in &self.shards {
            let view = lanes::figures(shard, self.options.worker_ttl()).await?;
            all.depth += view.depth;
            all.story_events += view.story_events;
            all.ready += view.ready;
            all.delayed += view.delayed;
            all.paused += view.paused;
            all.active += view.active;
            all.dead_letters += view.dead_letters;
            all.oldest_age_ms = all.oldest_age_ms.max(view.oldest_age_ms);
            // A worker claims at one shard after the other, so most of them have seen it.
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

    async fn queued(&self, after: Option<QueuedCursor>, limit: usize) -> Result<QueuedRequests, StoreError> {
        queued::page(&self.shards, after, limit).await
    }

    async fn story_events(&self, game: GameId, limit: usize) -> Result<(u64, Vec<Request>), StoreError> {
        lanes::story_events(self.shard(game), game, limit, false).await
    }

    async fn clear_story_events(&self, game: GameId) -> Result<u64, StoreError> {
        Ok(lanes::story_events(self.shard(game), game, 0, true).await?.0)
    }
}

impl RedisStore {
    /// Ends a turn, in one call with others that end at the same time, and claims for its slot if there is one.
    async fn end_turn(&self, lease: &Lease, commit: &Commit, slot: Option<(&WorkerId, u64, usize)>) -> CommitAndClaim {
        let failed = |error| CommitAndClaim { committed: Err(error), claims: Claims::default() };
        let claim = match slot {
            Some((worker, nonce, max)) => StepArgs::new().arg(worker.as_str()).arg(nonce).arg(max),
            None => StepArgs::new().arg("").arg("").arg(0),
        };
        let call = packed(&commit.document).and_then(|document| commit_call(lease, commit, &document.text));
        let turn = match call {
            Ok(commit) => claim.counted(&commit),
            Err(error) => return failed(error),
        };
        let CommitReply { due, outcome, claims } = match self.batches(lease.game).end(turn, slot.is_some()).await {
            Ok(reply) => reply,
            Err(error) => return failed(error),
        };
        let committed = match outcome.as_str() {
            "done" => Ok(Committed::Done),
            "version" => Ok(Committed::VersionChanged),
            "lost" => Err(StoreError::LeaseLost),
            other => match other.strip_prefix("error ") {
                Some(message) => Err(refused_part(message)),
                None => Err(unexpected_reply("commit", &other)),
            },
        };
        CommitAndClaim { committed, claims: self.claims(due, claims).await.unwrap_or_default() }
    }

    /// Reads claims. A request that cannot be read would stop every claim behind it, so it becomes a dead letter.
    async fn claims(&self, next_due: Option<Duration>, leased: Vec<Leased>) -> Result<Claims, StoreError> {
        let mut claims = Claims { next_due, ..Claims::default() };
        for leased in leased {
            let content = match leased.content() {
                Some((game, id)) => self.content(self.shard(game), id).await,
                None => Ok(None),
            };
            let (lease, claim) = match leased.read(content) {
                Ok(read) => read,
                // Without a lease it cannot become a dead letter now; it does once its attempts are exhausted.
                Err(error) => {
                    tracing::error!(%error, "a lease is unreadable");
                    continue;
                }
            };
            match claim {
                Ok(claim) => claims.claims.push(claim),
                Err(StoreError::Corrupt { what, reason }) => {
                    tracing::error!(request = %lease.request, game = %lease.game, what, reason, "a request is unreadable");
                    // If the store fails now, the lease expires, and it is claimed again.
                    let _ = self.fail(&lease, &unreadable(&what, &reason)).await;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(claims)
    }
}
