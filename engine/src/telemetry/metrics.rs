//! Metrics for a scraper, in Prometheus' text format. Every metric of the engine is listed here, with its unit and help.

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use metrics_process::Collector;
use tracing_appender::non_blocking::ErrorCounter;

/// Upper bounds of the buckets of every duration, in seconds.
const SECONDS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// Name, kind, unit and help of every metric that the engine itself records.
const METRICS: &[(&str, Kind, Unit, &str)] = &[
    ("story_engine_build_info", Kind::Gauge, Unit::Count, "Always 1; the version is a label."),
    ("story_engine_store_up", Kind::Gauge, Unit::Count, "1 while the store answers, 0 while it does not."),
    ("story_engine_store_writable", Kind::Gauge, Unit::Count, "1 while the store takes writes, 0 while it does not."),
    (
        "story_engine_queue_depth",
        Kind::Gauge,
        Unit::Count,
        "Queued requests of all games; NaN while the store is away.",
    ),
    ("story_engine_queue_oldest_age_seconds", Kind::Gauge, Unit::Seconds, "How long the oldest queued request waits."),
    ("story_engine_games_ready", Kind::Gauge, Unit::Count, "Games that a worker could claim now."),
    ("story_engine_games_delayed", Kind::Gauge, Unit::Count, "Games whose first request waits for its next attempt."),
    ("story_engine_games_active", Kind::Gauge, Unit::Count, "Games whose turn runs."),
    ("story_engine_dead_letters", Kind::Gauge, Unit::Count, "Requests that failed for good."),
    ("story_engine_workers", Kind::Gauge, Unit::Count, "Workers that were seen lately."),
    ("story_engine_requests_accepted_total", Kind::Counter, Unit::Count, "Messages that this process has accepted."),
    ("story_engine_requests_refused_total", Kind::Counter, Unit::Count, "Messages that it has refused, by reason."),
    ("story_engine_event_streams", Kind::Gauge, Unit::Count, "Event streams that are open."),
    ("story_engine_event_streams_refused_total", Kind::Counter, Unit::Count, "Event streams refused at a limit."),
    (
        "story_engine_provider_ready",
        Kind::Gauge,
        Unit::Count,
        "1 where the check at start, or a call since, found that the provider works; 0 where it does not.",
    ),
    (
        "story_engine_model_tokens_total",
        Kind::Counter,
        Unit::Count,
        "Tokens of model calls, by provider, model and kind.",
    ),
    (
        "story_engine_attempts_total",
        Kind::Counter,
        Unit::Count,
        "Attempts of this process that have ended, by outcome.",
    ),
    ("story_engine_attempt_seconds", Kind::Histogram, Unit::Seconds, "How long an attempt takes, from claim to end."),
    (
        "story_engine_log_lines_dropped_total",
        Kind::Counter,
        Unit::Count,
        "Log lines lost since the start: their reader is slow or gone.",
    ),
];

/// What renders `/metrics`.
#[derive(Clone)]
pub struct Metrics {
    recorded: PrometheusHandle,
    process: Collector,
    dropped_lines: Option<ErrorCounter>,
}

impl Metrics {
    /// Starts recording, for the whole process.
    pub fn start(dropped_lines: Option<ErrorCounter>) -> Result<Self, BuildError> {
        let recorded = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)?
            .install_recorder()?;
        for (name, kind, unit, help) in METRICS {
            match kind {
                Kind::Counter => describe_counter!(*name, *unit, *help),
                Kind::Gauge => describe_gauge!(*name, *unit, *help),
                Kind::Histogram => describe_histogram!(*name, *unit, *help),
            }
        }
        gauge!("story_engine_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        let process = Collector::default();
        process.describe();
        Ok(Self { recorded, process, dropped_lines })
    }

    /// Records nothing of its own: for servers that share a process, as in tests.
    #[must_use]
    pub fn detached() -> Self {
        let recorded = PrometheusBuilder::new().build_recorder().handle();
        Self { recorded, process: Collector::default(), dropped_lines: None }
    }

    /// Every metric as it stands.
    #[must_use]
    pub fn render(&self) -> String {
        self.process.collect();
        if let Some(dropped) = &self.dropped_lines {
            counter!("story_engine_log_lines_dropped_total").absolute(dropped.dropped_lines() as u64);
        }
        self.recorded.run_upkeep();
        self.recorded.render()
    }
}
