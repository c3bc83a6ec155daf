//! Idempotency keys: a message that is sent again is not said again.

use std::time::Duration;

use protocol::RequestStatus;
use store::{Enqueued, StoreOptions, Terms};
use tokio::time::Instant;

use crate::bench::Bench;
use crate::fixture::{
    accept, claim, claim_one, enqueue, failure, finish, keyed, message, new_game, options, request, run_all, until,
};

pub(crate) async fn a_message_that_is_sent_again_under_its_key_is_the_same_request(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let first = accept(&store, &message(game, "look"), &keyed("k", "look")).await;
    let again = async || {
        let before = bench.dump().await;
        let answer = accept(&store, &message(game, "look"), &keyed("k", "look")).await;
        assert_eq!((answer.id, answer.position, answer.cursor), (first.id, first.position, first.cursor));
        assert!(bench.dump().await == before);
        answer.status
    };

    assert_eq!(again().await, RequestStatus::Queued);
    let turn = claim_one(&store).await;
    assert_eq!(again().await, RequestStatus::Processing);
    finish(&store, &turn, &[]).await;
    assert_eq!(again().await, RequestStatus::Completed);
    assert_eq!(run_all(&store).await, Vec::<String>::new());
}

pub(crate) async fn a_key_that_stands_for_another_message_is_refused(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    accept(&store, &message(game, "look"), &keyed("k", "look")).await;
    let before = bench.dump().await;

    let other = store.enqueue(&message(game, "leave"), &keyed("k", "leave")).await.unwrap();

    assert_eq!(other, Enqueued::KeyReused);
    assert!(bench.dump().await == before);
    accept(&store, &message(game, "leave"), &keyed("another", "leave")).await;
    accept(&store, &message(game, "leave"), &Terms::default()).await;
}

pub(crate) async fn a_key_belongs_to_its_game(bench: Bench) {
    let store = bench.store().await;
    let (first, second) = (new_game(&store).await, new_game(&store).await);
    let terms = keyed("1", "look");
    let accepted = accept(&store, &message(first, "look"), &terms).await;
    let other = accept(&store, &message(second, "listen"), &keyed("1", "listen")).await;

    assert_ne!(accepted.id, other.id);
    let key = terms.key.unwrap();
    assert_eq!(store.find_key(first, &key).await.unwrap(), Some(Enqueued::Accepted(accepted)));
    assert_eq!(store.find_key(second, &key).await.unwrap(), Some(Enqueued::KeyReused));
}

pub(crate) async fn a_key_is_found_by_itself(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let key = |fingerprint| keyed("k", fingerprint).key.unwrap();
    assert_eq!(store.find_key(game, &key("look")).await.unwrap(), None);

    let accepted = accept(&store, &message(game, "look"), &keyed("k", "look")).await;

    assert_eq!(store.find_key(game, &key("look")).await.unwrap(), Some(Enqueued::Accepted(accepted)));
    assert_eq!(store.find_key(game, &key("leave")).await.unwrap(), Some(Enqueued::KeyReused));
}

pub(crate) async fn a_key_is_kept_for_its_time_after_the_request_has_ended(bench: Bench) {
    let store = bench
        .store_with(StoreOptions {
            status_ttl: Duration::from_millis(1),
            key_ttl: Duration::from_millis(300),
            ..options()
        })
        .await;
    let game = new_game(&store).await;
    let first = accept(&store, &message(game, "look"), &keyed("k", "look")).await;
    finish(&store, &claim_one(&store).await, &[]).await;
    let ended = Instant::now();

    let second = until("the end of the key", async || {
        let answer = accept(&store, &message(game, "look"), &keyed("k", "look")).await;
        if answer.id != first.id {
            return Some(answer);
        }
        assert_eq!(answer.status, RequestStatus::Completed, "the status is kept as long as the key");
        None
    })
    .await;
    assert!(ended.elapsed() >= Duration::from_millis(250), "it was kept for {:?}", ended.elapsed());
    assert_eq!(second.status, RequestStatus::Queued);
}

pub(crate) async fn a_dead_letter_keeps_its_key(bench: Bench) {
    let tiny = Duration::from_millis(1);
    let store = bench.store_with(StoreOptions { status_ttl: tiny, key_ttl: tiny, ..options() }).await;
    let game = new_game(&store).await;
    let first = accept(&store, &message(game, "look"), &keyed("k", "look")).await;
    store.fail(&claim_one(&store).await.lease, &failure()).await.unwrap();
    // Once a later request is forgotten, the time of this one would be over as well.
    let later = enqueue(&store, game, "listen").await;
    finish(&store, &claim_one(&store).await, &[]).await;
    let forgotten = async || store.request(later).await.unwrap().is_none().then_some(());
    until("the end of the later one", forgotten).await;
    // A store that keeps finished requests in a table clears it with the next claims.
    claim(&store, 1).await;

    let again = accept(&store, &message(game, "look"), &keyed("k", "look")).await;

    assert_eq!((again.id, again.status), (first.id, RequestStatus::Failed));
    assert_eq!(request(&store, first.id).await.status, RequestStatus::Failed);
    store.retry_dead_letter(first.id).await.unwrap();
    let again = accept(&store, &message(game, "look"), &keyed("k", "look")).await;
    assert_eq!((again.id, again.status), (first.id, RequestStatus::Queued));
}
