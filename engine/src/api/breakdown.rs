//! What waits, apart for each tenant and for each tier, as `/metrics` shows it.
//!
//! No store counts by tenant: each step would pay for it. The oldest requests that wait are read a page at a time, outside of the scrape if that takes
//! longer than one may, and not more often than a scraper asks. The lines of tenants are written here and not kept by the recorder of
//! metrics, which forgets no name: over a year it would have those of all tenants.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use jiff::Timestamp;
use metrics::gauge;
use parking_lot::Mutex;
use protocol::{QueuedRequest, Tenant};
use store::tiers::TierStore;
use store::{QueuedCursor, SharedStore, StoreError};
use tokio::time::{Instant, timeout};

use crate::config::MetricsConfig;
use crate::telemetry::catalogue;
use crate::telemetry::metrics::float;

/// How long what was found is shown again.
const FRESH: Duration = Duration::from_secs(5);
/// How long the store of a tier may take before it counts as away.
const TIER_LIMIT: Duration = Duration::from_secs(2);
/// How many requests are read at a time.
const PAGE: usize = 200;
/// The tenants that are not named, and what lies behind the requests that were looked at. No tenant can have this name.
const OTHERS: &str = "*other";
/// Games without a tenant.
const NOBODY: &str = "*none";
const DEPTH: &str = "story_engine_queue_depth_by_tenant";
const AGE: &str = "story_engine_queue_oldest_age_by_tenant_seconds";

/// Finds out what waits for whom; it does not for [`Breakdown::default`].
#[derive(Clone, Default)]
pub struct Breakdown(Option<Arc<Parts>>);

struct Parts {
    store: SharedStore,
    tiers: Vec<TierStore>,
    limits: MetricsConfig,
    /// Locked by the one who looks.
    looked: tokio::sync::Mutex<Option<Instant>>,
    known: Mutex<Option<Known>>,
}

/// What waits, by tenant: how many requests, and since when the oldest.
#[derive(Debug, Default, PartialEq, Eq)]
struct Known {
    depth: u64,
    by_tenant: BTreeMap<Option<Tenant>, (u64, Timestamp)>,
}

impl Known {
    fn count(&mut self, request: QueuedRequest) {
        let since = request.enqueued_at;
        let (count, oldest) = self.by_tenant.entry(request.tenant).or_insert((0, since));
        (*count, *oldest) = (*count + 1, since.min(*oldest));
    }

    /// The tenants with the most, with those of no tenant among them, then all others: name, how many requests, since when the oldest.
    fn lines(&self, named: usize) -> Vec<(&str, u64, Option<Timestamp>)> {
        let mut all: Vec<_> = self.by_tenant.iter().collect();
        all.sort_by_key(|(tenant, (count, since))| (Reverse(*count), *since, *tenant));
        let mut lines: Vec<(&str, u64, Option<Timestamp>)> = Vec::new();
        for (tenant, (count, since)) in all.iter().take(named) {
            lines.push((tenant.as_ref().map_or(NOBODY, Tenant::as_str), *count, Some(*since)));
        }
        let counted: u64 = lines.iter().map(|(_, count, _)| count).sum();
        let oldest = all.iter().skip(named).map(|(_, (_, since))| *since).min();
        lines.push((OTHERS, self.depth.saturating_sub(counted), oldest));
        lines
    }
}

impl Breakdown {
    /// Of this store, which is made of those of the tiers.
    #[must_use]
    pub fn new(store: SharedStore, tiers: Vec<TierStore>, limits: MetricsConfig) -> Self {
        let (looked, known) = (tokio::sync::Mutex::default(), Mutex::default());
        Self(Some(Arc::new(Parts { store, tiers, limits, looked, known })))
    }

    /// Looks again, unless somebody does or has a moment ago.
    pub(super) async fn refresh(self) {
        let Some(parts) = self.0 else { return };
        let Ok(mut looked) = parts.looked.try_lock() else { return };
        if looked.is_some_and(|when| when.elapsed() < FRESH) {
            return;
        }
        tokio::join!(parts.look_at_tenants(), join_all(parts.tiers.iter().map(look_at)));
        *looked = Some(Instant::now());
    }

    /// The lines of tenants as they are known.
    pub(super) fn render(&self) -> String {
        let Some(parts) = self.0.as_ref().filter(|parts| parts.limits.tenants > 0) else { return String::new() };
        let known = parts.known.lock();
        let lines = known.as_ref().map(|known| known.lines(parts.limits.tenants));
        in_text(lines.as_deref(), Timestamp::now())
    }
}

impl Parts {
    async fn look_at_tenants(&self) {
        if self.limits.tenants == 0 {
            return;
        }
        // While the store is away nothing is known, as of the whole depth.
        let found = self.waiting().await.ok();
        *self.known.lock() = found;
    }

    async fn waiting(&self) -> Result<Known, StoreError> {
        let mut known = Known { depth: self.store.queue().await?.depth, ..Known::default() };
        let (mut after, mut left) = (None::<QueuedCursor>, self.limits.tenant_requests);
        while left > 0 {
            let page = self.store.queued(after, left.min(PAGE)).await?;
            left -= page.requests.len().min(left);
            page.requests.into_iter().for_each(|request| known.count(request));
            after = page.next.and_then(|next| next.parse().ok());
            if after.is_none() {
                break;
            }
        }
        Ok(known)
    }
}

/// Sets the gauges of a tier.
async fn look_at(tier: &TierStore) {
    let read = async {
        let store = tier.get()?;
        Ok::<_, StoreError>((store.queue().await?, store.figures().await?))
    };
    let found = timeout(TIER_LIMIT, read).await.ok().and_then(Result::ok);
    let name = || tier.name().to_owned();
    let up = f64::from(u8::from(found.is_some()));
    let (queue, figures) = found.unzip();
    gauge!("story_engine_tier_store_up", "tier" => name()).set(up);
    gauge!("story_engine_tier_queue_depth", "tier" => name())
        .set(queue.as_ref().map_or(f64::NAN, |queue| float(queue.depth)));
    gauge!("story_engine_tier_workers", "tier" => name())
        .set(queue.as_ref().map_or(f64::NAN, |queue| float(queue.workers)));
    gauge!("story_engine_tier_queue_oldest_age_seconds", "tier" => name())
        .set(queue.map_or(f64::NAN, |queue| float(queue.oldest_age_ms) / 1000.0));
    gauge!("story_engine_tier_store_used_bytes", "tier" => name())
        .set(figures.map_or(f64::NAN, |figures| float(figures.used_bytes)));
}

/// Lines of Prometheus' text format. Names of tenants have no character that must be escaped.
fn in_text(lines: Option<&[(&str, u64, Option<Timestamp>)]>, now: Timestamp) -> String {
    let unknown = [(OTHERS, f64::NAN, f64::NAN)];
    let age = |since: &Option<Timestamp>| since.map_or(0.0, |since| now.duration_since(since).as_secs_f64().max(0.0));
    let values: Vec<(&str, f64, f64)> = match lines {
        Some(lines) => lines.iter().map(|(name, depth, since)| (*name, float(*depth), age(since))).collect(),
        None => unknown.to_vec(),
    };
    let mut text = String::new();
    for (metric, value) in [(DEPTH, (|line| line.1) as fn(&(&str, f64, f64)) -> f64), (AGE, |line| line.2)] {
        // A text takes whatever is written to it.
        let _ = writeln!(text, "# HELP {metric} {}\n# TYPE {metric} gauge", catalogue::help(metric));
        for line in &values {
            let _ = writeln!(text, "{metric}{{tenant=\"{}\"}} {}", line.0, value(line));
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use protocol::{GameId, RequestId, RequestType};

    use super::*;

    fn known(depth: u64, waiting: &[(&str, i64)]) -> Known {
        let mut known = Known { depth, ..Known::default() };
        for (tenant, at) in waiting {
            let game_id = GameId::new();
            known.count(QueuedRequest {
                request_id: RequestId::in_game(game_id),
                game_id,
                kind: RequestType::Chat,
                provider: String::new(),
                tenant: (!tenant.is_empty()).then(|| tenant.parse().unwrap()),
                enqueued_at: Timestamp::from_second(*at).unwrap(),
            });
        }
        known
    }

    fn values(known: &Known, named: usize) -> Vec<(String, u64, Option<i64>)> {
        let line = |(name, count, since): (&str, u64, Option<Timestamp>)| {
            (name.to_owned(), count, since.map(Timestamp::as_second))
        };
        known.lines(named).into_iter().map(line).collect()
    }

    #[test]
    fn the_tenants_with_the_most_are_named_and_all_others_are_one() {
        let known = known(9, &[("a", 5), ("b", 3), ("", 4), ("b", 2), ("c", 1), ("", 6), ("", 7)]);
        let line = |name: &str, count, since| (name.to_owned(), count, since);
        // Two of the nine were not looked at.
        assert_eq!(values(&known, 2), [line(NOBODY, 3, Some(4)), line("b", 2, Some(2)), line(OTHERS, 4, Some(1))]);
        assert_eq!(values(&known, 9).last(), Some(&line(OTHERS, 2, None)));
        assert_eq!(values(&self::known(0, &[]), 2), [line(OTHERS, 0, None)]);
    }

    #[test]
    fn a_tenant_that_waits_no_more_has_no_line() {
        let now = Timestamp::from_second(10).unwrap();
        let text = |known: Known| in_text(Some(&known.lines(20)), now);
        let before = text(known(1, &[("acme", 7)]));
        assert!(before.contains("story_engine_queue_depth_by_tenant{tenant=\"acme\"} 1\n"), "{before}");
        assert!(before.contains("story_engine_queue_oldest_age_by_tenant_seconds{tenant=\"acme\"} 3\n"), "{before}");
        let after = text(known(0, &[]));
        assert!(!after.contains("acme") && after.contains("{tenant=\"*other\"} 0\n"), "{after}");
        assert!(in_text(None, now).contains("{tenant=\"*other\"} NaN\n"));
    }
}
