//! The wire formats: from a request to a call, from an answer to bytes. Everything that differs between the
//! vendors is below here.

mod anthropic;
mod frames;
mod gemini;
mod ollama;
mod openai;
mod read;
mod responses;

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};

pub(crate) use self::frames::{Frames, Piece};
use crate::{
    answer::{Answer, mix},
    call::{Api, ModelCall, Vendor},
    quirk::{Raw, RetryForm, StreamEnd},
};

/// An error as a vendor would say it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct WireError {
    pub(crate) status: u16,
    /// Where the vendor has a field for it: a code that programs can test.
    pub(crate) code: Option<&'static str>,
    pub(crate) message: String,
    pub(crate) retry_after_s: Option<f64>,
    /// Instead of the vendor's form: that of a profile, or what a proxy between the caller and the vendor might send.
    pub(crate) raw: Option<Raw>,
    /// How `retry_after_s` is said, where the profile does not decide.
    pub(crate) retry_form: Option<RetryForm>,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
}

impl WireError {
    pub(crate) fn new(status: u16, message: impl Into<String>) -> Self {
        Self {
            status,
            code: None,
            message: message.into(),
            retry_after_s: None,
            raw: None,
            retry_form: None,
            headers: Vec::new(),
        }
    }

    pub(crate) fn with_code(self, code: &'static str) -> Self {
        Self { code: Some(code), ..self }
    }
}

/// Reads a request. What could be read is returned with the error, for the journal.
pub(crate) fn parse(
    api: Api,
    path: &str,
    headers: HeaderMap,
    body: Bytes,
) -> Result<ModelCall, Box<(ModelCall, WireError)>> {
    let mut call = ModelCall::bare(api, headers, body);
    let parsed = serde_json::from_slice::<Value>(&call.body)
        .map_err(|error| WireError::new(400, format!("the request's body is not JSON: {error}")))
        .and_then(|body| match api {
            Api::ChatCompletions => openai::read(&mut call, &body),
            Api::Responses => responses::read(&mut call, &body),
            Api::Messages => anthropic::read(&mut call, &body),
            Api::Chat => ollama::read(&mut call, &body),
            Api::GenerateContent => gemini::read(&mut call, path, &body),
        });
    match parsed {
        Ok(()) => Ok(call),
        Err(error) => Err(Box::new((call, error))),
    }
}

/// The answer as a stream.
pub(crate) fn frames(call: &ModelCall, answer: &Answer, end: StreamEnd) -> Frames {
    match call.api {
        Api::ChatCompletions => openai::frames(call, answer, end),
        Api::Responses => responses::frames(call, answer),
        Api::Messages => anthropic::frames(answer),
        Api::Chat => ollama::frames(answer),
        Api::GenerateContent => gemini::frames(answer),
    }
}

/// The answer in one body.
pub(crate) fn body(call: &ModelCall, answer: &Answer) -> Bytes {
    let body = match call.api {
        Api::ChatCompletions => return openai::body(answer).into(),
        Api::Responses => responses::body(call, answer),
        Api::Messages => anthropic::body(answer),
        Api::Chat => ollama::body(answer),
        Api::GenerateContent => gemini::body(answer),
    };
    let mut bytes = Vec::with_capacity(1024);
    frames::write(&body, &mut bytes);
    bytes.into()
}

/// An error in one body.
pub(crate) fn error_body(vendor: Vendor, error: &WireError, id: u64) -> Bytes {
    if let Some(raw) = &error.raw {
        return Bytes::copy_from_slice(raw.text().as_bytes());
    }
    let body = match vendor {
        Vendor::OpenAi => openai::error(error),
        Vendor::Anthropic => anthropic::error(error, id),
        Vendor::Ollama => ollama::error(error),
        Vendor::Gemini => gemini::error(error),
    };
    Bytes::from(body.to_string())
}

/// An error inside a stream that has begun.
pub(crate) fn error_frame(api: Api, error: &WireError, id: u64) -> Bytes {
    if let Some(raw) = &error.raw {
        let end = if api == Api::Chat { "\n" } else { "\n\n" };
        let start = if api == Api::Chat { "" } else { "data: " };
        return Bytes::from(format!("{start}{}{end}", raw.text()));
    }
    Bytes::from(match api {
        Api::ChatCompletions => frames::sse(None, &openai::error(error)),
        Api::Responses => responses::error_frame(error),
        Api::Messages => frames::sse(Some("error"), &anthropic::error(error, id)),
        Api::Chat => frames::line(&ollama::error(error)),
        Api::GenerateContent => frames::sse(None, &gemini::error(error)),
    })
}

/// The headers that go with an answer or an error.
pub(crate) fn headers(vendor: Vendor, stream: bool, status: u16, id: u64) -> HeaderMap {
    let content_type = match (stream, vendor) {
        (false, Vendor::OpenAi | Vendor::Anthropic) => "application/json",
        (false, Vendor::Gemini) => "application/json; charset=UTF-8",
        (true, Vendor::Gemini) => "text/event-stream",
        (false, Vendor::Ollama) => "application/json; charset=utf-8",
        (true, Vendor::OpenAi | Vendor::Anthropic) => "text/event-stream; charset=utf-8",
        (true, Vendor::Ollama) => "application/x-ndjson",
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    if stream {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    }
    for (name, value) in limits(vendor, status == 429) {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    let request_id = match vendor {
        Vendor::OpenAi => Some("x-request-id"),
        Vendor::Anthropic => Some("request-id"),
        Vendor::Ollama | Vendor::Gemini => None,
    };
    if let Some(name) = request_id
        && let Ok(value) = HeaderValue::from_str(&request_id_of(id))
    {
        headers.insert(HeaderName::from_static(name), value);
    }
    headers
}

/// What a vendor says of its rate limits: nothing is left when a call is refused over them, enough otherwise.
fn limits(vendor: Vendor, used_up: bool) -> &'static [(&'static str, &'static str)] {
    match (vendor, used_up) {
        (Vendor::OpenAi, false) => &[
            ("openai-version", "2020-10-01"),
            ("x-ratelimit-limit-requests", "10000"),
            ("x-ratelimit-remaining-requests", "9999"),
            ("x-ratelimit-reset-requests", "6ms"),
        ],
        (Vendor::OpenAi, true) => &[
            ("openai-version", "2020-10-01"),
            ("x-ratelimit-limit-requests", "10000"),
            ("x-ratelimit-remaining-requests", "0"),
            ("x-ratelimit-reset-requests", "1s"),
        ],
        (Vendor::Anthropic, false) => &[
            ("anthropic-ratelimit-requests-limit", "4000"),
            ("anthropic-ratelimit-requests-remaining", "3999"),
            ("anthropic-ratelimit-requests-reset", "2024-01-01T00:00:01Z"),
        ],
        (Vendor::Anthropic, true) => &[
            ("anthropic-ratelimit-requests-limit", "4000"),
            ("anthropic-ratelimit-requests-remaining", "0"),
            ("anthropic-ratelimit-requests-reset", "2024-01-01T00:00:01Z"),
        ],
        (Vendor::Ollama | Vendor::Gemini, _) => &[],
    }
}

/// Says when to call again. Retry-After knows whole seconds only, so parts of a second go into the header that the vendors'
/// clients read first.
pub(crate) fn add_retry_after(headers: &mut HeaderMap, error: WireError, form: RetryForm) -> WireError {
    let Some(seconds) = error.retry_after_s else { return error };
    let mut insert = |name: &'static str, text: String| {
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    let milliseconds = format!("{:.0}", (seconds * 1000.0).round());
    match form {
        RetryForm::Seconds => {
            insert("retry-after", format!("{:.0}", seconds.ceil()));
            if seconds.fract() != 0.0 {
                insert("retry-after-ms", milliseconds);
            }
        }
        RetryForm::Milliseconds => insert("retry-after-ms", milliseconds),
        RetryForm::Date => {
            let span = Duration::try_from_secs_f64(seconds.ceil()).unwrap_or_default();
            if let Ok(at) = Timestamp::now().checked_add(span) {
                insert("retry-after", at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string());
            }
        }
        RetryForm::Reset => {
            let minutes = (seconds / 60.0).floor();
            insert("x-ratelimit-remaining-requests", "0".to_owned());
            insert("x-ratelimit-reset-requests", format!("{minutes:.0}m{:.3}s", seconds - minutes * 60.0));
        }
        RetryForm::Google => {
            let info =
                json!({ "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": format!("{seconds}s") });
            let details = json!({
                "error": { "code": error.status, "message": error.message, "status": "RESOURCE_EXHAUSTED", "details": [info] }
            });
            return WireError { raw: Some(Raw::Json(details.to_string())), ..error };
        }
    }
    error
}

/// Statuses come from scripts and profiles, which are checked.
pub(crate) fn status(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The list of models in the vendor's form.
pub(crate) fn models(vendor: Vendor, names: &[String]) -> Value {
    match vendor {
        Vendor::OpenAi => openai::models(names),
        Vendor::Anthropic => anthropic::models(names),
        Vendor::Ollama => ollama::models(names),
        Vendor::Gemini => gemini::models(names),
    }
}

/// One model in the vendor's form.
pub(crate) fn model(vendor: Vendor, name: &str) -> Value {
    match vendor {
        Vendor::OpenAi => openai::model(name),
        Vendor::Anthropic => anthropic::model(name),
        Vendor::Ollama => ollama::model(name),
        Vendor::Gemini => gemini::model(name),
    }
}

/// Anthropic: how many tokens a request has.
pub(crate) fn count_tokens(request: &Value) -> Value {
    anthropic::count_tokens(request)
}

/// Ollama: which models are loaded.
pub(crate) fn running(names: &[String]) -> Value {
    ollama::running(names)
}

/// Ollama: what a model is.
pub(crate) fn details(name: &str) -> Value {
    ollama::details(name)
}

fn request_id_of(id: u64) -> String {
    format!("req_{:024x}", mix(id))
}
