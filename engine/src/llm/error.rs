//! Why a model call failed, and whether another attempt can help.

use std::time::Duration;

use genai::webc;
use protocol::{Problem, ProblemType};

/// How much of a vendor's error text is passed on.
const DETAIL_MAX_CHARS: usize = 300;

/// A model call brought nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct ModelError {
    /// What happened, for the request's status. Holds no key.
    pub detail: String,
    /// Whether another attempt can help.
    pub can_pass: bool,
    /// The vendor asks not to be called again before this has passed.
    pub retry_after: Option<Duration>,
    /// What lies behind it, the nearest cause first. Holds no key either.
    pub causes: Vec<String>,
}

impl ModelError {
    /// An error that another attempt may not meet.
    pub fn passing(detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), can_pass: true, retry_after: None, causes: Vec::new() }
    }

    /// An error that every attempt meets.
    pub fn lasting(detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), can_pass: false, retry_after: None, causes: Vec::new() }
    }

    /// As the request's status and events show it.
    #[must_use]
    pub fn problem(&self) -> Problem {
        Problem::new(ProblemType::ModelFailed, self.detail.clone()).because(self.causes.iter().cloned())
    }

    /// The error without a secret that a vendor may have echoed.
    #[must_use]
    pub(super) fn without(mut self, secret: Option<&str>) -> Self {
        if let Some(secret) = secret.filter(|secret| secret.len() >= 4) {
            for text in std::iter::once(&mut self.detail).chain(&mut self.causes) {
                *text = text.replace(secret, "***");
            }
        }
        self
    }
}

impl From<genai::Error> for ModelError {
    fn from(error: genai::Error) -> Self {
        let causes = causes(&error);
        let classed = match &error {
            genai::Error::WebModelCall { webc_error, .. } | genai::Error::WebAdapterCall { webc_error, .. } => {
                from_web(webc_error)
            }
            genai::Error::HttpError { status, body, headers, .. } => from_status(status.as_u16(), body, Some(headers)),
            genai::Error::ChatResponse { body, .. } => {
                Self::passing(format!("the model ended its stream with an error: {}", shorten(&body.to_string())))
            }
            genai::Error::StreamParse { serde_error, .. } => {
                Self::passing(format!("the model's stream cannot be read: {serde_error}"))
            }
            genai::Error::WebStream { cause, error, .. } => from_stream(cause, error.as_ref()),
            genai::Error::NoChatResponse { .. } | genai::Error::InvalidJsonResponseElement { .. } => {
                Self::passing("the model's answer holds no text")
            }
            genai::Error::ChatResponseGeneration { cause, .. } => {
                Self::passing(format!("the model's answer cannot be read: {}", shorten(cause)))
            }
            other => Self::lasting(format!("the model cannot be called: {}", shorten(&other.to_string()))),
        };
        Self { causes, ..classed }
    }
}

/// The chain behind an error. The layers of the libraries between are left out: they repeat each other, and name the URL,
/// which may hold a key.
fn causes(error: &(dyn std::error::Error + 'static)) -> Vec<String> {
    let mut causes: Vec<String> = Vec::new();
    let mut source = error.source();
    while let Some(error) = source {
        if !(error.is::<genai::Error>() || error.is::<webc::Error>() || error.is::<reqwest::Error>()) {
            causes.push(shorten(&error.to_string()));
        }
        source = error.source();
    }
    causes.dedup();
    causes
}

fn from_web(error: &webc::Error) -> ModelError {
    match error {
        webc::Error::ResponseFailedStatus { status, body, headers } => {
            from_status(status.as_u16(), body, Some(headers))
        }
        webc::Error::ResponseFailedNotJson { .. } => ModelError::passing("the model's answer is not JSON"),
        webc::Error::ResponseFailedInvalidJson { cause, .. } => {
            ModelError::passing(format!("the model's answer is not valid JSON: {}", shorten(cause)))
        }
        webc::Error::Reqwest(error) => ModelError::passing(transport(error)),
        webc::Error::JsonValueExt(error) => {
            ModelError::passing(format!("the model's answer is not of the expected form: {error}"))
        }
    }
}

/// A stream that broke off: the cause is a status before the first byte, a time-out, or the transport.
fn from_stream(cause: &str, error: &(dyn std::error::Error + 'static)) -> ModelError {
    let mut source = Some(error);
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref::<webc::Error>() {
            return from_web(error);
        }
        if let Some(genai::Error::HttpError { status, body, headers, .. }) = error.downcast_ref::<genai::Error>() {
            return from_status(status.as_u16(), body, Some(headers));
        }
        if let Some(error) = error.downcast_ref::<reqwest::Error>() {
            return ModelError::passing(transport(error));
        }
        source = error.source();
    }
    ModelError::passing(format!("the model's stream broke off: {}", shorten(cause)))
}

/// What the transport met, without the URL (which may hold a key).
fn transport(error: &reqwest::Error) -> String {
    let what = if error.is_timeout() {
        "the model did not answer in time"
    } else if error.is_connect() {
        "the model cannot be reached"
    } else {
        "the connection to the model broke off"
    };
    let mut deepest: &dyn std::error::Error = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    if std::ptr::addr_eq(deepest, error) { what.to_owned() } else { format!("{what} ({deepest})") }
}

fn from_status(status: u16, body: &str, headers: Option<&reqwest::header::HeaderMap>) -> ModelError {
    let detail = format!("the model answered with status {status}: {}", shorten(&message_of(body)));
    let retry_after = headers
        .and_then(|headers| headers.get("retry-after")?.to_str().ok()?.trim().parse::<f64>().ok())
        .filter(|seconds| (0.0..=3600.0).contains(seconds))
        .map(Duration::from_secs_f64);
    let can_pass = matches!(status, 408 | 409 | 425 | 429) || status >= 500;
    ModelError { detail, can_pass, retry_after, causes: Vec::new() }
}

/// The vendor's own words, where the body is one of the usual error objects.
fn message_of(body: &str) -> String {
    let json: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    let error = &json["error"];
    error["message"].as_str().or_else(|| error.as_str()).map_or_else(|| body.to_owned(), str::to_owned)
}

fn shorten(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(DETAIL_MAX_CHARS) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_statuses_that_can_pass_are_tried_again() {
        for (status, can_pass) in
            [(400, false), (401, false), (404, false), (408, true), (429, true), (500, true), (529, true)]
        {
            assert_eq!(from_status(status, "{}", None).can_pass, can_pass, "{status}");
        }
    }

    #[test]
    fn the_vendors_words_are_passed_on_without_the_key() {
        let body = r#"{"error":{"message":"Incorrect API key provided: sk-secret-1."}}"#;
        let error = from_status(401, body, None).without(Some("sk-secret-1"));
        assert_eq!(error.detail, "the model answered with status 401: Incorrect API key provided: ***.");
    }
}
