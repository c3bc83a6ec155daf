//! Calls over HTTP: one client for each provider, and responses read piece by piece, within bounds.

use std::time::Duration;

use bytes::Bytes;
use hyper::Method;
use hyper::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING,
};
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::completion::Received;
use super::connections::Connections;
use super::error::shorten;
use super::frames::{Cutter, Kind, Overlong, Shape};
use super::lenient::read_leniently;
use super::refusal::{called_error, compressed, in_other_words, refused, reported, web_page};
use super::secrets::Secrets;
use super::transport::Response;
use super::wire::Holds;
use super::{ModelError, Reason, wire};
use crate::config::{Endpoint, Format, ProviderConfig, Timeouts};

/// How much of the body of a refusal is read.
const REFUSAL_BYTES: usize = 64 * 1024;
/// How long the body of a refusal may take.
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(5);

/// The version of Anthropic's API that is spoken.
const ANTHROPIC_VERSION: &str = "2023-06-01";

/// Calls one provider.
pub(super) struct Caller {
    connections: Connections,
    format: Format,
    timeouts: Timeouts,
    secrets: Secrets,
}

impl Caller {
    /// A client with everything that is the same in every call.
    pub(super) fn new(
        config: &ProviderConfig,
        endpoint: &Endpoint,
        key: Option<String>,
        extra: &[(String, String)],
    ) -> Result<Self, String> {
        let format = config.adapter.format();
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        // A proxy that compresses a stream holds it back until it has enough.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        if let Some(key) = &key {
            let (name, value) = match format {
                Format::Messages => ("x-api-key", key.clone()),
                Format::GenerateContent => ("x-goog-api-key", key.clone()),
                Format::ChatCompletions if endpoint.is_azure() => ("api-key", key.clone()),
                Format::ChatCompletions | Format::OllamaChat => (AUTHORIZATION.as_str(), format!("Bearer {key}")),
            };
            let mut value = HeaderValue::try_from(value).map_err(|error| error.to_string())?;
            value.set_sensitive(true);
            headers.insert(HeaderName::from_static(name), value);
        }
        if format == Format::Messages {
            headers.insert("anthropic-version", HeaderValue::from_static(ANTHROPIC_VERSION));
        }
        for (name, value) in extra {
            let name = HeaderName::try_from(name).map_err(|error| error.to_string())?;
            headers.insert(name, HeaderValue::try_from(value).map_err(|error| error.to_string())?);
        }
        let connections = Connections::new(endpoint.url(), headers)?;
        let secrets = Secrets::of(config, key, extra);
        Ok(Self { connections, format, timeouts: config.timeouts(), secrets })
    }

    /// Sends a call, and returns once the server begins to answer.
    pub(super) async fn post(
        &self,
        url: Url,
        body: Vec<u8>,
        deadline: Instant,
        timeout: Duration,
    ) -> Result<Reading, ModelError> {
        let begun = Instant::now();
        // Boxed, because it holds the request and a clone of the client, and a turn carries it along.
        let within = deadline.min(begun + timeout);
        let sent = timeout_at(within, Box::pin(self.connections.client().send(Method::POST, url, body.into()))).await;
        let response = sent
            .map_err(|_| self.late(begun, "did not begin to answer", timeout))?
            .map_err(|error| self.safe(error.into()))?;
        self.accept(response, begun).await
    }

    /// Asks for something that is not a model call, and returns its whole body.
    pub(super) async fn ask(&self, url: Url, body: Option<Vec<u8>>, timeout: Duration) -> Result<Vec<u8>, ModelError> {
        let begun = Instant::now();
        let deadline = begun + timeout;
        let (method, body) = body.map_or((Method::GET, Bytes::new()), |body| (Method::POST, body.into()));
        let sent = timeout_at(deadline, self.connections.client().send(method, url, body)).await;
        let response = sent
            .map_err(|_| self.late(begun, "did not begin to answer", timeout))?
            .map_err(|error| self.safe(error.into()))?;
        let mut response = self.accept(response, begun).await?.response;
        let mut whole = Vec::new();
        loop {
            match timeout_at(deadline, response.chunk()).await {
                Err(_) => return Err(self.late(begun, "did not finish its answer", timeout)),
                Ok(Err(error)) => return Err(self.safe(error.into())),
                Ok(Ok(Some(bytes))) if whole.len() + bytes.len() <= super::frames::LIMIT => {
                    whole.extend_from_slice(&bytes);
                }
                Ok(Ok(Some(_))) => return Err(ModelError::from(Overlong)),
                Ok(Ok(None)) => return Ok(whole),
            }
        }
    }

    pub(super) const fn timeouts(&self) -> &Timeouts {
        &self.timeouts
    }

    /// An error without what nobody may read of it.
    pub(super) fn safe(&self, error: ModelError) -> ModelError {
        self.secrets.hide_in(error)
    }

    /// The error of a call that began at this time and had no answer for so long. Later calls get connections of their own.
    pub(super) fn late(&self, begun: Instant, what: &str, after: Duration) -> ModelError {
        self.connections.distrust(begun);
        ModelError::new(Reason::TimedOut, format!("the model {what} within {:.1} s", after.as_secs_f64()))
    }

    async fn accept(&self, mut response: Response, begun: Instant) -> Result<Reading, ModelError> {
        let status = response.status();
        if status.is_success() {
            let cutter = Cutter::new(self.format == Format::OllamaChat);
            let is_measured =
                [CONTENT_LENGTH, TRANSFER_ENCODING].iter().any(|name| response.headers().contains_key(name));
            let (format, received) = (self.format, Received::default());
            return Ok(Reading { response, begun, cutter, format, received, is_measured, is_complete: false });
        }
        let headers = response.headers().clone();
        let mut body = Vec::new();
        let deadline = Instant::now() + REFUSAL_TIMEOUT;
        while body.len() < REFUSAL_BYTES
            && let Ok(Ok(Some(bytes))) = timeout_at(deadline, response.chunk()).await
        {
            body.extend_from_slice(&bytes);
        }
        Err(self.safe(refused(status.as_u16(), &headers, &body)))
    }
}

/// A response that is being read.
pub(super) struct Reading {
    response: Response,
    /// When the call began.
    pub(super) begun: Instant,
    cutter: Cutter,
    format: Format,
    pub(super) received: Received,
    /// Whether the end of the body is marked, so that a connection that breaks does not pass for it.
    is_measured: bool,
    is_complete: bool,
}

impl Reading {
    /// Whether the server sends frames, and not one whole body.
    pub(super) fn is_stream(&self) -> bool {
        matches!(self.cutter.shape(), Some(Shape::Events | Shape::Lines))
    }

    /// Whether the body has come to the end that HTTP marks.
    pub(super) const fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Waits until then, and lets what the server writes meanwhile wake nobody.
    pub(super) async fn rest_until(&self, when: Instant) {
        self.response.rest_until(when).await;
    }

    /// Reads the next bytes; false at the end of the response. It may be dropped while it waits, and called again.
    pub(super) async fn more(&mut self) -> Result<bool, ModelError> {
        let (format, received) = (self.format, &mut self.received);
        let mut frame = |kind: Kind, frame: &[u8]| match kind {
            Kind::Data => read(format, frame, received),
            Kind::Error => Err(called_error(frame)),
        };
        if let Some(bytes) = self.response.chunk().await? {
            self.cutter.push(&bytes, &mut frame)?;
            received.ended |= self.cutter.is_done();
            return Ok(true);
        }
        self.cutter.end(&mut frame)?;
        self.is_complete = self.is_measured;
        let is_whole = self.cutter.shape() == Some(Shape::Whole);
        received.ended |= self.cutter.is_done() || received.counted || (is_whole && has_answer(received));
        match self.cutter.shape() {
            Some(Shape::Page) => Err(web_page(self.response.status().as_u16(), self.cutter.body())),
            Some(Shape::Compressed) => Err(compressed()),
            Some(Shape::Events | Shape::Lines | Shape::Whole) | None => Ok(false),
        }
    }
}

fn has_answer(received: &Received) -> bool {
    received.finish.is_some()
        || !received.text.is_empty()
        || !received.arguments.is_empty()
        || !received.refusal.is_empty()
}

fn read(format: Format, frame: &[u8], received: &mut Received) -> Result<(), ModelError> {
    let error = match wire::read(format, frame, received) {
        Ok(Holds::Answer) => return Ok(()),
        Ok(Holds::Error) => return reported(frame).map_or(Ok(()), Err),
        Ok(Holds::Nothing) => return in_other_words(frame).map_or(Ok(()), Err),
        Err(error) => error,
    };
    match read_leniently(frame) {
        Some(values) => values.iter().try_for_each(|value| {
            if let Some(error) = reported(value) {
                return Err(error);
            }
            wire::read(format, value, received).map(drop).map_err(unreadable)
        }),
        // A word to show that the server is alive, or the words of one that fails: what has come so far decides.
        None if !frame.starts_with(b"{") && !frame.starts_with(b"[") => {
            tracing::debug!(frame = %shorten(&String::from_utf8_lossy(frame)), "the model's server sends a frame that is no JSON");
            Ok(())
        }
        None => Err(unreadable(error)),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is mapped over")]
fn unreadable(error: serde_json::Error) -> ModelError {
    ModelError::new(Reason::Unreadable, format!("the model's answer cannot be read: {error}"))
}

impl From<Overlong> for ModelError {
    fn from(_: Overlong) -> Self {
        Self::new(Reason::Unreadable, "the model's answer has no end: more than 4 MiB without a line break")
    }
}
