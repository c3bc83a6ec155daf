//! Workers: claim requests, run their turns, commit once.
//!
//! Only this room calls a model or applies a delta. [`Worker::run`] is the claim loop; [`turn`] is one turn from claim
//! to commit; [`leases`] keeps what the worker holds alive and says when it is lost.

mod away;
mod budgets;
mod chunks;
mod companions;
mod error;
mod extract;
mod leases;
mod narrate;
mod outcome;
mod persist;
mod presence;
mod record;
mod schemas;
mod sent;
mod summarize;
mod timing;
mod turn;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use store::backoff::Backoff;
use store::{Claim, SharedStore, StoreError, WorkerId};
use story::Library;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};
use tracing::Instrument;

use self::away::Away;
use self::chunks::Moments;
use self::error::TurnError;
use self::leases::Leases;
use self::presence::{Drain, announce, end_former_leases};
use self::schemas::Schemas;
use crate::config::Config;
use crate::llm::Models;
use crate::telemetry;
use crate::telemetry::traces;
use crate::telemetry::turns::{BusySlot, millis};
use crate::watchdog::{Pulse, Watchdog};

/// How long a claim may take. It is repeatable, so trying again is safe; and the loop is not taken for a stuck one.
const CLAIM_LIMIT: Duration = Duration::from_secs(8);

/// How soon a worker that an operator drains finds out that it may go on.
const DRAINED_WAIT: Duration = Duration::from_secs(1);

/// A worker that finds nothing looks again after `poll_interval_ms`, then after twice as long each time, up to so many times as long. Looking ten
/// times a second took a hundredth of a processor, and it finds only what a notification should have announced and did not.
const IDLE_LOOKS: u32 = 10;

/// What a turn needs besides its claim.
#[derive(Clone)]
pub struct Worker {
    store: SharedStore,
    library: Arc<Library>,
    schemas: Arc<Schemas>,
    models: Arc<Models>,
    settings: Settings,
    id: WorkerId,
    nonce: Arc<AtomicU64>,
    away: Away,
    watchdog: Watchdog,
}

/// How a worker works.
#[derive(Debug, Clone)]
struct Settings {
    slots: usize,
    poll: Duration,
    lease_ttl: Duration,
    max_attempts: u32,
    retry_delay: Duration,
    /// How soon a turn asks again whose budget is only reserved by others, and one whose budget is used up, at the latest.
    budget_delay: Duration,
    budget_delay_max: Duration,
    shutdown: Duration,
    moments: Moments,
    /// The most messages of history in a prompt.
    history: usize,
    /// The most bytes of a turn record.
    record_bytes: usize,
    /// The most bytes of prompts that are kept with it, if they are.
    prompt_bytes: Option<usize>,
    /// Of the settings that workers share.
    fingerprint: String,
}

impl Worker {
    /// A worker for this process.
    #[must_use]
    pub fn new(
        store: SharedStore,
        library: Arc<Library>,
        models: Arc<Models>,
        config: &Config,
        watchdog: &Watchdog,
    ) -> Self {
        let settings = Settings {
            slots: config.worker.concurrent_workers,
            poll: Duration::from_millis(config.worker.poll_interval_ms),
            lease_ttl: Duration::from_secs_f64(config.worker.game_lock_ttl_seconds),
            max_attempts: config.worker.max_retries + 1,
            retry_delay: Duration::from_secs_f64(config.worker.retry_delay_seconds),
            budget_delay: Duration::from_secs_f64(config.worker.budget_delay_seconds),
            budget_delay_max: Duration::from_secs_f64(config.worker.budget_delay_max_seconds),
            shutdown: Duration::from_secs_f64(config.worker.shutdown_timeout_seconds),
            moments: Moments::new(Duration::from_millis(config.sse.chunk_ms)),
            history: config.chat_history_limit,
            record_bytes: config.turns.record_max_bytes,
            prompt_bytes: config.turns.prompt_bytes(),
            fingerprint: config.fingerprint(),
        };
        let (id, watchdog) = (WorkerId::of_this_process(config.worker.name.as_ref()), watchdog.clone());
        let (schemas, nonce, away) = (Arc::default(), Arc::default(), Away::default());
        Self { store, library, schemas, models, settings, id, nonce, away, watchdog }
    }

    /// The same under another name: a process that works for several stores has one in all of them.
    #[must_use]
    pub fn known_as(self, id: WorkerId) -> Self {
        Self { id, ..self }
    }

    /// Who this worker is, in logs and lease tokens.
    #[must_use]
    pub fn id(&self) -> &WorkerId {
        &self.id
    }

    /// Works until `stop` is cancelled; then lets running turns end within the shutdown time-out, and hands back the
    /// rest in their place.
    pub async fn run(self, stop: CancellationToken) {
        let models = Arc::clone(&self.models);
        let discovery = AbortOnDropHandle::new(tokio::spawn(async move { models.discover().await }));
        let leases = Leases::start(Arc::clone(&self.store), self.settings.lease_ttl, self.watchdog.watch("heartbeat"));
        let presence = AbortOnDropHandle::new(tokio::spawn(announce(self.clone())));
        let former = AbortOnDropHandle::new(tokio::spawn(end_former_leases(self.clone())));
        let hand_back = CancellationToken::new();
        let turns = TaskTracker::new();
        self.claim_until(&stop, &turns, &leases, &hand_back).await;
        drop((discovery, presence, former));
        self.store.retire_worker(&self.id).await;

        turns.close();
        if !turns.is_empty() {
            tracing::info!(
                turns = turns.len(),
                timeout_s = self.settings.shutdown.as_secs_f64(),
                "finishing running turns"
            );
        }
        if tokio::time::timeout(self.settings.shutdown, turns.wait()).await.is_err() {
            tracing::warn!(turns = turns.len(), "the shutdown time-out has passed: handing back what still runs");
            hand_back.cancel();
            turns.wait().await;
        }
    }

    async fn claim_until(
        &self,
        stop: &CancellationToken,
        turns: &TaskTracker,
        leases: &Leases,
        hand_back: &CancellationToken,
    ) {
        let slots = Arc::new(Semaphore::new(self.settings.slots));
        telemetry::turns::start(self.settings.slots);
        let mut backoff = Backoff::reconnect();
        // It is seen to live by asking, and it must see each lease before that can expire.
        let longest = (self.settings.poll * IDLE_LOOKS).min(self.settings.lease_ttl).min(Pulse::LONGEST_WAIT);
        let mut looks = Backoff::new(self.settings.poll, longest);
        let mut nonce = self.next_nonce();
        let pulse = self.watchdog.watch("claim");
        let mut drain = Drain::default();
        loop {
            // Every slot may be taken for as long as turns take.
            pulse.pause();
            let first = tokio::select! {
                () = stop.cancelled() => return,
                first = Arc::clone(&slots).acquire_owned() => first,
            };
            // The semaphore is never closed.
            let Ok(mut slot) = first else { return };
            pulse.beat();
            let free = slots.available_permits();
            let more = u32::try_from(free).ok().and_then(|free| Arc::clone(&slots).try_acquire_many_owned(free).ok());
            if let Some(more) = more {
                slot.merge(more);
            }
            let claim = timeout(CLAIM_LIMIT, self.store.claim(&self.id, nonce, slot.num_permits()));
            let late = |_| Err(StoreError::unreachable("the claim was not answered in time"));
            let claims = match claim.await.unwrap_or_else(late) {
                Ok(claims) => claims,
                // Whether it has happened is not known: the same claim is made again, so that it leaves no lease behind.
                Err(error) => {
                    // That the store is away or takes no writes is logged once, and not by each worker and try.
                    if matches!(error, StoreError::Unavailable { .. }) {
                        tracing::debug!(%error, "cannot claim; trying again");
                    } else {
                        tracing::warn!(%error, "cannot claim; trying again");
                    }
                    drop(slot);
                    tokio::select! {
                        () = stop.cancelled() => return,
                        () = backoff.wait() => continue,
                    }
                }
            };
            backoff.reset();
            nonce = self.next_nonce();
            drain.is(claims.is_drained);
            if !claims.claims.is_empty() {
                looks.reset();
            }
            for claim in claims.claims {
                // There are as many permits as were asked for, and no more claims than that.
                let Some(permit) = slot.split(1) else { break };
                let work = self.clone().work(claim, leases.clone(), stop.clone(), hand_back.clone());
                // Boxed: to start and to end a task copies what it holds, and this is tens of kilobytes.
                turns.spawn(Box::pin(async move {
                    let _busy = BusySlot::start();
                    work.await;
                    drop(permit);
                }));
            }
            let full = slot.num_permits() == 0;
            drop(slot);
            if !full {
                pulse.beat();
                // A drained worker consumes no wake token: it would be lost to the others.
                let woken = async {
                    if claims.is_drained {
                        tokio::time::sleep(DRAINED_WAIT).await;
                    } else {
                        let look = looks.next_delay();
                        let wait = claims.next_due.map_or(look, |due| due.min(look));
                        if timeout(wait, self.store.wait_for_work()).await.is_ok() {
                            looks.reset();
                        }
                    }
                };
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = woken => {}
                }
            }
        }
    }

    /// A number that no claim of this worker has had.
    fn next_nonce(&self) -> u64 {
        self.nonce.fetch_add(1, Ordering::Relaxed)
    }

    /// Runs turns, one after the other, for as long as each commit brings the next.
    async fn work(self, claim: Claim, leases: Leases, stop: CancellationToken, hand_back: CancellationToken) {
        let mut next = Some(claim);
        while let Some(claim) = next {
            next = self.turn(claim, &leases, &stop, &hand_back).await;
        }
    }

    async fn turn(
        &self,
        mut claim: Claim,
        leases: &Leases,
        stop: &CancellationToken,
        hand_back: &CancellationToken,
    ) -> Option<Claim> {
        let lease = claim.lease.clone();
        let span = tracing::info_span!(
            "turn",
            request = %lease.request,
            game = %lease.game,
            attempt = %lease.attempt,
            provider = claim.provider.name,
            waited_ms = millis(claim.request.waited),
            model = tracing::field::Empty,
            first_token_ms = tracing::field::Empty,
            tokens_in = tracing::field::Empty,
            tokens_out = tracing::field::Empty,
        );
        telemetry::turns::began(&claim);
        let mut traced = traces::turn(&claim);
        // Model calls, the commit and the story events of this attempt belong to its span.
        claim.request.trace = traced.context().or(claim.request.trace);
        async {
            let held = leases.hold(&lease);
            let began = tokio::time::Instant::now();
            let mut next = None;
            let result = tokio::select! {
                // A turn that has ended has, whatever is heard of its lease at the same time; and it may have brought the next.
                biased;
                result = turn::run(self, &claim, &held, stop, &mut next) => result,
                () = held.lost() => Err(TurnError::LeaseLost),
                () = hand_back.cancelled() => Err(TurnError::Released),
            };
            if result.is_ok() {
                telemetry::turns::committed(&claim, began.elapsed());
            }
            outcome::settle(self, &lease, &held, result, began.elapsed(), &mut traced).await;
            next
        }
        .instrument(span)
        .await
    }
}
