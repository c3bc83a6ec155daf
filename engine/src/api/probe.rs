//! Whether the store takes writes, found out by writing.
//!
//! A store that answers reads may refuse every write: it is full, a replica, or its disk is. Only a write shows it. The result
//! is kept for a moment, so that many probes cost the store one write.

use std::sync::Arc;
use std::time::Duration;

use metrics::gauge;
use store::{SharedStore, StoreError};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

/// How long the store may take before it counts as away.
const TIME_LIMIT: Duration = Duration::from_secs(2);
/// How long a result is used again.
const FRESH: Duration = Duration::from_millis(500);
/// How often a process probes its store, whether somebody asks or not: the log of a night must say when writes stopped.
const EVERY: Duration = Duration::from_secs(5);
/// With every how many of these it also asks what threatens the data. Settings change seldom, and asking costs a server more.
const RISKS_EVERY: u32 = 12;
/// By how many seconds this machine's clock may differ from the store's without a word: NTP keeps machines within milliseconds.
const CLOCK_TOLERANCE: f64 = 5.0;

/// Asks a store whether it takes writes.
#[derive(Clone)]
pub struct StoreProbe {
    store: SharedStore,
    last: Arc<Mutex<Last>>,
}

/// What was found last, and what was logged of it.
#[derive(Debug, Default)]
struct Last {
    found: Option<(Instant, Writable)>,
    /// Since when something has taken no writes.
    refusing_since: Option<Instant>,
    /// What was logged as lost.
    lost: Vec<String>,
    /// That this machine's clock is wrong, or the store's.
    wrong_clock: Option<String>,
}

/// What a probe found.
#[derive(Debug, Clone)]
pub(super) struct Writable {
    /// How many shards take writes.
    pub(super) shards: usize,
    /// Why the others do not.
    pub(super) errors: Vec<StoreError>,
    /// What the store has lost as a whole since the process began.
    pub(super) lost: Vec<String>,
    /// That this machine's clock is wrong, or the store's, as it was found last.
    pub(super) wrong_clock: Option<String>,
}

impl Writable {
    /// What is wrong although writes are taken.
    pub(super) fn faults(&self) -> impl Iterator<Item = String> {
        self.lost.iter().chain(&self.wrong_clock).cloned()
    }
}

impl StoreProbe {
    /// Probes this store, when it is asked.
    #[must_use]
    pub fn new(store: SharedStore) -> Self {
        Self { store, last: Arc::default() }
    }

    /// Probes the store again and again, for the log and the metrics.
    pub async fn watch(self) {
        let mut risks = Risks::default();
        for round in 0_u32.. {
            // Not kept for those who ask: they are to learn what is so when they ask.
            let found = self.probe().await;
            self.last.lock().await.note(&found);
            if round.is_multiple_of(RISKS_EVERY) {
                if let Ok(Ok(found)) = timeout(TIME_LIMIT, self.store.risks()).await {
                    risks.note(found);
                }
                if let Ok(Ok(Some(ahead))) = timeout(TIME_LIMIT, self.store.clock_ahead()).await {
                    self.last.lock().await.note_clock(ahead);
                }
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Whether the store takes writes now. At least one shard that does makes it writable.
    pub(super) async fn writable(&self) -> Result<Writable, StoreError> {
        // Those who ask meanwhile wait here, and use the same result.
        let mut last = self.last.lock().await;
        let found = match &last.found {
            Some((when, found)) if when.elapsed() < FRESH => found.clone(),
            _ => {
                let found = self.probe().await;
                last.note(&found);
                let found = Writable { wrong_clock: last.wrong_clock.clone(), ..found };
                last.found = Some((Instant::now(), found.clone()));
                found
            }
        };
        match found.errors.first() {
            Some(error) if found.shards == 0 => Err(error.clone()),
            _ => Ok(found),
        }
    }

    async fn probe(&self) -> Writable {
        let late = || vec![Err(StoreError::unreachable(format!("no answer in {} s", TIME_LIMIT.as_secs())))];
        let results = timeout(TIME_LIMIT, self.store.probe_writes()).await.unwrap_or_else(|_| late());
        let shards = results.iter().filter(|result| result.is_ok()).count();
        let errors: Vec<StoreError> = results.into_iter().filter_map(Result::err).collect();
        let answers = shards > 0 || errors.iter().any(|error| !error.is_unreachable());
        gauge!("story_engine_store_up").set(f64::from(u8::from(answers)));
        gauge!("story_engine_store_writable").set(f64::from(u8::from(shards > 0)));
        // A store that cannot say so now is named by its errors.
        let lost = timeout(TIME_LIMIT, self.store.lost()).await.ok().and_then(Result::ok);
        if let Some(lost) = &lost {
            gauge!("story_engine_store_data_lost").set(f64::from(u8::from(!lost.is_empty())));
        }
        Writable { shards, errors, lost: lost.unwrap_or_default(), wrong_clock: None }
    }
}

/// What threatens the data, as it was found last; nothing before the first look.
#[derive(Debug, Default)]
struct Risks(Option<Vec<String>>);

impl Risks {
    /// Logs what is new and what is gone, each once. What a server has at the start is in the banner.
    fn note(&mut self, found: Vec<String>) {
        gauge!("story_engine_store_at_risk").set(f64::from(u8::from(!found.is_empty())));
        if let Some(known) = &self.0 {
            for risk in found.iter().filter(|risk| !known.contains(risk)) {
                tracing::warn!("the store's data are at risk: {risk}");
            }
            for risk in known.iter().filter(|risk| !found.contains(risk)) {
                tracing::info!("no longer so: {risk}");
            }
        }
        self.0 = Some(found);
    }
}

impl Last {
    /// Logs once that the clocks differ, and once that they agree again.
    fn note_clock(&mut self, ahead: f64) {
        gauge!("story_engine_clock_ahead_seconds").set(ahead);
        let wrong = (ahead.abs() > CLOCK_TOLERANCE).then(|| {
            let how = if ahead > 0.0 { "ahead of" } else { "behind" };
            format!("the clock of this machine is {:.1} s {how} the store's", ahead.abs())
        });
        match (&self.wrong_clock, &wrong) {
            (None, Some(wrong)) => {
                tracing::warn!(
                    "{wrong}: times that are shown and recorded are wrong; synchronise both machines by NTP"
                );
            }
            (Some(_), None) => tracing::info!("the clocks of this machine and of the store agree again"),
            _ => {}
        }
        self.wrong_clock = wrong;
    }

    /// Logs a change once. A store that does not answer is not meant: it logs that itself.
    fn note(&mut self, found: &Writable) {
        for lost in &found.lost {
            if !self.lost.contains(lost) {
                tracing::error!("the store has lost its data: {lost}; stop all engines, restore a backup, start them");
                self.lost.push(lost.clone());
            }
        }
        let refused = found.errors.iter().find(|error| !error.is_unreachable());
        match (self.refusing_since, refused) {
            (None, Some(error)) => {
                self.refusing_since = Some(Instant::now());
                let takes = found.shards;
                tracing::warn!(
                    "the store takes no writes, trying again until it does: {error}; shards that take them: {takes}"
                );
            }
            (Some(since), None) if found.errors.is_empty() => {
                self.refusing_since = None;
                tracing::info!("the store takes writes again after {:.1} s", since.elapsed().as_secs_f64());
            }
            _ => {}
        }
    }
}
