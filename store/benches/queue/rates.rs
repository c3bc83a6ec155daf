//! How many a second, and how soon.

use std::time::Duration;

use hdrhistogram::Histogram;
use store::{Enqueued, StoreOptions, Terms, WorkerId};
use tokio::time::Instant;

use crate::load::{self, Turn, nonce};
use crate::target::{self, Open, StoreTarget};

/// Requests of one figure.
const REQUESTS: usize = 20_000;
/// How often idle pickup is measured.
const PICKUPS: usize = 1_000;

/// The yardstick of what is done one at a time: how long a script that does nothing takes, here and by the same client.
async fn nothing(open: &Open) {
    let Some(mut connection) = open.connection().await else { return };
    let script = redis::Script::new("return 1");
    let mut took = Histogram::<u64>::new(3).unwrap();
    for _ in 0..REQUESTS {
        let began = Instant::now();
        script.invoke_async::<_, ()>(&mut connection).await.unwrap();
        took.record(u64::try_from(began.elapsed().as_micros()).unwrap()).unwrap();
    }
    let per_second = 1e6 / took.mean();
    println!("  a script that does nothing, one at a time: {per_second:.0}/s, p50 {} µs", took.value_at_quantile(0.5));
}

/// Enqueuing, and claim and commit in one round trip, by games and by how many do it at a time: `only` of them, as
/// `100x32`, where any are named.
pub(crate) async fn run(target: &StoreTarget, only: &[String]) {
    nothing(&target.open().await).await;
    for (kind, name) in [
        (Turn::Bare, "bare: 512 bytes of state and the three events of a turn"),
        (Turn::Whole, "whole: two messages written and 16 read besides"),
        (Turn::Narrated, "narrated: two chunks and two checkpoints as well, in steps of their own"),
    ] {
        println!("  {name}");
        println!(
            "  games  at a time   enqueue/s       cycles/s   the server's time (in scripts) + this process's, of each"
        );
        for games in [1, 100, 10_000] {
            for at_a_time in [1, 32, 64] {
                if only.is_empty() || only.contains(&format!("{games}x{at_a_time}")) {
                    measure(target, kind, games, at_a_time).await;
                }
            }
        }
    }
}

async fn measure(target: &StoreTarget, kind: Turn, games: usize, at_a_time: usize) {
    let total = if games == 1 || at_a_time == 1 { REQUESTS / 4 } else { REQUESTS }.max(games);
    let window = if kind == Turn::Bare { 0 } else { StoreOptions::default().history_window };
    let open = target.open_with_window(window).await;
    let ids = load::games(&open.store, games).await;
    let total = total / games * games;
    let before = Spent::so_far(&open).await;
    let enqueued = load::enqueue(&open.store, &ids, total, at_a_time).await;
    let between = Spent::so_far(&open).await;
    let worked = load::work(&open.store, total, at_a_time, kind).await;
    let after = Spent::so_far(&open).await;
    println!(
        "{games:>7} {at_a_time:>10} {:>11.0} {:>14.0}   {} | {}",
        rate(total, enqueued),
        rate(total, worked),
        before.until(&between, total),
        between.until(&after, total),
    );
}

/// Time spent by the server's main thread, by its scripts, and by this process: what limits a rate. It does not depend on what else runs on the machine.
struct Spent {
    server: Option<Duration>,
    scripts: Option<Duration>,
    here: Option<Duration>,
}

impl Spent {
    async fn so_far(open: &Open) -> Self {
        let (server, scripts) = open.server_time().await.unzip();
        Self { server, scripts, here: target::own_time() }
    }

    /// What each of `count` has cost.
    fn until(&self, later: &Self, count: usize) -> String {
        let each = |from: Option<Duration>, to: Option<Duration>| match (from, to) {
            (Some(from), Some(to)) => format!("{:>5.1}", micros(to.saturating_sub(from), count)),
            _ => "    -".to_owned(),
        };
        format!(
            "{} ({}) + {} µs",
            each(self.server, later.server),
            each(self.scripts, later.scripts),
            each(self.here, later.here)
        )
    }
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn micros(spent: Duration, count: usize) -> f64 {
    spent.as_secs_f64() * 1e6 / count as f64
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn rate(count: usize, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}

/// From the moment that a message is sent to the moment that an idle worker has it.
pub(crate) async fn pickup(target: &StoreTarget) {
    let open = target.open().await;
    let games = load::games(&open.store, PICKUPS).await;
    let worker = WorkerId::fixed("idle");
    let mut took = Histogram::<u64>::new(3).unwrap();
    // The first wait opens its connection.
    while tokio::time::timeout(Duration::from_millis(100), open.store.wait_for_work()).await.is_ok() {}
    for game in games {
        let request = load::message(game, "0".to_owned());
        let idle = async {
            loop {
                open.store.wait_for_work().await;
                if let Some(claim) = open.store.claim(&worker, nonce(), 5).await.unwrap().claims.pop() {
                    return (claim, Instant::now());
                }
            }
        };
        let speak = async {
            // It waits already when the message is sent.
            tokio::time::sleep(Duration::from_millis(2)).await;
            let sent = Instant::now();
            let answer = open.store.enqueue(&request, &Terms::default()).await.unwrap();
            assert!(matches!(answer, Enqueued::Accepted(_)), "{answer:?}");
            sent
        };
        let ((claim, picked_up), sent) = tokio::join!(idle, speak);
        took.record(u64::try_from(picked_up.duration_since(sent).as_micros()).unwrap()).unwrap();
        open.store.commit_and_claim(&claim.lease, &load::turn(&claim), &worker, nonce(), 0).await.committed.unwrap();
    }
    let ms = |quantile: f64| Duration::from_micros(took.value_at_quantile(quantile)).as_secs_f64() * 1000.0;
    println!("  idle pickup: p50 {:.2} ms, p99 {:.2} ms, longest {:.2} ms", ms(0.5), ms(0.99), ms(1.0));
}
