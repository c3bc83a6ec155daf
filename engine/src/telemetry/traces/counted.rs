//! What becomes of spans, as `story_engine_spans_total`: each one that has ended is sent, or lost for one of two reasons.
//!
//! The SDK's queue knows how many spans it had no room for, and says so only when it stops. So the bound is kept here, before that queue, by the
//! same number: what waits is counted before it goes in, and until the exporter has taken it out, so the queue always has room for what comes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use metrics::counter;
use opentelemetry::Context;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

const SPANS: &str = "story_engine_spans_total";

/// The collector has taken these spans.
pub(super) fn sent(spans: u64) {
    counter!(SPANS, "outcome" => "sent").increment(spans);
}

/// The collector has refused these spans, or has not taken them in time.
pub(super) fn failed(spans: u64) {
    counter!(SPANS, "outcome" => "failed").increment(spans);
}

/// How many spans wait to be sent.
#[derive(Debug, Clone, Default)]
pub(super) struct Waiting(Arc<AtomicUsize>);

impl Waiting {
    /// The exporter has taken these out of the queue.
    pub(super) fn taken(&self, spans: usize) {
        self.0.fetch_sub(spans, Ordering::AcqRel);
    }

    fn enters(&self, most: usize) -> bool {
        let entered = |waiting| (waiting < most).then_some(waiting + 1);
        self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, entered).is_ok()
    }
}

/// Lets no more spans into a queue than it holds, and counts those that it leaves out.
#[derive(Debug)]
pub(super) struct Counted<P> {
    pub(super) queue: P,
    pub(super) waiting: Waiting,
    pub(super) most: usize,
}

impl<P: SpanProcessor> SpanProcessor for Counted<P> {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.queue.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        if self.waiting.enters(self.most) {
            self.queue.on_end(span);
        } else {
            counter!(SPANS, "outcome" => "queue_full").increment(1);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.queue.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.queue.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.queue.set_resource(resource);
    }
}
