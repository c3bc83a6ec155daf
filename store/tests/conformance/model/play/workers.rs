//! The moves of workers: claims, heartbeats and restarts, and the steps of an attempt under its lease.

use std::time::Duration;

use store::{
    ClaimedProvider, Claims, Commit, Committed, Companion, Completion, Reserved, Spending, StoreError, WorkerId,
};

use super::super::moves::Step;
use super::super::reference::{Game, Head, Reservation};
use super::super::{GAMES, PROVIDERS, USED};
use super::{Difference, Play, ids, same, some, text};
use crate::fixture::{commit_only, completion, failure, fault, options, turn, with_companions};

impl Play {
    pub(super) async fn claim(&mut self, worker: usize, max: usize) -> Result<(), Difference> {
        self.nonce += 1;
        let expected = self.reference.claim(worker, max);
        self.last_claims[worker] = (self.nonce, max, expected);
        self.call_claim(worker).await
    }

    pub(super) async fn claim_again(&mut self, worker: usize) -> Result<(), Difference> {
        let (_, max, made) = &mut self.last_claims[worker];
        made.retain(|lease| self.reference.holds(*lease));
        if made.is_empty() {
            let max = *max;
            self.last_claims[worker].2 = self.reference.claim(worker, max);
        }
        self.call_claim(worker).await
    }

    async fn call_claim(&mut self, worker: usize) -> Result<(), Difference> {
        let (nonce, max, expected) = self.last_claims[worker].clone();
        let answer = self.store.claim(&self.worker_id(worker), nonce, max).await.map_err(text)?;
        let leased = self.numbers(answer.claims.iter().map(|claim| claim.lease.request));
        let expected_requests: Vec<usize> =
            expected.iter().map(|lease| self.reference.leases[*lease].request).collect();
        self.note(format_args!(
            "worker {worker} claims up to {max} with nonce {nonce}: requests {expected_requests:?}"
        ));
        same("the claimed requests", leased, expected_requests.into_iter().map(Some).collect())?;
        for (lease, claim) in expected.into_iter().zip(answer.claims) {
            let model = &self.reference.leases[lease];
            let game = &self.reference.games[self.reference.requests[model.request].game];
            same("the attempt", claim.lease.attempt.0, model.attempt)?;
            let priority = self.reference.requests[model.request].priority;
            same("the priority", claim.request.priority, priority)?;
            same("the version", claim.game.version, game.version)?;
            let history: Vec<&str> = claim.history.iter().map(|message| message.content.as_str()).collect();
            let from = game.history.len().saturating_sub(options().history_window);
            same("the history", history, game.history[from..].iter().map(String::as_str).collect())?;
            if let Some(known) = self.leases.get(lease) {
                same("a repeated claim's lease", &claim.lease, &known.lease)?;
            } else {
                let name = PROVIDERS[model.provider].to_owned();
                same("the provider", &claim.provider, &ClaimedProvider { name, is_probe: model.is_probe })?;
                same("the companions", self.numbers(ids(&claim.companions)), some(&model.companions))?;
                self.leases.push(claim);
            }
        }
        let waits = (0..GAMES).any(|game| {
            let Game { lane, head, .. } = &self.reference.games[game];
            matches!(head, Head::Leased(_) | Head::Delayed)
                || !lane.is_empty() && self.reference.is_paused(game) && !self.reference.is_halted(game)
        });
        same("whether something is due later", answer.next_due.is_some(), waits)
    }

    fn worker_id(&self, worker: usize) -> WorkerId {
        let name = format!("worker-{worker}").parse().unwrap();
        WorkerId::of_process(&name, self.processes[worker])
    }

    pub(super) async fn restart(&mut self, worker: usize) -> Result<(), Difference> {
        self.processes[worker] += 1;
        let ended = self.store.end_former_leases(&self.worker_id(worker)).await.map_err(text)?;
        self.note(format_args!("worker {worker} comes back and ends {ended} leases of its former process"));
        same("how many leases a restart ends", ended, self.reference.restart(worker))
    }

    pub(super) async fn heartbeat(&mut self, worker: usize) -> Result<(), Difference> {
        let own: Vec<usize> =
            (0..self.leases.len()).filter(|lease| self.reference.leases[*lease].worker == worker).collect();
        let leases: Vec<_> = own.iter().map(|lease| self.leases[*lease].lease.clone()).collect();
        let held = self.store.heartbeat(&leases).await.map_err(text)?;
        self.note(format_args!("worker {worker} renews its leases: {held:?}"));
        same("which leases hold", held, own.iter().map(|lease| self.reference.holds(*lease)).collect())
    }

    pub(super) async fn step(&mut self, number: usize, step: Step) -> Result<(), Difference> {
        let (claim, shown) =
            (&self.leases[number], self.reference.requests[self.reference.leases[number].request].chunks);
        let chunk = if matches!(step, Step::ChunkAgain) { shown.max(1) } else { shown + 1 };
        let lease = &claim.lease;
        let commit = |story_events: usize| self.turn(number, story_events);
        let mut over = None;
        let nonce = self.nonce + 1;
        let answer = match step {
            Step::Chunk | Step::ChunkAgain => self.store.publish_chunk(lease, chunk, "text").await,
            Step::SaveNarration => {
                let narrated = Completion { also_told: self.told(number), ..completion("text") };
                self.store.checkpoint_narration(lease, chunk, "end", &narrated).await
            }
            Step::Reserve { tokens } => self.reserve(number, tokens).await,
            Step::SaveDelta => self.store.checkpoint_delta(lease, &completion("{}")).await,
            Step::Commit { story_events } => match commit_only(&self.store, lease, &commit(story_events)).await {
                Ok(Committed::VersionChanged) => return Err("the version has changed under a lease".to_owned()),
                answer => answer.map(|_| ()),
            },
            Step::CommitAndClaim { story_events } => {
                let worker = self.reference.leases[number].worker;
                let name = self.worker_id(worker);
                let commit = commit(story_events);
                let ended = self.store.commit_and_claim(lease, &commit, &name, nonce, 1).await;
                over = Some((worker, ended.claims));
                ended.committed.map(|_| ())
            }
            Step::Retry => self.store.retry(lease, Duration::from_hours(1), &failure()).await,
            Step::Fail => self.store.fail(lease, &failure()).await,
            Step::Release => self.store.release(lease).await,
            Step::Postpone => self.store.postpone(lease, Duration::from_hours(1)).await,
            Step::Pause { game } => self.store.pause(lease, &fault(PROVIDERS[game])).await,
        };
        let children = match step {
            Step::Commit { story_events } | Step::CommitAndClaim { story_events } => commit(story_events).story_events,
            _ => Vec::new(),
        };
        let request = self.reference.leases[number].request;
        self.note(format_args!("lease {number} (of request {request}): {step:?}: {answer:?}"));
        let accepted_before = self.reference.requests.len();
        let allowed = self.reference.step(number, step, chunk);
        if self.reference.requests.len() > accepted_before {
            self.requests.extend(children);
        }
        if let Some((worker, claims)) = over {
            self.nonce = nonce;
            self.turned_over(worker, claims)?;
        }
        match answer {
            Ok(()) => same("whether the step was allowed", true, allowed),
            Err(StoreError::LeaseLost) => same("whether the step was allowed", false, allowed),
            Err(error) => Err(text(error)),
        }
    }

    /// Reserves tokens; whether there are none left is compared at once.
    async fn reserve(&self, number: usize, tokens: u64) -> Result<(), StoreError> {
        let claim = &self.leases[number];
        let most = Spending { tokens, cost: 0 };
        let answer = self.store.reserve(&claim.lease, &claim.request.budgets, most).await?;
        let request = self.reference.leases[number].request;
        let expected = self.reference.reserves(request);
        let answer = match answer {
            Reserved::Done => Reservation::Done,
            Reserved::Wait => Reservation::Wait,
            Reserved::UsedUp(_) => Reservation::UsedUp,
        };
        let is_paid = !claim.request.budgets.is_empty();
        assert_eq!(answer, if is_paid { expected } else { Reservation::Done });
        Ok(())
    }

    /// The claim that goes with a commit happens also when the commit is refused.
    fn turned_over(&mut self, worker: usize, claims: Claims) -> Result<(), Difference> {
        let expected = self.reference.claim(worker, 1);
        let requests: Vec<_> = expected.iter().map(|lease| Some(self.reference.leases[*lease].request)).collect();
        let claimed = self.numbers(claims.claims.iter().map(|claim| claim.lease.request));
        self.note(format_args!("worker {worker} goes on with requests {requests:?}"));
        same("the claimed requests", claimed, requests)?;
        for (lease, claim) in expected.iter().zip(&claims.claims) {
            let companions = some(&self.reference.leases[*lease].companions);
            same("the companions", self.numbers(ids(&claim.companions)), companions)?;
        }
        self.last_claims[worker] = (self.nonce, 1, expected);
        self.leases.extend(claims.claims);
        Ok(())
    }

    /// What the attempt under a lease commits.
    fn turn(&self, lease: usize, story_events: usize) -> Commit {
        let parent = self.reference.leases[lease].request;
        let prompts: Vec<String> = (0..story_events).map(|n| format!("story event {n} of {parent}")).collect();
        let claim = &self.leases[lease];
        let commit = turn(claim, &prompts.iter().map(String::as_str).collect::<Vec<_>>());
        let commit = Commit { used: Some(Spending { tokens: USED, cost: 0 }), ..commit };
        with_companions(commit, claim, &self.told(lease))
    }

    /// The companions that the attempt under a lease completes.
    fn told(&self, lease: usize) -> Vec<Companion> {
        let claim = &self.leases[lease];
        let narrated = claim.request.checkpoints.narration.as_ref();
        narrated.map_or(&claim.companions, |narrated| &narrated.also_told).clone()
    }
}
