//! `/v1/overview` and `/v1/queue/requests/{id}`: what the operators' page shows.
//!
//! One document once a second, and not a stream: a page that was asleep needs the present state and nothing of what it missed, and
//! what a viewer costs is bounded: a document is kept for a moment, however many look.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use protocol::{Overview, RequestId, RequestTimeline, StoreView, Tenant, TenantView, TurnRecord};
use store::{Bucket, Holder, SharedStore, Spending, StoreError, TurnRange};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::Api;
use super::breakdown::Breakdown;
use super::caller::Caller;
use super::error::ApiError;
use super::limits::StreamLimits;
use super::path::Id;
use super::requests::unknown_request;
use crate::causes::Causes;
use crate::tiers::Tiers;

/// How long a document is answered with again.
const FRESH: Duration = Duration::from_millis(800);
/// How many lanes, workers and so on it holds at most.
const LANES: usize = 50;
const SHOWN: usize = 100;
const TENANTS: usize = 50;
/// Of how many dead letters the causes are counted.
const LETTERS: usize = 200;
/// In how many of a game's latest turns the one of a request is looked for.
const TURNS: usize = 100;

/// Makes overviews.
#[derive(Clone)]
pub struct Overviews {
    store: SharedStore,
    tiers: Tiers,
    streams: Option<Arc<StreamLimits>>,
    breakdown: Breakdown,
    last: Arc<Mutex<Option<(Instant, Overview)>>>,
}

impl Overviews {
    /// Of this store; with the streams of this process if it serves players.
    #[must_use]
    pub fn new(store: SharedStore, tiers: impl Into<Tiers>, streams: Option<Arc<StreamLimits>>) -> Self {
        Self { store, tiers: tiers.into(), streams, breakdown: Breakdown::default(), last: Arc::default() }
    }

    /// The same with what waits by tenant and by tier, for `/metrics`.
    #[must_use]
    pub fn with_breakdown(self, breakdown: Breakdown) -> Self {
        Self { breakdown, ..self }
    }

    pub(super) fn breakdown(&self) -> &Breakdown {
        &self.breakdown
    }

    async fn read(&self) -> Result<Overview, StoreError> {
        // Those who ask meanwhile wait here, and get the same document.
        let mut last = self.last.lock().await;
        if let Some((when, overview)) = &*last
            && when.elapsed() < FRESH
        {
            return Ok(overview.clone());
        }
        let overview = self.read_anew().await?;
        *last = Some((Instant::now(), overview.clone()));
        Ok(overview)
    }

    async fn read_anew(&self) -> Result<Overview, StoreError> {
        let store = &self.store;
        let (queue, mut pauses, lanes, mut workers, mut providers, letters, figures, tenants) = tokio::try_join!(
            store.queue(),
            store.pauses(),
            store.lanes(LANES),
            store.workers(),
            store.providers(),
            store.dead_letters(None, LETTERS),
            store.figures(),
            self.tenants(),
        )?;
        pauses.truncate(SHOWN);
        workers.truncate(SHOWN);
        providers.truncate(SHOWN);
        let mut causes = Causes::default();
        letters.dead_letters.iter().for_each(|letter| causes.count(letter));
        Ok(Overview {
            at: Timestamp::now(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            may_write: false,
            queue,
            pauses,
            lanes,
            workers,
            providers,
            causes: causes.into_vec(),
            streams: self.streams.as_ref().map(|streams| streams.view()),
            tenants,
            store: StoreView { used_bytes: figures.used_bytes, limit_bytes: figures.limit_bytes },
        })
    }

    /// The tenants that have keys.
    async fn tenants(&self) -> Result<Vec<TenantView>, StoreError> {
        let mut keys: BTreeMap<Tenant, u64> = BTreeMap::new();
        for key in self.store.keys().await? {
            if let Some(tenant) = key.grants.holder.tenant() {
                *keys.entry(tenant.clone()).or_default() += 1;
            }
        }
        let buckets: Vec<Bucket> = keys.keys().map(|tenant| Bucket::from(format!("tenant:{tenant}"))).collect();
        let (unfinished, used) = tokio::try_join!(self.store.unfinished(&buckets), self.store.used(&buckets))?;
        let view = |((tenant, keys), (unfinished, used)): ((Tenant, u64), (u64, Spending))| {
            let limits = self.tiers.limits(Some(tenant.as_str()));
            TenantView {
                unfinished,
                max_unfinished: limits.unfinished_per_tenant,
                tokens_used: used.tokens,
                max_tokens: limits.tokens_per_day_per_tenant,
                cost_millionths: used.cost,
                max_cost_millionths: limits.cost_per_month_per_tenant.millionths(),
                keys,
                tenant,
            }
        };
        let mut tenants: Vec<TenantView> = keys.into_iter().zip(unfinished.into_iter().zip(used)).map(view).collect();
        tenants.sort_by_key(|tenant| std::cmp::Reverse(tenant.unfinished));
        tenants.truncate(TENANTS);
        Ok(tenants)
    }
}

/// The deployment as it is now, on the players' port where that serves operators as well.
pub(super) async fn get(State(api): State<Api>, caller: Caller) -> Result<Json<Overview>, ApiError> {
    show(State(api.overviews), caller).await
}

/// The same on the operators' port.
pub(super) async fn show(State(overviews): State<Overviews>, caller: Caller) -> Result<Json<Overview>, ApiError> {
    let may_write = matches!(caller, Caller::Anyone | Caller::Holder { holder: Holder::Operator, .. });
    Ok(Json(Overview { may_write, ..overviews.read().await? }))
}

/// A request from its acceptance to its end. What was said and narrated is left out: a viewer reads no games.
pub(super) async fn timeline(
    State(store): State<SharedStore>,
    Id(id): Id<RequestId>,
) -> Result<Json<RequestTimeline>, ApiError> {
    let found = store.request(id).await?.ok_or_else(|| unknown_request(id))?;
    let game = found.game;
    let mut request = found.view();
    request.message.clear();
    request.result = None;
    let letter = store.dead_letter(id).await?;
    let attempts = store.attempts(id).await?;
    let turns = store.turns(game, TurnRange::Before(None), TURNS).await?;
    let record: Option<TurnRecord> =
        turns.turns.into_iter().map(|turn| turn.record).find(|record| record.request_id == id);
    Ok(Json(RequestTimeline {
        request,
        attempts,
        turn: record.as_ref().map(|record| record.turn),
        timing: record.as_ref().and_then(|record| record.timing.clone()),
        model: record.as_ref().map(|record| record.model.clone()),
        usage: record.as_ref().map(|record| record.usage),
        error: letter.map(|letter| letter.error),
    }))
}
