//! Budgets: what turns may use is reserved before it is used, counted once, and free again with time.

use std::time::Duration;

use protocol::{GameId, RequestId, RequestStatus};
use store::{
    Bucket, Budget, Changed, Claim, Commit, Enqueued, GameChange, IdempotencyKey, Limited, NewRequest, Reserved,
    SharedStore, Spending, Spent, StoreError, Terms, UsedUp,
};

use crate::bench::Bench;
use crate::fixture::{
    accept, claim as claim_all, claim_one, commit_only, completion, failure, fault, finish, message, new_game, request,
    turn,
};
use crate::rewind::back_to_before;

const HOUR: Duration = Duration::from_hours(1);

fn budget(bucket: &str, tokens: u64) -> Budget {
    Budget { bucket: bucket.into(), tokens_a_day: Some(tokens), cost_a_month: None }
}

fn tokens(tokens: u64) -> Spending {
    Spending { tokens, cost: 0 }
}

fn paid(game: GameId, text: &str, budgets: &[Budget]) -> NewRequest {
    NewRequest { budgets: budgets.to_vec(), ..message(game, text) }
}

/// Sends a message and claims it.
async fn begin(store: &SharedStore, game: GameId, budgets: &[Budget]) -> Claim {
    accept(store, &paid(game, "look", budgets), &Terms::default()).await;
    claim_one(store).await
}

async fn reserve(store: &SharedStore, claim: &Claim, most: Spending) -> Reserved {
    store.reserve(&claim.lease, &claim.request.budgets, most).await.unwrap()
}

async fn used(store: &SharedStore, bucket: &str) -> Spending {
    store.used(&[Bucket::from(bucket)]).await.unwrap()[0]
}

async fn end(store: &SharedStore, claim: &Claim, used: Option<Spending>) {
    let commit = Commit { used, ..turn(claim, &[]) };
    commit_only(store, &claim.lease, &commit).await.unwrap();
}

/// A turn that uses so much.
async fn use_up(store: &SharedStore, game: GameId, budgets: &[Budget], spending: Spending) {
    let claim = begin(store, game, budgets).await;
    assert_eq!(reserve(store, &claim, spending).await, Reserved::Done);
    end(store, &claim, Some(spending)).await;
}

/// How a message is refused that changes nothing.
async fn refused(bench: &Bench, store: &SharedStore, game: GameId, budgets: &[Budget]) -> UsedUp {
    let before = bench.dump().await;
    let answer = store.enqueue(&paid(game, "one more", budgets), &Terms::default()).await.unwrap();
    let Enqueued::Limited(Limited::Budget(used_up)) = answer else { panic!("{answer:?}") };
    assert!(bench.dump().await == before, "a refused message has left something behind");
    used_up
}

pub(crate) async fn a_budget_that_is_used_up_refuses_messages_and_takes_turns_no_more(bench: Bench) {
    let store = bench.store().await;
    let (game, other) = (new_game(&store).await, new_game(&store).await);
    let ada = [budget("user:ada", 100)];
    use_up(&store, game, &ada, tokens(60)).await;
    // There is room, so both are accepted; the first turn takes it.
    let first = begin(&store, game, &ada).await;
    let second = begin(&store, other, &ada).await;
    assert_eq!(reserve(&store, &first, tokens(60)).await, Reserved::Done);

    let before = bench.dump().await;
    assert_eq!(reserve(&store, &second, tokens(1)).await, Reserved::Wait);
    assert!(bench.dump().await == before, "what is not reserved has left something behind");
    // A message is still accepted: most of what is reserved comes back. Here it does, and the turn that could reserve nothing can.
    accept(&store, &paid(game, "and then", &ada), &Terms::default()).await;
    end(&store, &first, Some(tokens(10))).await;
    assert_eq!(reserve(&store, &second, tokens(1)).await, Reserved::Done);
    end(&store, &second, Some(tokens(30))).await;
    let third = claim_one(&store).await;
    let Reserved::UsedUp(used_up) = reserve(&store, &third, tokens(1)).await else { panic!("it is reserved") };
    assert_eq!((used_up.budget, used_up.what), (0, Spent::Tokens));
    // The hour that has begun counts until it has been past for a day.
    assert!(used_up.retry_after > 23 * HOUR && used_up.retry_after <= 25 * HOUR, "{:?}", used_up.retry_after);
    assert_eq!(refused(&bench, &store, game, &ada).await.what, Spent::Tokens);
    // Nobody else is concerned.
    accept(&store, &paid(other, "of another", &[budget("user:bob", 100)]), &Terms::default()).await;
}

pub(crate) async fn what_is_used_takes_the_place_of_what_was_reserved(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let both = [budget("user:ada", 1000), budget("tenant:acme", 1000)];
    let claim = begin(&store, game, &both).await;
    reserve(&store, &claim, Spending { tokens: 500, cost: 90 }).await;
    for bucket in ["user:ada", "tenant:acme"] {
        assert_eq!(used(&store, bucket).await, Spending { tokens: 500, cost: 90 });
    }
    // The step is repeated, as after an answer that was lost.
    for _ in 0..2 {
        end(&store, &claim, Some(Spending { tokens: 120, cost: 7 })).await;
    }
    for bucket in ["user:ada", "tenant:acme"] {
        assert_eq!(used(&store, bucket).await, Spending { tokens: 120, cost: 7 });
    }
}

pub(crate) async fn a_turn_of_which_nobody_knows_what_it_used_keeps_what_it_reserved(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let claim = begin(&store, game, &[budget("user:ada", 1000)]).await;
    reserve(&store, &claim, tokens(500)).await;
    end(&store, &claim, None).await;
    assert_eq!(used(&store, "user:ada").await, tokens(500));
}

pub(crate) async fn a_reservation_that_is_repeated_counts_once(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let claim = begin(&store, game, &[budget("user:ada", 10)]).await;
    reserve(&store, &claim, tokens(500)).await;
    let before = bench.dump().await;
    // It uses the budget up, and is still its own.
    assert_eq!(reserve(&store, &claim, tokens(500)).await, Reserved::Done);
    assert!(bench.dump().await == before);
}

pub(crate) async fn what_an_attempt_that_fails_has_reserved_stays_used(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let claim = begin(&store, game, &[budget("user:ada", 100)]).await;
    reserve(&store, &claim, tokens(50)).await;
    store.retry(&claim.lease, Duration::ZERO, &failure()).await.unwrap();
    bench.end_backoff(game).await;

    let again = claim_one(&store).await;
    assert_eq!(reserve(&store, &again, tokens(70)).await, Reserved::Done);
    assert_eq!(used(&store, "user:ada").await, tokens(120));
    // A turn that has begun goes on, whatever is used.
    store.retry(&again.lease, Duration::ZERO, &failure()).await.unwrap();
    bench.end_backoff(game).await;
    let third = claim_one(&store).await;
    assert_eq!(reserve(&store, &third, tokens(3)).await, Reserved::Done);
    end(&store, &third, Some(tokens(1))).await;
    assert_eq!(used(&store, "user:ada").await, tokens(121));
}

pub(crate) async fn an_attempt_puts_another_amount_in_the_place_of_its_own(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let claim = begin(&store, game, &[budget("user:ada", 100)]).await;
    for amount in [500, 0, 70] {
        assert_eq!(reserve(&store, &claim, tokens(amount)).await, Reserved::Done);
        assert_eq!(used(&store, "user:ada").await, tokens(amount));
    }
}

pub(crate) async fn a_turn_that_is_postponed_comes_back_and_its_attempt_is_not_counted(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let claim = begin(&store, game, &[budget("user:ada", 100)]).await;
    // The step is repeated, as after an answer that was lost.
    for _ in 0..2 {
        store.postpone(&claim.lease, HOUR).await.unwrap();
    }
    assert!(claim_all(&store, 9).await.is_empty());
    let waiting = request(&store, claim.lease.request).await;
    assert_eq!((waiting.status, waiting.attempt.0), (RequestStatus::Queued, 0));
    assert!(waiting.not_before.is_some() && waiting.error.is_none());
    bench.end_backoff(game).await;

    let again = claim_one(&store).await;
    assert_eq!(again.lease.attempt.0, 1);
    assert!(store.attempts(again.lease.request).await.unwrap().is_empty());
}

pub(crate) async fn an_attempt_without_its_lease_reserves_nothing(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let claim = begin(&store, game, &[budget("user:ada", 100)]).await;
    bench.expire_lease(game).await;
    let answer = store.reserve(&claim.lease, &claim.request.budgets, tokens(5)).await;
    assert!(matches!(answer, Err(StoreError::LeaseLost)), "{answer:?}");
    assert_eq!(used(&store, "user:ada").await, Spending::default());
}

pub(crate) async fn a_provider_that_is_at_fault_costs_nothing_until_it_has_narrated(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let claim = begin(&store, game, &[budget("user:ada", 100)]).await;
    let provider = claim.provider.name.clone();
    reserve(&store, &claim, tokens(40)).await;
    store.pause(&claim.lease, &fault(&provider)).await.unwrap();
    assert_eq!(used(&store, "user:ada").await, Spending::default());

    bench.end_probe_wait(game, &provider).await;
    let again = claim_one(&store).await;
    reserve(&store, &again, tokens(40)).await;
    store.checkpoint_narration(&again.lease, 1, "", &completion("text")).await.unwrap();
    store.pause(&again.lease, &fault(&provider)).await.unwrap();
    assert_eq!(used(&store, "user:ada").await, tokens(40));
}

pub(crate) async fn what_ends_otherwise_has_used_what_it_reserved(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let budgets = [budget("user:ada", 1000)];
    let failed = begin(&store, game, &budgets).await;
    reserve(&store, &failed, tokens(1)).await;
    store.fail(&failed.lease, &failure()).await.unwrap();
    let cancelled = begin(&store, game, &budgets).await;
    reserve(&store, &cancelled, tokens(20)).await;
    store.cancel(cancelled.lease.request).await.unwrap();
    assert_eq!(used(&store, "user:ada").await, tokens(21));
    // A dead letter that is tried again is paid for again.
    store.retry_dead_letter(failed.lease.request).await.unwrap();
    let again = claim_one(&store).await;
    reserve(&store, &again, tokens(300)).await;
    end(&store, &again, Some(tokens(100))).await;
    assert_eq!(used(&store, "user:ada").await, tokens(121));
}

pub(crate) async fn tokens_count_for_a_day_and_cost_for_a_month(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let budgets = [Budget { bucket: "user:ada".into(), tokens_a_day: Some(100), cost_a_month: Some(100) }];
    use_up(&store, game, &budgets, Spending { tokens: 100, cost: 0 }).await;
    assert_eq!(refused(&bench, &store, game, &budgets).await.what, Spent::Tokens);
    bench.let_hours_pass(game, "user:ada", 24).await;
    assert_eq!(refused(&bench, &store, game, &budgets).await.what, Spent::Tokens, "an hour that is not whole counts");
    bench.let_hours_pass(game, "user:ada", 1).await;
    assert_eq!(used(&store, "user:ada").await, Spending::default());

    use_up(&store, game, &budgets, Spending { tokens: 0, cost: 100 }).await;
    let used_up = refused(&bench, &store, game, &budgets).await;
    assert_eq!(used_up.what, Spent::Cost);
    assert!(used_up.retry_after > 29 * 24 * HOUR && used_up.retry_after <= 31 * 24 * HOUR, "{:?}", used_up.retry_after);
    bench.let_hours_pass(game, "user:ada", 24 * 30).await;
    assert_eq!(refused(&bench, &store, game, &budgets).await.what, Spent::Cost, "a day that is not whole counts");
    bench.let_hours_pass(game, "user:ada", 24).await;
    use_up(&store, game, &budgets, Spending { tokens: 1, cost: 1 }).await;
}

pub(crate) async fn the_first_budget_that_is_used_up_is_named(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    use_up(&store, game, &[budget("tenant:acme", 5)], tokens(5)).await;
    let both = [budget("user:ada", 5), budget("tenant:acme", 5)];
    assert_eq!(refused(&bench, &store, game, &both).await.budget, 1);
}

pub(crate) async fn a_change_that_plays_on_needs_a_budget_and_one_that_does_not_needs_none(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let ada = [budget("user:ada", 5)];
    use_up(&store, game, &ada, tokens(5)).await;
    let change = back_to_before(&store, game, 1).await;
    let plays_on = GameChange {
        key: IdempotencyKey { key: "plays on".to_owned(), ..change.key.clone() },
        request: Some(paid(game, "otherwise", &ada)),
        ..change.clone()
    };
    let before = bench.dump().await;
    let answer = store.change_game(&plays_on).await.unwrap();
    assert!(matches!(answer, Changed::Limited(Limited::Budget(_))), "{answer:?}");
    assert!(bench.dump().await == before, "a refused change has left something behind");
    assert!(matches!(store.change_game(&change).await.unwrap(), Changed::Done(_)));
}

pub(crate) async fn story_events_are_paid_by_who_has_set_them_off(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let ada = [budget("user:ada", 100)];
    let claim = begin(&store, game, &ada).await;
    finish(&store, &claim, &["the wind turns"]).await;
    let event = claim_one(&store).await;
    assert_eq!(event.request.budgets, ada);
    reserve(&store, &event, tokens(3)).await;
    assert_eq!(used(&store, "user:ada").await, tokens(3));
    let id: RequestId = event.lease.request;
    assert_eq!(store.request(id).await.unwrap().unwrap().budgets, ada);
}

pub(crate) async fn what_no_longer_counts_is_not_kept(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let budgets = [budget("user:ada", 100)];
    use_up(&store, game, &budgets, tokens(1)).await;
    let kept = bench.dump().await;
    for _ in 0..3 {
        bench.let_hours_pass(game, "user:ada", 24 * 40).await;
        use_up(&store, game, &budgets, tokens(1)).await;
    }
    assert_eq!(bench.slots_used(game, "user:ada").await, 2, "{kept:?}");
}
