//! Metrics for a scraper, in Prometheus' text format. What there is to measure is listed in [`super::catalogue`].

use std::sync::Arc;

use metrics::{counter, gauge};
use metrics_process::Collector;
use metrics_prometheus::Recorder;
use parking_lot::Mutex;
use prometheus::{Registry, TextEncoder};

use super::logs::LostLines;
use super::{catalogue, model_figures};

/// A number as gauges take it.
#[expect(clippy::cast_precision_loss, reason = "gauges are floating point, and 2^53 is more than any of these")]
pub(crate) fn float(number: u64) -> f64 {
    number as f64
}

/// Metrics cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum MetricsError {
    /// A metric is not what the registry takes.
    #[error(transparent)]
    Metric(#[from] prometheus::Error),
    /// The process records already.
    #[error("the process records metrics already")]
    Started,
}

/// What renders `/metrics`.
#[derive(Clone)]
pub struct Metrics {
    registry: Registry,
    process: Collector,
    lost_lines: Option<LostLines>,
    /// Held by a scrape. The library sets a counter by a reset and an addition: of two scrapes at once both would add, or one would see the reset.
    scrape: Arc<Mutex<()>>,
}

impl Metrics {
    /// Starts recording, for the whole process.
    pub fn start(lost_lines: Option<LostLines>) -> Result<Self, MetricsError> {
        let metrics = Self { lost_lines, ..Self::detached() };
        let recorder = catalogue::configure(Recorder::builder().with_registry(&metrics.registry))?.build();
        metrics::set_global_recorder(recorder).map_err(|_| MetricsError::Started)?;
        catalogue::describe();
        gauge!("story_engine_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        metrics.process.describe();
        Ok(metrics)
    }

    /// Records nothing of its own: for servers that share a process, as in tests.
    #[must_use]
    pub fn detached() -> Self {
        Self { registry: Registry::new(), process: Collector::default(), lost_lines: None, scrape: Arc::default() }
    }

    /// Every metric with its present value, once `set` has set what is only known when it is asked for.
    #[must_use]
    pub fn render(&self, set: impl FnOnce()) -> String {
        let _scrape = self.scrape.lock();
        set();
        self.process.collect();
        if let Some(lost) = &self.lost_lines {
            counter!("story_engine_log_lines_dropped_total").absolute(lost.count());
        }
        for (provider, silence) in model_figures::longest_silences() {
            gauge!("story_engine_model_silent_seconds", "provider" => provider).set(silence.as_secs_f64());
        }
        TextEncoder::new().encode_to_string(&self.registry.gather()).unwrap_or_else(|error| {
            tracing::error!(%error, "metrics cannot be written");
            String::new()
        })
    }
}
