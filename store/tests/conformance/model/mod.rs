//! Random interleavings of everything that clients, workers and time do to a store, checked against a small
//! reference model.
//!
//! A failure shrinks to a few moves and prints them with what each was answered. `PROPTEST_CASES` sets how many
//! interleavings are tried on each backend, 250 by default.

mod halt;
mod leaving;
mod moves;
mod play;
mod reference;
mod rewind;

use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use store::{Limits, StoryEventPlacement};
use tokio::runtime::Runtime;

use self::moves::Move;
use self::play::Play;
use crate::bench::Bench;
use crate::redis_server::RedisServer;

/// How many games there are.
const GAMES: usize = 4;
/// The provider of each game.
const PROVIDERS: [&str; GAMES] = ["offline", "offline", "other", "offline"];
/// The tenant of each game. Two of a tenant wait for the same provider, so that their priorities count.
const TENANTS: [&str; GAMES] = ["red", "blue", "red", "red"];
/// The tenant that has twice the weight of others.
const HEAVY: &str = "blue";
/// How many workers claim.
const WORKERS: usize = 2;
/// How much may wait: so little that it is reached now and then.
const LIMITS: Limits = Limits { queued: 9, lane: 6 };
/// How many messages the sender of a game may send while an interleaving is played. Games of the same provider have the same sender.
const SENT: u64 = 12;
/// How often a sender may take games back, whether they play on from there or not.
const TAKEN_BACK: u64 = 1;
/// How many of them may be unfinished.
const UNFINISHED: u64 = 4;
/// How many tokens the sender of a game may use.
const BUDGET: u64 = 20;
/// How many of them a turn uses that has reserved some.
const USED: u64 = 2;
/// How many story events a turn tells at most, in half of the interleavings; in the others each is told by itself.
const BATCH: usize = 3;
/// After how many moves everything that the store keeps is compared. What a move answers is always compared. More than half of the time went
/// into comparing after each move, and the same time finds more in more interleavings.
const COMPARED_AFTER: usize = 4;
/// How many moves an interleaving has at most.
const MOVES: usize = 60;

fn interleavings() -> impl Strategy<Value = (StoryEventPlacement, usize, bool, Vec<Move>)> {
    let placement = prop_oneof![Just(StoryEventPlacement::Tail), Just(StoryEventPlacement::Next)];
    // In fair order, or in order of arrival.
    (placement, prop_oneof![Just(1), Just(BATCH)], any::<bool>(), prop::collection::vec(moves::any_move(), 1..=MOVES))
}

/// Plays random interleavings, each on a fresh bench.
fn play_on(runtime: &Runtime, fresh: impl Fn(usize) -> Bench) {
    let mut config = Config { failure_persistence: None, ..Config::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 250;
    }
    let played = std::cell::Cell::new(0);
    let result = TestRunner::new(config).run(&interleavings(), |(placement, batch, is_fair, moves)| {
        played.set(played.get() + 1);
        let bench = fresh(played.get());
        runtime.block_on(async {
            let mut play = Play::begin(bench, placement, batch, is_fair).await;
            for next in moves {
                play.make(&next).await.map_err(|reason| play.failure(&reason))?;
            }
            play.drain().await.map_err(|reason| play.failure(&reason))
        })
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

#[test]
fn redis_behaves_as_the_reference_model_does() {
    let runtime = Runtime::new().unwrap();
    let Some(server) = runtime.block_on(RedisServer::start(false)) else { return };
    let server = Arc::new(server);
    play_on(&runtime, |case| Bench::redis(Arc::clone(&server), &format!("case-{case}:")));
}

#[test]
fn embedded_behaves_as_the_reference_model_does() {
    play_on(&Runtime::new().unwrap(), |_| Bench::embedded());
}
