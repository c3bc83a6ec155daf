//! Spans of messages, turns and model calls, for a collector that speaks OTLP.
//!
//! They are made by hand and not of the log's spans: what is in a trace, and by which name, is then no matter of log lines. [`span`] has
//! what a span says, [`export`] sends spans, [`counted`] counts them. Without `traces.endpoint` there is no tracer, and a span is nothing.

mod counted;
mod export;
mod span;

use std::sync::OnceLock;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracer, SdkTracerProvider, SpanProcessor,
};
use tokio::sync::oneshot;

use self::counted::{Counted, Waiting};
pub use self::export::TracesError;
pub(crate) use self::span::Span;
pub(crate) use self::span::{commit, http, model_call, turn};
use crate::config::TracesConfig;

/// What makes spans: one for the process, as the metrics' recorder.
static TRACER: OnceLock<SdkTracer> = OnceLock::new();

/// How long spans are gathered until they are sent.
const GATHERED: Duration = Duration::from_secs(1);
/// The most spans of one call to the collector.
const BATCH: usize = 512;

/// The traces of this process.
#[derive(Debug)]
pub struct Traces {
    provider: Option<(SdkTracerProvider, Duration)>,
}

impl Traces {
    /// Begins to make spans, if there is a collector. It needs a runtime, for as long as spans are sent.
    pub fn start(config: &TracesConfig) -> Result<Self, TracesError> {
        let Some(url) = config.url() else { return Ok(Self { provider: None }) };
        let (timeout, waiting) = (config.timeout(), Waiting::default());
        let exporter = export::exporter(&url, timeout, waiting.clone())?;
        let batches = BatchConfigBuilder::default()
            .with_max_queue_size(config.queue)
            .with_max_export_batch_size(BATCH.min(config.queue))
            .with_scheduled_delay(GATHERED)
            .build();
        let queue = BatchSpanProcessor::builder(exporter).with_batch_config(batches).build();
        let provider = provider(Counted { queue, waiting, most: config.queue }, config);
        // A second server of the process uses the tracer of the first.
        let _ = TRACER.set(provider.tracer("story-engine"));
        Ok(Self { provider: Some((provider, timeout)) })
    }

    /// Sends what waits. A collector that is away delays this by its time-out at most.
    pub async fn stop(self) {
        let Some((provider, timeout)) = self.provider else { return };
        let (sent, stopped) = oneshot::channel();
        // Sending needs the runtime, so the wait must not take one of its threads; and a runtime waits for those it has lent.
        let thread = std::thread::Builder::new().name("traces".to_owned()).spawn(move || {
            let _ = provider.shutdown_with_timeout(timeout);
            let _ = sent.send(());
        });
        if thread.is_ok() {
            let _ = tokio::time::timeout(timeout, stopped).await;
        }
    }
}

fn provider(processor: impl SpanProcessor + 'static, config: &TracesConfig) -> SdkTracerProvider {
    let resource = Resource::builder()
        .with_service_name("story-engine")
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    SdkTracerProvider::builder()
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(config.sample_ratio))))
        .with_resource(resource)
        .with_span_processor(processor)
        .build()
}
