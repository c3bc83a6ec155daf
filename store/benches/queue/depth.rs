//! What a turn costs when much waits, and when much lies behind it: as much as when there is little.

use std::time::Duration;

use hdrhistogram::Histogram;
use protocol::GameId;
use store::{SharedStore, Terms, WorkerId};
use story::ChatMessage;
use tokio::time::Instant;

use crate::load::{self, nonce};
use crate::target::StoreTarget;

/// Turns of one figure.
const TURNS: usize = 2_000;
/// How many enqueue at a time while a queue is filled.
const FILLERS: usize = 64;

/// Claim and commit with 10², 10⁴ and 10⁶ queued requests, all in one game and spread over up to 10⁵ games.
pub(crate) async fn run(target: &StoreTarget) {
    for (spread, most) in [("in one game", 1), ("spread over games", 100_000)] {
        for depth in [100, 10_000, 1_000_000] {
            let open = target.open().await;
            let games = load::games(&open.store, most.min(depth)).await;
            load::fill(&open.store, &games, depth, FILLERS).await;
            let took = turns(&open.store, None).await;
            println!("  {depth:>9} queued {spread:<17}: claim+commit {}", figures(&took));
        }
    }
}

/// A whole turn (enqueue, claim, commit) in a game with 10, 1,000 and 10,000 turns behind it.
pub(crate) async fn history(target: &StoreTarget) {
    for behind in [10, 1_000, 10_000] {
        let open = target.open().await;
        let game = GameId::new();
        let history: Vec<ChatMessage> = (0..behind)
            .flat_map(|n| {
                [ChatMessage::user(format!("turn {n}")), ChatMessage::assistant("The door opens.".repeat(20))]
            })
            .collect();
        let document = store::GameDocument { provider: "none".to_owned(), ..store::GameDocument::default() };
        open.store.create_game(game, &store::GameContents::new(document, history)).await.unwrap();
        let took = turns(&open.store, Some(game)).await;
        println!("  {behind:>9} turns behind: enqueue+claim+commit {}", figures(&took));
    }
}

/// One turn after the other; the queue stays as long as it is. Measures the message's way in too when it goes to `game`.
async fn turns(store: &SharedStore, game: Option<GameId>) -> Histogram<u64> {
    let worker = WorkerId::fixed("bench");
    let mut took = Histogram::<u64>::new(3).unwrap();
    for _ in 0..TURNS {
        let began = Instant::now();
        if let Some(game) = game {
            store.enqueue(&load::message(game, "0".to_owned()), &Terms::default()).await.unwrap();
        }
        let claim = store.claim(&worker, nonce(), 1).await.unwrap().claims.pop().unwrap();
        store.commit_and_claim(&claim.lease, &load::turn(&claim), &worker, nonce(), 0).await.committed.unwrap();
        let whole = began.elapsed();
        took.record(u64::try_from(whole.as_micros()).unwrap()).unwrap();
        if game.is_none() {
            store.enqueue(&load::message(claim.lease.game, "0".to_owned()), &Terms::default()).await.unwrap();
        }
    }
    took
}

fn figures(took: &Histogram<u64>) -> String {
    let us = |quantile: f64| took.value_at_quantile(quantile);
    format!("p50 {} µs, p99 {} µs (mean {:?})", us(0.5), us(0.99), Duration::from_micros(mean(took)))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "microseconds of a few milliseconds")]
fn mean(took: &Histogram<u64>) -> u64 {
    took.mean() as u64
}
