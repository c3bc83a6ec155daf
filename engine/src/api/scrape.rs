//! `GET /metrics`: what the process has recorded, with the store's figures as of now if the store has them at once.

use std::time::Duration;

use metrics::{counter, gauge};
use protocol::{Circuit, Pause, PauseScope, ProviderView, QueueView};
use store::{SharedStore, StoreError, StoreFigures};
use tokio::time::timeout;

use super::breakdown::Breakdown;
use super::probe::StoreProbe;
use crate::telemetry::metrics::{Metrics, float};

/// How long a scrape waits for the store. One that is away must not make the other metrics late.
const SCRAPE_LIMIT: Duration = Duration::from_millis(50);

/// What a store says in a scrape.
type Figures = (QueueView, StoreFigures, Vec<ProviderView>, Vec<Pause>);

/// Every metric.
pub(super) async fn render(
    store: &SharedStore,
    probe: &StoreProbe,
    metrics: &Metrics,
    breakdown: &Breakdown,
) -> String {
    let probe = probe.clone();
    // Its gauges are those of this scrape if the store is quick, and of the next one if not.
    let probing = tokio::spawn(async move { drop(probe.writable().await) });
    let looking = tokio::spawn(breakdown.clone().refresh());
    let found = timeout(SCRAPE_LIMIT, async { tokio::join!(read(store), probing, looking).0 }).await;
    let set = || match found {
        Ok(Ok((queue, figures, providers, pauses))) => {
            set_queue(Some(&queue));
            set_figures(&figures);
            providers.iter().for_each(set_provider);
            set_pauses(&pauses);
        }
        Ok(Err(_)) => set_queue(None),
        // Slow, or frozen: what was known stays.
        Err(_) => {}
    };
    metrics.render(set) + &breakdown.render()
}

async fn read(store: &SharedStore) -> Result<Figures, StoreError> {
    let (queue, figures, providers, pauses) =
        tokio::join!(store.queue(), store.figures(), store.providers(), store.pauses());
    Ok((queue?, figures?, providers?, pauses?))
}

/// Sets the queue's gauges; to NaN where nothing is known.
fn set_queue(queue: Option<&QueueView>) {
    let number = |of: fn(&QueueView) -> u64| queue.map_or(f64::NAN, |queue| float(of(queue)));
    gauge!("story_engine_queue_depth").set(number(|queue| queue.depth));
    for (kind, depth) in [
        ("chat", number(|queue| queue.depth.saturating_sub(queue.story_events))),
        ("story_event", number(|queue| queue.story_events)),
    ] {
        gauge!("story_engine_queue_depth_by_type", "type" => kind).set(depth);
    }
    gauge!("story_engine_games_ready").set(number(|queue| queue.ready));
    gauge!("story_engine_games_delayed").set(number(|queue| queue.delayed));
    gauge!("story_engine_games_paused").set(number(|queue| queue.paused));
    gauge!("story_engine_games_active").set(number(|queue| queue.active));
    gauge!("story_engine_dead_letters").set(number(|queue| queue.dead_letters));
    gauge!("story_engine_workers").set(number(|queue| queue.workers));
    gauge!("story_engine_queue_oldest_age_seconds").set(number(|queue| queue.oldest_age_ms) / 1000.0);
}

fn set_figures(figures: &StoreFigures) {
    gauge!("story_engine_store_used_bytes").set(float(figures.used_bytes));
    gauge!("story_engine_store_limit_bytes").set(float(figures.limit_bytes.unwrap_or_default()));
    counter!("story_engine_leases_expired_total").absolute(figures.leases_expired);
    for (slug, total) in &figures.failed {
        counter!("story_engine_requests_failed_total", "cause" => slug.clone()).absolute(*total);
    }
}

fn set_provider(provider: &ProviderView) {
    let name = || provider.name.clone();
    for (state, circuit) in [("closed", Circuit::Closed), ("open", Circuit::Open), ("half_open", Circuit::HalfOpen)] {
        gauge!("story_engine_provider_circuit", "provider" => name(), "state" => state)
            .set(f64::from(u8::from(provider.circuit == circuit)));
    }
    gauge!("story_engine_provider_games_waiting", "provider" => name()).set(float(provider.waiting));
    gauge!("story_engine_provider_slots_busy", "provider" => name()).set(float(provider.in_use));
}

fn set_pauses(pauses: &[Pause]) {
    let set = |name: &'static str, is_one: fn(&PauseScope) -> bool| {
        let count = pauses.iter().filter(|pause| is_one(&pause.what)).count() as u64;
        gauge!("story_engine_pauses", "scope" => name).set(float(count));
    };
    set("all", |what| matches!(what, PauseScope::All {}));
    set("provider", |what| matches!(what, PauseScope::Provider { .. }));
    set("tenant", |what| matches!(what, PauseScope::Tenant { .. }));
    set("game", |what| matches!(what, PauseScope::Game { .. }));
    set("worker", |what| matches!(what, PauseScope::Worker { .. }));
}
