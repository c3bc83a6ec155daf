//! Metrics for a scraper, in Prometheus' text format. What there is to measure is listed in [`super::catalogue`].

use std::time::Duration;

use metrics::{counter, gauge};
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};
use metrics_process::Collector;

use super::logs::LostLines;
use super::{catalogue, model_figures};

/// How often values are taken into their histograms.
const UPKEEP: Duration = Duration::from_secs(10);

/// A number as gauges take it.
#[expect(clippy::cast_precision_loss, reason = "gauges are floating point, and 2^53 is more than any of these")]
pub(crate) fn float(number: u64) -> f64 {
    number as f64
}

/// What renders `/metrics`.
#[derive(Clone)]
pub struct Metrics {
    recorded: PrometheusHandle,
    process: Collector,
    lost_lines: Option<LostLines>,
}

impl Metrics {
    /// Starts recording, for the whole process.
    pub fn start(lost_lines: Option<LostLines>) -> Result<Self, BuildError> {
        let recorded = catalogue::configure(PrometheusBuilder::new())?.install_recorder()?;
        catalogue::describe();
        gauge!("story_engine_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        let process = Collector::default();
        process.describe();
        Ok(Self { recorded, process, lost_lines })
    }

    /// Records nothing of its own: for servers that share a process, as in tests.
    #[must_use]
    pub fn detached() -> Self {
        let recorded = PrometheusBuilder::new().build_recorder().handle();
        Self { recorded, process: Collector::default(), lost_lines: None }
    }

    /// Takes what was measured into the histograms, for as long as it runs. Otherwise each value would be kept until the next scrape, and
    /// there may be none.
    pub(crate) async fn keep_up(self) {
        let mut next = tokio::time::interval(UPKEEP);
        loop {
            next.tick().await;
            self.recorded.run_upkeep();
        }
    }

    /// Every metric with its present value.
    #[must_use]
    pub fn render(&self) -> String {
        self.process.collect();
        if let Some(lost) = &self.lost_lines {
            counter!("story_engine_log_lines_dropped_total").absolute(lost.count());
        }
        for (provider, silence) in model_figures::longest_silences() {
            gauge!("story_engine_model_silent_seconds", "provider" => provider).set(silence.as_secs_f64());
        }
        self.recorded.run_upkeep();
        self.recorded.render()
    }
}
