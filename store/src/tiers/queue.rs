//! The queue of a game, in the store that has it; the queues of all as one.

use std::cmp::Reverse;
use std::time::Duration;

use async_trait::async_trait;
use protocol::{
    Attempt, ChatChunk, DeadLetter, DeadLetters, GameId, LaneState, LaneView, Lanes, QueueView, QueuedRequests,
    RequestId,
};
use tokio::sync::broadcast;

use super::TieredStore;
use crate::{
    Budget, Cancelled, Claims, Commit, CommitAndClaim, Completion, DeadLetterCursor, DeadLetterId, DeadLetterQueue,
    DeadLetterRetry, Enqueued, Failure, IdempotencyKey, Lease, LeaseToken, NewRequest, Queue, QueuedCursor, Request,
    Reserved, Spending, Stopped, StoreError, Subject, Terms, WorkerId,
};

/// A cursor in the list of queued requests counts the shards of one store after those of another; no store has more than this.
const SHARDS: usize = 1024;

#[async_trait]
impl Queue for TieredStore {
    async fn enqueue(&self, request: &NewRequest, terms: &Terms) -> Result<Enqueued, StoreError> {
        self.of_game(request.game).await?.enqueue(request, terms).await
    }

    async fn find_key(&self, game: GameId, key: &IdempotencyKey) -> Result<Option<Enqueued>, StoreError> {
        self.of_game(game).await?.find_key(game, key).await
    }

    async fn cancel(&self, id: RequestId) -> Result<Cancelled, StoreError> {
        self.of_request(id).await?.cancel(id).await
    }

    async fn stop(
        &self,
        id: RequestId,
        attempt: Attempt,
        narration: &Completion,
        end: &ChatChunk,
    ) -> Result<Stopped, StoreError> {
        self.of_request(id).await?.stop(id, attempt, narration, end).await
    }

    async fn request(&self, id: RequestId) -> Result<Option<Request>, StoreError> {
        let before = self.places.find(Subject::Request(id));
        if let Some(request) = self.of_request(id).await?.request(id).await? {
            return Ok(Some(request));
        }
        match self.moved(Subject::Request(id), before).await? {
            Some(store) => store.request(id).await,
            None => Ok(None),
        }
    }

    async fn claim(&self, worker: &WorkerId, nonce: u64, max: usize) -> Result<Claims, StoreError> {
        self.default_store()?.claim(worker, nonce, max).await
    }

    async fn commit_and_claim(
        &self,
        lease: &Lease,
        commit: &Commit,
        worker: &WorkerId,
        nonce: u64,
        max: usize,
    ) -> CommitAndClaim {
        match self.of_game(lease.game).await {
            Ok(store) => store.commit_and_claim(lease, commit, worker, nonce, max).await,
            Err(error) => CommitAndClaim { committed: Err(error), claims: Claims::default() },
        }
    }

    async fn heartbeat(&self, leases: &[Lease]) -> Result<Vec<bool>, StoreError> {
        let mut hold = Vec::with_capacity(leases.len());
        for lease in leases {
            hold.extend(self.of_game(lease.game).await?.heartbeat(std::slice::from_ref(lease)).await?);
        }
        Ok(hold)
    }

    async fn publish_chunk(&self, lease: &Lease, number: u64, content: &str) -> Result<(), StoreError> {
        self.of_game(lease.game).await?.publish_chunk(lease, number, content).await
    }

    async fn checkpoint_narration(
        &self,
        lease: &Lease,
        number: u64,
        last_chunk: &str,
        narrated: &Completion,
    ) -> Result<(), StoreError> {
        self.of_game(lease.game).await?.checkpoint_narration(lease, number, last_chunk, narrated).await
    }

    async fn checkpoint_delta(&self, lease: &Lease, narrated: &Completion) -> Result<(), StoreError> {
        self.of_game(lease.game).await?.checkpoint_delta(lease, narrated).await
    }

    async fn reserve(&self, lease: &Lease, budgets: &[Budget], most: Spending) -> Result<Reserved, StoreError> {
        self.of_game(lease.game).await?.reserve(lease, budgets, most).await
    }

    async fn retry(&self, lease: &Lease, delay: Duration, failure: &Failure) -> Result<(), StoreError> {
        self.of_game(lease.game).await?.retry(lease, delay, failure).await
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        self.of_game(lease.game).await?.release(lease).await
    }

    async fn postpone(&self, lease: &Lease, delay: Duration) -> Result<(), StoreError> {
        self.of_game(lease.game).await?.postpone(lease, delay).await
    }

    async fn fail(&self, lease: &Lease, failure: &Failure) -> Result<(), StoreError> {
        self.of_game(lease.game).await?.fail(lease, failure).await
    }

    fn revocations(&self) -> broadcast::Receiver<LeaseToken> {
        match self.default_store() {
            Ok(store) => store.revocations(),
            Err(_) => broadcast::channel(1).1,
        }
    }

    async fn wait_for_work(&self) {
        match self.default_store() {
            Ok(store) => store.wait_for_work().await,
            Err(_) => std::future::pending().await,
        }
    }

    async fn retire_worker(&self, worker: &WorkerId) {
        if let Ok(store) = self.default_store() {
            store.retire_worker(worker).await;
        }
    }

    async fn queue(&self) -> Result<QueueView, StoreError> {
        let views = self.each(|store| store.queue()).await?;
        Ok(views.into_iter().reduce(|one, other| sum(&one, &other)).unwrap_or(QueueView {
            depth: 0,
            story_events: 0,
            ready: 0,
            delayed: 0,
            paused: 0,
            active: 0,
            dead_letters: 0,
            oldest_age_ms: 0,
            workers: 0,
        }))
    }

    async fn lane(&self, game: GameId) -> Result<LaneView, StoreError> {
        self.of_game(game).await?.lane(game).await
    }

    async fn lanes(&self, limit: usize) -> Result<Lanes, StoreError> {
        let pages = self.each(|store| store.lanes(limit)).await?;
        let mut more = pages.iter().any(|page| page.more);
        let mut lanes: Vec<LaneView> = pages.into_iter().flat_map(|page| page.lanes).collect();
        // The sort is stable: those of a store that wait for a worker stay in their order.
        lanes.sort_by_key(|lane| match lane.state {
            LaneState::Active => 0,
            LaneState::Delayed => 1,
            LaneState::Ready | LaneState::Paused | LaneState::Idle => 2,
        });
        more |= lanes.len() > limit;
        lanes.truncate(limit);
        Ok(Lanes { lanes, more })
    }

    async fn queued(&self, after: Option<QueuedCursor>, limit: usize) -> Result<QueuedRequests, StoreError> {
        let first = after.map_or(0, |after| after.shard / SHARDS);
        let mut after = after.map(|after| QueuedCursor { shard: after.shard % SHARDS, ..after });
        let mut page = QueuedRequests::default();
        for at in first..self.stores.len() {
            let (from, room) = (after.take(), limit - page.requests.len());
            // One that is away has nothing to show, as in the other lists; the default one comes first.
            let found = match self.stores[at].get() {
                Ok(store) => store.queued(from, room).await,
                Err(error) => Err(error),
            };
            let found = match found {
                Ok(found) => found,
                Err(error) if at == super::DEFAULT => return Err(error),
                Err(_) => continue,
            };
            page.requests.extend(found.requests);
            if let Some(next) = found.next.and_then(|next| next.parse::<QueuedCursor>().ok()) {
                page.next = Some(QueuedCursor { shard: at * SHARDS + next.shard, ..next }.to_string());
                return Ok(page);
            }
            if page.requests.len() >= limit && at + 1 < self.stores.len() {
                // Before all ranks of the next store, which begin at 0.
                let beginning = QueuedCursor { shard: (at + 1) * SHARDS, rank: -1.0 };
                page.next = Some(beginning.to_string());
                return Ok(page);
            }
        }
        Ok(page)
    }

    async fn story_events(&self, game: GameId, limit: usize) -> Result<(u64, Vec<Request>), StoreError> {
        self.of_game(game).await?.story_events(game, limit).await
    }

    async fn clear_story_events(&self, game: GameId) -> Result<u64, StoreError> {
        self.of_game(game).await?.clear_story_events(game).await
    }
}

fn sum(one: &QueueView, other: &QueueView) -> QueueView {
    QueueView {
        depth: one.depth + other.depth,
        story_events: one.story_events + other.story_events,
        ready: one.ready + other.ready,
        delayed: one.delayed + other.delayed,
        paused: one.paused + other.paused,
        active: one.active + other.active,
        dead_letters: one.dead_letters + other.dead_letters,
        oldest_age_ms: one.oldest_age_ms.max(other.oldest_age_ms),
        workers: one.workers + other.workers,
    }
}

#[async_trait]
impl DeadLetterQueue for TieredStore {
    async fn dead_letters(&self, after: Option<DeadLetterCursor>, limit: usize) -> Result<DeadLetters, StoreError> {
        let pages = self.each(|store| store.dead_letters(after, limit)).await?;
        let is_cut = pages.iter().any(|page| page.next.is_some());
        let mut letters: Vec<DeadLetter> = pages.into_iter().flat_map(|page| page.dead_letters).collect();
        letters.sort_by_key(|letter| Reverse(letter.failed_at));
        let mut next = None;
        if letters.len() > limit || is_cut {
            // The number in an id belongs to its store, so a page ends between two milliseconds: at the last one, before the last letter.
            let end = letters.get(limit.min(letters.len()) - 1).map_or(0, |last| last.failed_at.as_millisecond());
            let later = letters.partition_point(|letter| letter.failed_at.as_millisecond() > end);
            let (kept, from) = match later {
                // All are of one millisecond.
                0 => (letters.partition_point(|letter| letter.failed_at.as_millisecond() >= end), end),
                later => (later, end + 1),
            };
            letters.truncate(kept);
            let id = DeadLetterId { ms: from, number: 0 };
            next = Some(DeadLetterCursor { id, request: None }.to_string());
        }
        Ok(DeadLetters { dead_letters: letters, next })
    }

    async fn dead_letter(&self, id: RequestId) -> Result<Option<DeadLetter>, StoreError> {
        self.of_request(id).await?.dead_letter(id).await
    }

    async fn retry_dead_letter(&self, id: RequestId) -> Result<DeadLetterRetry, StoreError> {
        self.of_request(id).await?.retry_dead_letter(id).await
    }

    async fn delete_dead_letter(&self, id: RequestId) -> Result<bool, StoreError> {
        self.of_request(id).await?.delete_dead_letter(id).await
    }
}
