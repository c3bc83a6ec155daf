//! Makes the same moves on a store and on the reference model, and compares everything that can be seen.

mod compare;
mod workers;

use std::collections::BTreeSet;
use std::fmt::{Debug, Write};
use std::time::Duration;

use proptest::test_runner::TestCaseError;
use protocol::{EventId, GameId, IfBusy, Priority, RequestId};
use store::{
    Accepted, Bucket, Budget, Cancelled, Changed, Charge, Claim, Companion, DeadLetterRetry, Enqueued, GameChange,
    GameContents, GameDocument, IdempotencyKey, Limited, NewRequest, Order, ProviderOptions, Rate, SharedStore,
    StoreOptions, StoryEventPlacement, Terms, UsedUp,
};

use super::moves::{Move, Pick, Step, What};
use super::reference::{Answer, Circuit, Head, Reference};
use super::{BUDGET, COMPARED_AFTER, GAMES, HEAVY, LIMITS, PROVIDERS, SENT, TENANTS, UNFINISHED, WORKERS};
use crate::bench::Bench;
use crate::fair::{fair, owner_in};
use crate::fixture::{document, fault, game_id, message, options};

/// A store and its model. The numbers of games, requests and leases are the model's.
pub(super) struct Play {
    pub(super) reference: Reference,
    pub(super) games: Vec<GameId>,
    /// How far each game's log has been compared.
    read: Vec<Option<EventId>>,
    pub(super) requests: Vec<NewRequest>,
    /// Finished requests that have been compared; they are compared again when everything is over.
    settled: BTreeSet<usize>,
    leases: Vec<Claim>,
    /// The latest change of a game from outside a turn, and its outcome.
    pub(super) last_change: Option<(GameChange, Changed)>,
    /// Nonce, size and leases of each worker's last claim.
    last_claims: Vec<(u64, usize, Vec<usize>)>,
    /// How often the process of each worker was replaced.
    processes: [u32; WORKERS],
    nonce: u64,
    /// How many moves were made.
    made: usize,
    trace: String,
    pub(super) store: SharedStore,
    pub(super) bench: Bench,
}

/// What differs, for a person.
pub(super) type Difference = String;

/// Compares, and says what was compared when it differs.
#[expect(clippy::needless_pass_by_value, reason = "what is compared has just been read")]
pub(super) fn same<T: PartialEq + Debug>(what: &str, store: T, model: T) -> Result<(), Difference> {
    if store == model { Ok(()) } else { Err(format!("{what}: the store has {store:?}, the model {model:?}")) }
}

impl Play {
    pub(super) async fn begin(bench: Bench, placement: StoryEventPlacement, batch: usize, is_fair: bool) -> Self {
        let order = if is_fair { fair(&[(HEAVY, 2.0)]).order } else { Order::Arrival };
        // No probe is due before a move says so, also on a machine so slow that seconds pass between two moves.
        let probe_delay = Duration::from_hours(1);
        let providers = ProviderOptions { probe_delay, probe_delay_max: probe_delay, ..ProviderOptions::default() };
        let options = StoreOptions {
            story_events: placement,
            story_event_batch: batch,
            limits: LIMITS,
            order,
            providers,
            ..options()
        };
        let store = bench.store_with(options).await;
        // The model goes through the games by number. Where that shows, because several leases pass at once, a store goes by id.
        let mut games: Vec<GameId> = (0..GAMES).map(|_| game_id()).collect();
        games.sort_by_key(ToString::to_string);
        for (number, game) in games.iter().enumerate() {
            let document = GameDocument { provider: PROVIDERS[number].to_owned(), ..document() };
            let owner = Some(owner_in(TENANTS[number]));
            let contents = GameContents { owner, ..GameContents::new(document, Vec::new()) };
            store.create_game(*game, &contents).await.unwrap();
        }
        Self {
            reference: Reference::new(placement, batch, is_fair),
            games,
            read: vec![None; GAMES],
            requests: Vec::new(),
            settled: BTreeSet::new(),
            leases: Vec::new(),
            last_change: None,
            last_claims: vec![(0, 1, Vec::new()); WORKERS],
            processes: [0; WORKERS],
            nonce: 0,
            made: 0,
            trace: format!("story events are placed at {placement:?}, {batch} in a turn; in fair order: {is_fair}\n"),
            store,
            bench,
        }
    }

    /// The failure of a case, with everything that led to it.
    pub(super) fn failure(&self, difference: &Difference) -> TestCaseError {
        TestCaseError::fail(format!("{difference}\nafter these moves:\n{}", self.trace))
    }

    /// Makes a move. Its answer is compared; everything that the store keeps is compared after every [`COMPARED_AFTER`] moves.
    pub(super) async fn make(&mut self, next: &Move) -> Result<(), Difference> {
        match *next {
            Move::Enqueue { game, if_busy, priority } => self.enqueue(game, if_busy, priority, None).await?,
            Move::EnqueueUnder { game, key, words } => {
                self.enqueue(game, IfBusy::Enqueue, Priority::Normal, Some((key, words))).await?;
            }
            Move::EnqueueAgain { request } => self.enqueue_again(request).await?,
            Move::Cancel { request } => self.cancel(request).await?,
            Move::RetryDeadLetter { request } => self.retry_dead_letter(request).await?,
            Move::Forget { request } => self.forget(request).await?,
            Move::ClearStoryEvents { game } => self.clear_story_events(game).await?,
            Move::Halt { what } => self.halt(what).await?,
            Move::Resume { what } => self.resume(what).await?,
            Move::Inspect => self.inspect().await?,
            Move::Rewind { game, to, if_busy, plays_on } => self.rewind(game, to, if_busy, plays_on).await?,
            Move::LeaveAndReturn { game } => self.leave_and_return(game).await?,
            Move::Rest { game } => self.rest(game).await?,
            Move::RewindAgain => self.rewind_again().await?,
            Move::Stop { request } => self.stop(request).await?,
            Move::Claim { worker, max } => self.claim(worker, max).await?,
            Move::ClaimAgain { worker } => self.claim_again(worker).await?,
            Move::Heartbeat { worker } => self.heartbeat(worker).await?,
            Move::Restart { worker } => self.restart(worker).await?,
            Move::Expire { game } => {
                if matches!(self.reference.games[game].head, Head::Leased(_)) {
                    self.note(format_args!("the lease of game {game} passes"));
                    self.bench.expire_lease(self.games[game]).await;
                    self.reference.games[game].head = Head::Abandoned;
                }
            }
            Move::EndBackoff { game } => {
                if self.reference.games[game].head == Head::Delayed {
                    self.note(format_args!("the back-off of game {game} passes"));
                    self.bench.end_backoff(self.games[game]).await;
                    self.reference.games[game].head = Head::DelayOver;
                }
            }
            Move::EndProbeWait { game } => {
                // A provider that is closed has no wait that could end.
                if self.reference.circuit_of(game) != Circuit::Closed {
                    self.note(format_args!("the provider of game {game} may be probed"));
                    self.bench.end_probe_wait(self.games[game], PROVIDERS[game]).await;
                    self.reference.end_probe_wait(game);
                }
            }
            Move::ProviderFault { game } => {
                self.note(format_args!("the provider of game {game} has a fault"));
                self.store.record_provider_fault(&fault(PROVIDERS[game])).await.map_err(text)?;
                self.reference.fault(game, None);
            }
            Move::ProviderSuccess { game } => {
                self.note(format_args!("the provider of game {game} works"));
                self.store.record_provider_success(PROVIDERS[game]).await.map_err(text)?;
                self.reference.success(game);
            }
            Move::Use { lease, step } => {
                if let Some(lease) = self.pick(lease) {
                    self.step(lease, step).await?;
                }
            }
        }
        self.made += 1;
        if self.made.is_multiple_of(COMPARED_AFTER) { self.compare().await } else { Ok(()) }
    }

    /// Lets everything run to its end: nothing that was accepted may be left over.
    pub(super) async fn drain(&mut self) -> Result<(), Difference> {
        self.make(&Move::Resume { what: What::Everything }).await?;
        for game in 0..GAMES {
            self.make(&Move::Resume { what: What::ProviderOf(game) }).await?;
            self.make(&Move::Resume { what: What::TenantOf(game) }).await?;
            self.make(&Move::Resume { what: What::Game(game) }).await?;
            self.make(&Move::Expire { game }).await?;
            self.make(&Move::EndBackoff { game }).await?;
            self.make(&Move::ProviderSuccess { game }).await?;
        }
        while self.reference.games.iter().any(|game| !game.lane.is_empty()) {
            let before = self.leases.len();
            self.make(&Move::Claim { worker: 0, max: GAMES }).await?;
            for lease in before..self.leases.len() {
                self.step(lease, Step::Commit { story_events: 0 }).await?;
            }
        }
        self.settled.clear();
        self.compare().await?;
        self.inspect().await?;
        self.letters().await?;
        let finished = self.reference.requests.iter().all(|request| request.status.is_terminal());
        same("every accepted request is finished", true, finished)
    }

    pub(super) fn note(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.trace, "  {line}");
    }

    /// Requests by the model's numbers, which a person can follow; `None` is one that the model does not know.
    fn numbers(&self, ids: impl IntoIterator<Item = RequestId>) -> Vec<Option<usize>> {
        ids.into_iter().map(|id| self.requests.iter().position(|request| request.id == id)).collect()
    }

    fn pick(&self, pick: Pick) -> Option<usize> {
        let all = 0..self.leases.len();
        let (among, at): (Vec<usize>, usize) = match pick {
            Pick::Held(at) => (all.filter(|lease| self.reference.holds(*lease)).collect(), at),
            Pick::Any(at) => (all.collect(), at),
        };
        (!among.is_empty()).then(|| among[at % among.len()])
    }

    async fn enqueue(
        &mut self,
        game: usize,
        if_busy: IfBusy,
        priority: Priority,
        key: Option<(usize, usize)>,
    ) -> Result<(), Difference> {
        let number = self.requests.len();
        let budgets = vec![budget(game)];
        let request = NewRequest { priority, budgets, ..message(self.games[game], &format!("message {number}")) };
        let named = |(key, words): (usize, usize)| IdempotencyKey {
            key: format!("key {key}"),
            fingerprint: format!("words {words}"),
        };
        let charge = Charge {
            bucket: sender(game),
            // Nothing of it is free again while an interleaving is played.
            rate: Some(Rate { count: SENT, period: Duration::from_hours(1000), taken: 1 }),
            unfinished: Some(UNFINISHED),
        };
        let terms = Terms { if_busy, key: key.map(named), charges: vec![charge] };
        let answer = self.store.enqueue(&request, &terms).await.map_err(text)?;
        let expected = self.reference.send(game, if_busy, key, priority, &request.message);
        self.note(format_args!(
            "game {game} is sent request {number} of {priority} priority with {terms:?}: {expected:?}"
        ));
        if self.reference.requests.len() > number {
            self.requests.push(request);
        }
        match expected {
            Answer::Accepted(number) => self.accepted(number, &answer),
            Answer::Busy => same("the answer", answer, Enqueued::Busy),
            Answer::KeyReused => same("the answer", answer, Enqueued::KeyReused),
            Answer::LaneFull => same("the answer", answer, Enqueued::LaneFull),
            Answer::QueueFull => same("the answer", answer, Enqueued::QueueFull),
            Answer::RateLimited => {
                let is_limited = matches!(answer, Enqueued::Limited(Limited::Rate { charge: 0, .. }));
                same(&format!("{answer:?} is the limit of a rate"), is_limited, true)
            }
            Answer::TooManyUnfinished => {
                same("the answer", answer, Enqueued::Limited(Limited::Unfinished { charge: 0 }))
            }
            Answer::UsedUp => {
                let is_used_up = matches!(answer, Enqueued::Limited(Limited::Budget(UsedUp { budget: 0, .. })));
                same(&format!("{answer:?} is a budget that is used up"), is_used_up, true)
            }
        }
    }

    async fn enqueue_again(&mut self, pick: usize) -> Result<(), Difference> {
        let Some(number) = self.pick_request(pick) else { return Ok(()) };
        let answer = self.store.enqueue(&self.requests[number], &Terms::default()).await.map_err(text)?;
        self.note(format_args!("request {number} is sent again: {answer:?}"));
        self.accepted(number, &answer)
    }

    pub(super) fn accepted(&self, number: usize, answer: &Enqueued) -> Result<(), Difference> {
        let Enqueued::Accepted(Accepted { id, status, position, priority, cursor }) = answer else {
            return Err(format!("{answer:?}"));
        };
        let model = &self.reference.requests[number];
        let (ahead, offset) = model.accepted_at;
        same("the request", self.numbers([*id]), vec![Some(number)])?;
        same("status and priority", (*status, *priority), (model.status, model.priority))?;
        same("position and cursor", (*position, cursor.offset), (ahead as u64, offset as u64))
    }

    pub(super) fn pick_request(&self, pick: usize) -> Option<usize> {
        (!self.requests.is_empty()).then(|| pick % self.requests.len())
    }

    async fn cancel(&mut self, pick: usize) -> Result<(), Difference> {
        let Some(number) = self.pick_request(pick) else { return Ok(()) };
        let answer = self.store.cancel(self.requests[number].id).await.map_err(text)?;
        let expected = self.reference.cancel(number).map_or(Cancelled::Done, Cancelled::Finished);
        self.note(format_args!("request {number} is cancelled: {expected:?}"));
        same("the answer", answer, expected)
    }

    async fn retry_dead_letter(&mut self, pick: usize) -> Result<(), Difference> {
        let Some(number) = self.pick_request(pick) else { return Ok(()) };
        let answer = self.store.retry_dead_letter(self.requests[number].id).await.map_err(text)?;
        let retried = self.reference.retry_dead_letter(number);
        self.note(format_args!("request {number} is to be tried again: {answer:?}"));
        self.settled.remove(&number);
        match answer {
            DeadLetterRetry::Queued(accepted) if retried => self.accepted(number, &Enqueued::Accepted(accepted)),
            answer => same("whether it is retried", answer != DeadLetterRetry::Unknown, retried),
        }
    }

    async fn forget(&mut self, pick: usize) -> Result<(), Difference> {
        let Some(number) = self.pick_request(pick) else { return Ok(()) };
        // While it is still there.
        self.compare().await?;
        let answer = self.store.delete_dead_letter(self.requests[number].id).await.map_err(text)?;
        self.note(format_args!("the dead letter of request {number} is deleted: {answer}"));
        same("whether there was a dead letter", answer, self.reference.forget(number))
    }

    async fn clear_story_events(&mut self, game: usize) -> Result<(), Difference> {
        let (depth, shown) = self.store.story_events(self.games[game], 1).await.map_err(text)?;
        let answer = self.store.clear_story_events(self.games[game]).await.map_err(text)?;
        let expected = self.reference.clear_story_events(game) as u64;
        self.note(format_args!("the story events of game {game} are cleared: {answer}"));
        same("how many story events there were", (depth, answer), (expected, expected))?;
        same("how many of them are shown", shown.len() as u64, expected.min(1))
    }

    async fn inspect(&mut self) -> Result<(), Difference> {
        let inspection = self.store.inspect(false).await.map_err(text)?;
        let unfinished = self.reference.games.iter().map(|game| game.lane.len() as u64).sum();
        same("what is inspected", (inspection.games, inspection.requests), (GAMES as u64, unfinished))?;
        same("contradictions", inspection.inconsistencies, Vec::new())
    }

    /// Dead letters, the latest first, each with how its attempts ended.
    async fn letters(&mut self) -> Result<(), Difference> {
        let page = self.store.dead_letters(None, 100).await.map_err(text)?;
        let found: Vec<_> = page
            .dead_letters
            .iter()
            .map(|letter| {
                let outcomes = letter.attempts.iter().map(|attempt| attempt.outcome).collect::<Vec<_>>();
                (self.numbers([letter.request_id])[0], outcomes)
            })
            .collect();
        let attempts = |number: &usize| (Some(*number), self.reference.requests[*number].attempts.clone());
        same("dead letters", found, self.reference.letters.iter().rev().map(attempts).collect())
    }
}

/// Who sends the messages of a game.
pub(super) fn sender(game: usize) -> Bucket {
    Bucket::from(format!("sender-of-{}", PROVIDERS[game]))
}

/// What pays for them.
pub(super) fn budget(game: usize) -> Budget {
    Budget { bucket: sender(game), tokens_a_day: Some(BUDGET), cost_a_month: None }
}

pub(super) fn ids(companions: &[Companion]) -> impl Iterator<Item = RequestId> {
    companions.iter().map(|companion| companion.request_id)
}

pub(super) fn some(numbers: &[usize]) -> Vec<Option<usize>> {
    numbers.iter().copied().map(Some).collect()
}

pub(super) fn text(error: impl std::fmt::Display) -> Difference {
    error.to_string()
}
