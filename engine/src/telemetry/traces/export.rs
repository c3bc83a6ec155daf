//! Sends spans, as OTLP over HTTP. Spans of a batch that cannot be sent are lost: a collector that is away costs spans, never time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, RetryPolicy, SpanExporter as Otlp, WithExportConfig, WithHttpConfig};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use prost::Message as _;
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use tokio::runtime::Handle;

use super::counted::{self, Waiting};
use crate::outbound::client_for;

/// The most bytes of an answer that are read: it says how many spans were refused, and why.
const ANSWER_MAX: usize = 64 * 1024;

/// Traces cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TracesError {
    /// The client that sends them.
    #[error("the client cannot be made: {0}")]
    Client(#[from] reqwest::Error),
    /// What writes them.
    #[error(transparent)]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
}

/// What sends spans to a collector, from a thread outside of the runtime.
pub(super) fn exporter(
    url: &Url,
    timeout: Duration,
    waiting: Waiting,
) -> Result<impl SpanExporter + 'static, TracesError> {
    let client = client_for(url).timeout(timeout).redirect(Policy::none());
    let rejected = Rejected::default();
    let sender = Sender { client: client.build()?, runtime: Handle::current(), rejected: rejected.clone() };
    let exporter = Otlp::builder()
        .with_http()
        .with_http_client(sender)
        .with_endpoint(url.as_str())
        .with_protocol(Protocol::HttpBinary)
        .with_timeout(timeout)
        // Its pauses would hold up the spans that come meanwhile, and the end of the process.
        .with_retry_policy(RetryPolicy::disabled())
        .build()?;
    Ok(Reporting { exporter, waiting, rejected, is_failing: AtomicBool::new(false) })
}

/// The engine's HTTP client. The thread that exports is none of the runtime, which a request needs.
#[derive(Debug)]
struct Sender {
    client: Client,
    runtime: Handle,
    rejected: Rejected,
}

/// How many spans the answer to a batch has left out. The exporter reads it and does not report it; batches go one after the other, so it
/// is always that of the last one.
#[derive(Debug, Clone, Default)]
struct Rejected(Arc<AtomicU64>);

impl Rejected {
    fn read(&self, answer: &[u8]) {
        let partial = ExportTraceServiceResponse::decode(answer).ok().and_then(|answer| answer.partial_success);
        let spans = partial.map_or(0, |partial| u64::try_from(partial.rejected_spans).unwrap_or(0));
        self.0.store(spans, Ordering::Release);
    }

    fn take(&self) -> u64 {
        self.0.swap(0, Ordering::AcqRel)
    }
}

#[async_trait]
impl HttpClient for Sender {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        let response = self.runtime.spawn(send(client, request)).await??;
        self.rejected.read(response.body());
        Ok(response)
    }
}

async fn send(client: Client, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
    // A URL may hold a password, and errors are logged.
    let unnamed = reqwest::Error::without_url;
    let mut response = client.execute(request.try_into()?).await.map_err(unnamed)?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unnamed)? {
        if body.len() + chunk.len() > ANSWER_MAX {
            return Err("the answer is too long".into());
        }
        body.extend_from_slice(&chunk);
    }
    let mut answer = Response::new(Bytes::from(body));
    *answer.status_mut() = response.status();
    *answer.headers_mut() = response.headers().clone();
    Ok(answer)
}

/// Logs that spans are lost once, and not with each batch; and that they arrive again. Counts both.
#[derive(Debug)]
struct Reporting<E> {
    exporter: E,
    waiting: Waiting,
    rejected: Rejected,
    is_failing: AtomicBool,
}

impl<E: SpanExporter> SpanExporter for Reporting<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        self.waiting.taken(spans);
        let result = self.exporter.export(batch).await;
        let spans = spans as u64;
        let lost = if result.is_ok() { self.rejected.take().min(spans) } else { spans };
        counted::sent(spans - lost);
        counted::failed(lost);
        let was_failing = self.is_failing.swap(result.is_err(), Ordering::Relaxed);
        match &result {
            Err(error) if !was_failing => {
                tracing::warn!(%error, "spans cannot be sent to traces.endpoint, and are lost until they can");
            }
            Ok(()) if was_failing => tracing::info!("spans arrive at traces.endpoint again"),
            _ => {}
        }
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}
