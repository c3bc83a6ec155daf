//! Every metric of the engine: name, kind, unit and help. What is not listed here is not recorded; a test compares the two.

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram};
use metrics_prometheus::recorder::Builder;
use prometheus::{HistogramOpts, HistogramVec};

/// How a metric is kept.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Counter,
    Gauge,
    /// Counts values below each of these bounds, by these labels.
    Histogram(&'static [f64], &'static [&'static str]),
}

use Kind::{Counter, Gauge, Histogram};

/// Name, kind, unit and help.
type Metric = (&'static str, Kind, Unit, &'static str);

/// Bounds of what a machine answers, in seconds.
const QUICK: &[f64] = &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
/// Bounds of a step of the store, in seconds: few, because there are many steps.
const STEP: &[f64] = &[0.001, 0.01, 0.1];
/// Bounds of what a model or a queue takes, in seconds.
const SLOW: &[f64] = &[0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0];

/// What each process says of the deployment's store: the same in every process, so a dashboard takes the greatest.
const STORE: &[Metric] = &[
    ("story_engine_store_up", Gauge, Unit::Count, "1 while the store answers, 0 while it does not."),
    ("story_engine_store_writable", Gauge, Unit::Count, "1 while the store takes writes, 0 while it does not."),
    (
        "story_engine_store_at_risk",
        Gauge,
        Unit::Count,
        "1 while Redis is set up to lose data (eviction, no append-only file, or one that cannot be written), 0 while not.",
    ),
    (
        "story_engine_store_data_lost",
        Gauge,
        Unit::Count,
        "1 once the store was found empty, or with other data than when this process began; 0 while not.",
    ),
    (
        "story_engine_clock_ahead_seconds",
        Gauge,
        Unit::Seconds,
        "Seconds by which this machine's clock is ahead of Redis', where they differ most; negative if it is behind. Not of the embedded store.",
    ),
    (
        "story_engine_store_used_bytes",
        Gauge,
        Unit::Bytes,
        "Memory that Redis uses (of the fullest shard), or the size of the embedded database.",
    ),
    (
        "story_engine_store_limit_bytes",
        Gauge,
        Unit::Bytes,
        "Redis' maxmemory (of the fullest shard); 0 where there is no limit.",
    ),
    ("story_engine_queue_depth", Gauge, Unit::Count, "Queued requests of all games; NaN while the store is away."),
    ("story_engine_queue_depth_by_type", Gauge, Unit::Count, "The same by type: chat, story_event."),
    (
        "story_engine_queue_oldest_age_seconds",
        Gauge,
        Unit::Seconds,
        "How long the oldest queued request has waited, in seconds.",
    ),
    ("story_engine_games_ready", Gauge, Unit::Count, "Games that a worker could claim now."),
    ("story_engine_games_delayed", Gauge, Unit::Count, "Games whose first request waits for its next attempt."),
    (
        "story_engine_games_paused",
        Gauge,
        Unit::Count,
        "Games whose first request waits for its provider, or that an operator has paused.",
    ),
    (
        "story_engine_pauses",
        Gauge,
        Unit::Count,
        "What operators have paused, by scope: all, provider, tenant, game or worker.",
    ),
    ("story_engine_games_active", Gauge, Unit::Count, "Games whose turn runs."),
    ("story_engine_dead_letters", Gauge, Unit::Count, "Requests that failed for good and are kept."),
    ("story_engine_workers", Gauge, Unit::Count, "Workers that were seen within three lease times."),
    (
        "story_engine_leases_expired_total",
        Counter,
        Unit::Count,
        "Leases of this deployment that ran out: their worker died or stalled.",
    ),
    (
        "story_engine_requests_failed_total",
        Counter,
        Unit::Count,
        "Requests of this deployment that became dead letters, by the type of their problem.",
    ),
    (
        "story_engine_provider_circuit",
        Gauge,
        Unit::Count,
        "1 for the state in which the circuit of a provider is, 0 for the other states.",
    ),
    (
        "story_engine_provider_games_waiting",
        Gauge,
        Unit::Count,
        "Games that are ready or wait for a provider, by provider.",
    ),
    ("story_engine_provider_slots_busy", Gauge, Unit::Count, "Slots in use of a provider with max_concurrent."),
    (
        "story_engine_queue_depth_by_tenant",
        Gauge,
        Unit::Count,
        "Queued requests of the tenants with the most; *none without a tenant, *other all others and what was not looked at.",
    ),
    (
        "story_engine_queue_oldest_age_by_tenant_seconds",
        Gauge,
        Unit::Seconds,
        "How long the oldest of them has waited, in seconds; 0 where none waits.",
    ),
    ("story_engine_tier_store_up", Gauge, Unit::Count, "1 while the store of a tier answers, 0 while it does not."),
    (
        "story_engine_tier_queue_depth",
        Gauge,
        Unit::Count,
        "Queued requests in the store of a tier; NaN while it is away.",
    ),
    (
        "story_engine_tier_workers",
        Gauge,
        Unit::Count,
        "Workers that live and play the games of a tier; NaN while its store is away.",
    ),
    (
        "story_engine_tier_queue_oldest_age_seconds",
        Gauge,
        Unit::Seconds,
        "How long the oldest request in the store of a tier has waited, in seconds.",
    ),
    (
        "story_engine_tier_store_used_bytes",
        Gauge,
        Unit::Bytes,
        "Memory that the Redis of a tier uses (of the fullest shard).",
    ),
];

/// What a process with workers measures.
const WORKER: &[Metric] = &[
    ("story_engine_worker_slots", Gauge, Unit::Count, "How many turns this process may run at a time."),
    ("story_engine_worker_slots_busy", Gauge, Unit::Count, "How many turns it runs."),
    ("story_engine_worker_drained", Gauge, Unit::Count, "1 while an operator drains it: it takes no new work."),
    ("story_engine_attempts_total", Counter, Unit::Count, "Attempts of this process that have ended, by outcome."),
    (
        "story_engine_attempt_seconds",
        Histogram(SLOW, &[]),
        Unit::Seconds,
        "Seconds from an attempt's claim to its end.",
    ),
    (
        "story_engine_games_removed_total",
        Counter,
        Unit::Count,
        "Games that left the store because nobody played them, by outcome: archived, deleted, failed.",
    ),
    (
        "story_engine_request_wait_seconds",
        Histogram(SLOW, &["type"]),
        Unit::Seconds,
        "Seconds that a request waited for its first attempt, by type.",
    ),
    (
        "story_engine_request_seconds",
        Histogram(SLOW, &["type"]),
        Unit::Seconds,
        "Seconds from accepting a request to its commit, by type.",
    ),
    (
        "story_engine_model_calls_total",
        Counter,
        Unit::Count,
        "Model calls by provider, kind and outcome: ok, abandoned, or the reason of the error.",
    ),
    (
        "story_engine_model_call_seconds",
        Histogram(SLOW, &["provider", "model", "kind"]),
        Unit::Seconds,
        "Seconds that a model call takes to its end, by provider, model and kind.",
    ),
    (
        "story_engine_model_first_token_seconds",
        Histogram(SLOW, &["provider"]),
        Unit::Seconds,
        "Seconds to the first text of a narration, by provider.",
    ),
    (
        "story_engine_model_silent_seconds",
        Gauge,
        Unit::Seconds,
        "Seconds since a call has brought text last, or began: of the call where that is longest, by provider.",
    ),
    (
        "story_engine_provider_ready",
        Gauge,
        Unit::Count,
        "1 where the check at start, or a call since, found that the provider works; 0 where it does not.",
    ),
    (
        "story_engine_model_tokens_total",
        Counter,
        Unit::Count,
        "Tokens of model calls, by provider, model and kind; cached are part of prompt, reasoning of completion.",
    ),
    (
        "story_engine_model_cost_millionths_total",
        Counter,
        Unit::Count,
        "Cost of model calls by the provider's price table, in millionths of its currency.",
    ),
    ("story_engine_provider_info", Gauge, Unit::Count, "Always 1; the models of each configured provider are labels."),
];

/// What a process with an API measures.
const API: &[Metric] = &[
    (
        "story_engine_requests_accepted_total",
        Counter,
        Unit::Count,
        "Requests that this process has accepted, by type: messages as API, story events as worker.",
    ),
    ("story_engine_requests_refused_total", Counter, Unit::Count, "Messages that it has refused, by reason."),
    ("story_engine_games_restored_total", Counter, Unit::Count, "Games that came back from the archive."),
    ("story_engine_http_responses_total", Counter, Unit::Count, "HTTP responses, by status code."),
    (
        "story_engine_http_request_seconds",
        Histogram(QUICK, &[]),
        Unit::Seconds,
        "Seconds from an HTTP request to the head of its response.",
    ),
    ("story_engine_event_streams", Gauge, Unit::Count, "Event streams that are open."),
    ("story_engine_event_streams_refused_total", Counter, Unit::Count, "Event streams refused at a limit."),
    (
        "story_engine_event_lag_seconds",
        Histogram(QUICK, &[]),
        Unit::Seconds,
        "Seconds from an event's commit, by the store's clock, until an open stream takes it; without those read from the log.",
    ),
    (
        "story_engine_event_streams_resynced_total",
        Counter,
        Unit::Count,
        "Times that an event stream had missed live events, as a slow reader does, and read the log instead.",
    ),
];

/// What every process measures.
const PROCESS: &[Metric] = &[
    ("story_engine_build_info", Gauge, Unit::Count, "Always 1; the version is a label."),
    (
        "story_engine_config_info",
        Gauge,
        Unit::Count,
        "Always 1; the label is the same in all processes that agree on the settings that they share.",
    ),
    (
        "story_engine_store_step_seconds",
        Histogram(STEP, &["step"]),
        Unit::Seconds,
        "Seconds that a call of this process to the store takes, retries included, by step.",
    ),
    (
        "story_engine_store_errors_total",
        Counter,
        Unit::Count,
        "Calls of this process to the store that failed, by what is wrong with the store.",
    ),
    (
        "story_engine_log_lines_dropped_total",
        Counter,
        Unit::Count,
        "Log lines lost since the start: their reader is slow or gone.",
    ),
    (
        "story_engine_spans_total",
        Counter,
        Unit::Count,
        "Spans that have ended, by outcome: sent, failed (the collector refused or was late), queue_full.",
    ),
];

/// Counters that are there, with 0, before anything has been counted: `increase()` does not see the event with which a series begins.
/// Name, label and its values.
const FROM_ZERO: &[(&str, &str, &[&str])] = &[
    (
        "story_engine_attempts_total",
        "outcome",
        &["completed", "cancelled", "lease_lost", "handed_back", "postponed", "retried", "paused", "failed"],
    ),
    ("story_engine_games_removed_total", "outcome", &["archived", "deleted", "failed"]),
    ("story_engine_http_responses_total", "status", &["500"]),
    ("story_engine_spans_total", "outcome", &["sent", "failed", "queue_full"]),
    ("story_engine_store_errors_total", "outage", &["unreachable", "full", "read_only"]),
    (
        "story_engine_requests_failed_total",
        "cause",
        &["model-failed", "content-mismatch", "attempts-exhausted", "internal"],
    ),
    ("story_engine_requests_refused_total", "reason", &["game-busy", "lane-full", "queue-full", "key-reused"]),
];

fn all() -> impl Iterator<Item = &'static Metric> {
    [PROCESS, STORE, WORKER, API].into_iter().flatten()
}

/// Tells the recorder the bounds of all histograms before it is installed.
pub(super) fn configure(recorder: Builder) -> prometheus::Result<Builder> {
    all().try_fold(recorder, |recorder, (name, kind, _, help)| {
        let Histogram(bounds, labels) = kind else { return Ok(recorder) };
        let options = HistogramOpts::new(*name, *help).buckets(bounds.to_vec());
        // Also without labels: a vector has no series before anything is recorded, and a worker would have those of an API.
        recorder.try_with_metric(HistogramVec::new(options, labels)?)
    })
}

/// Describes every metric to the installed recorder, and begins those of [`FROM_ZERO`].
pub(super) fn describe() {
    for (name, kind, unit, help) in all() {
        match kind {
            Counter => describe_counter!(*name, *unit, *help),
            Gauge => describe_gauge!(*name, *unit, *help),
            Histogram(..) => describe_histogram!(*name, *unit, *help),
        }
    }
    for &(name, label, values) in FROM_ZERO {
        for &value in values {
            counter!(name, label => value).increment(0);
        }
    }
    for name in [
        "story_engine_event_streams_refused_total",
        "story_engine_event_streams_resynced_total",
        "story_engine_games_restored_total",
    ] {
        counter!(name).increment(0);
    }
}

/// What a metric says, for one that is not written by the recorder.
pub(crate) fn help(of: &str) -> &'static str {
    all().find(|(name, ..)| *name == of).map_or("", |(.., help)| *help)
}

/// Every name, for those who check that nothing else is recorded.
pub fn names() -> impl Iterator<Item = &'static str> {
    all().map(|(name, ..)| *name)
}
