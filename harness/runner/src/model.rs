//! The scripted model, as the harness steers it: one namespace of `mock-llm`, over its admin API.

use std::collections::BTreeMap;
use std::time::Duration;

use harness_case::{CallCounts, CallKind};
use harness_events::{CaseLog, Entry, Source};
use mock_llm::{Ending, EntryProgress, GateState, Holds, Kind, Record};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::expect::Prompt;

/// How long the model holds a long poll before it gives up, with time to spare.
const LONG_POLL: Duration = Duration::from_secs(35);

/// The model refuses a command or cannot be reached.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ModelError {
    /// It cannot be reached.
    #[error("mock-llm at {url} cannot be reached: {reason}")]
    Unreachable {
        /// Where it was called.
        url: String,
        /// Why it could not be.
        reason: String,
    },
    /// It refuses.
    #[error("mock-llm answers {status} to {url}: {body}")]
    Refused {
        /// Where it was called.
        url: String,
        /// The HTTP status.
        status: u16,
        /// What it says.
        body: String,
    },
}

/// A vendor's wire format, in which the model is spoken to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Wire {
    /// `OpenAI` chat completions.
    #[default]
    Openai,
    /// Anthropic messages.
    Anthropic,
    /// Ollama chat.
    Ollama,
}

impl Wire {
    /// What the engine's configuration calls it.
    #[must_use]
    pub(crate) const fn adapter(self) -> &'static str {
        match self {
            Self::Openai => "openai",
            Self::Anthropic => "anthropic",
            Self::Ollama => "ollama",
        }
    }
}

/// A model that is not scripted: what it answers is judged, and nothing of it can be steered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RealModel {
    /// Where it is served, as the engine's `base_url`.
    pub url: String,
    /// Its name there.
    pub name: String,
    /// The environment variable that holds its key.
    pub key_env: Option<String>,
}

impl RealModel {
    /// The engine's settings that have it play in place of the script.
    pub(crate) fn settings(&self, wire: Wire) -> Value {
        let mut provider = json!({ "adapter": wire.adapter(), "model": self.name, "base_url": self.url });
        if let Some(key_env) = &self.key_env {
            provider["api_key_env"] = json!(key_env);
        }
        json!({ "providers": { "mock": provider } })
    }
}

/// One namespace of a running `mock-llm`.
#[derive(Debug, Clone)]
pub struct Model {
    http: reqwest::Client,
    base: String,
}

impl Model {
    /// The namespace at this URL, which is the server's own if there is no `/t/NAME` in it.
    #[must_use]
    pub const fn new(http: reqwest::Client, base: String) -> Self {
        Self { http, base }
    }

    /// Where the namespace is.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.base
    }

    /// The base URL that a client of this wire format is given.
    #[must_use]
    pub fn base_url(&self, wire: Wire) -> String {
        match wire {
            Wire::Openai | Wire::Anthropic => format!("{}/v1/", self.base),
            Wire::Ollama => self.base.clone(),
        }
    }

    /// Loads a script; whatever was there before is forgotten.
    pub async fn load(&self, script: &str) -> Result<(), ModelError> {
        self.call(Method::PUT, "script", Some(script)).await.map(drop)
    }

    /// Waits until a call waits at a gate.
    pub(crate) async fn wait_at_gate(&self, gate: &str) -> Result<(), ModelError> {
        self.call(Method::GET, &format!("gates/{gate}?wait_for_waiters=1"), None).await.map(drop)
    }

    /// Opens a gate for good.
    pub(crate) async fn open_gate(&self, gate: &str) -> Result<(), ModelError> {
        self.call(Method::POST, &format!("gates/{gate}"), None).await.map(drop)
    }

    /// Holds calls from here on.
    pub async fn hold(&self, holds: &Holds) -> Result<(), ModelError> {
        let body = serde_json::to_string(holds).unwrap_or_default();
        self.call(Method::PUT, "holds", Some(&body)).await.map(drop)
    }

    /// Every gate that is known, by name.
    pub async fn gates(&self) -> Result<BTreeMap<String, GateState>, ModelError> {
        let answer = self.call(Method::GET, "gates", None).await?;
        Ok(serde_json::from_value(answer).unwrap_or_default())
    }

    /// Waits until no call is in flight.
    pub async fn idle(&self) -> Result<(), ModelError> {
        self.call(Method::GET, "idle?wait=1", None).await.map(drop)
    }

    /// Whether no call is in flight now.
    pub(crate) async fn is_idle(&self) -> Result<bool, ModelError> {
        let answer = self.call(Method::GET, "idle", None).await?;
        Ok(answer.get("idle").and_then(Value::as_bool).unwrap_or(true))
    }

    /// Every call so far, in the order in which they came.
    pub async fn calls(&self) -> Result<Vec<Record>, ModelError> {
        self.calls_after(0).await
    }

    /// The calls after the one with this number, as far as the journal still holds them.
    pub async fn calls_after(&self, id: u64) -> Result<Vec<Record>, ModelError> {
        let answer = self.call(Method::GET, &format!("journal?since={id}"), None).await?;
        let url = format!("{}/__mock/journal", self.base);
        serde_json::from_value(answer).map_err(|error| ModelError::Unreachable { url, reason: error.to_string() })
    }

    /// Waits for a call that the script has not foreseen.
    pub(crate) async fn first_miss(&self) -> Result<Record, ModelError> {
        loop {
            let answer = self.call(Method::GET, "misses?wait=1", None).await?;
            let missed: Vec<Record> = serde_json::from_value(answer).unwrap_or_default();
            if let Some(first) = missed.into_iter().next() {
                return Ok(first);
            }
        }
    }

    /// How far the script has been played.
    pub(crate) async fn progress(&self) -> Result<Vec<EntryProgress>, ModelError> {
        let answer = self.call(Method::GET, "script", None).await?;
        Ok(answer.get("entries").and_then(|entries| serde_json::from_value(entries.clone()).ok()).unwrap_or_default())
    }

    /// Forgets the namespace. Failing is no harm: names are used once.
    pub async fn forget(&self) {
        let _ = self.call(Method::DELETE, "", None).await;
    }

    async fn call(&self, method: Method, path: &str, body: Option<&str>) -> Result<Value, ModelError> {
        let url = format!("{}/__mock/{path}", self.base);
        let url = url.trim_end_matches('/').to_owned();
        let unreachable = |error: reqwest::Error| ModelError::Unreachable {
            url: url.clone(),
            reason: crate::http::innermost(&error),
        };
        let mut request = self.http.request(method, &url).timeout(LONG_POLL);
        if let Some(body) = body {
            request = request.header("Content-Type", "application/json").body(body.to_owned());
        }
        let answer = request.send().await.map_err(unreachable)?;
        let status = answer.status();
        let body = answer.text().await.map_err(unreachable)?;
        if status.is_success() {
            return Ok(if status == StatusCode::NO_CONTENT {
                Value::Null
            } else {
                serde_json::from_str(&body).unwrap_or_default()
            });
        }
        Err(ModelError::Refused { url, status: status.as_u16(), body })
    }
}

/// Why no entry of the script answered a call, or why its reply could not be sent.
#[must_use]
pub(crate) fn unmatched(call: &Record) -> Option<&str> {
    call.answer.miss.as_deref()
}

/// A call in one line, for a timeline.
#[must_use]
pub fn summary(call: &Record) -> String {
    let kind = if call.kind == Kind::Json { "json" } else { "text" };
    let answer = match (&call.answer.entry, unmatched(call)) {
        (Some(entry), _) => entry
            .name
            .as_ref()
            .map_or_else(|| format!("answered by entry {}", entry.index), |name| format!("answered by \"{name}\"")),
        (None, Some(miss)) => format!("not answered: {miss}"),
        (None, None) => "not answered yet".to_owned(),
    };
    let frames = format!("{} of {} frames", call.answer.frames_sent, call.answer.frames_planned);
    let ending = match call.ending {
        Ending::InFlight => "in flight",
        Ending::Finished => "finished",
        Ending::HungUp => "the caller hung up",
        Ending::Fault => "ended by the script's fault",
        Ending::Stopped => "the model was stopped",
    };
    format!("call {} for {kind}, {answer}; {frames}, {ending}", call.id)
}

/// A call as an entry of a log.
#[must_use]
pub fn entry(call: &Record, log: &CaseLog) -> Entry {
    let kind = if call.kind == Kind::Json { "json" } else { "text" };
    let entry = Entry::new(log.on_clock(call.at), Source::Model, summary(call)).lane(kind);
    let ended = call.ended_ms.and_then(|ms| Duration::try_from_secs_f64(ms / 1000.0).ok());
    let entry = Entry { until: ended.map(|ended| entry.at + ended), ..entry };
    entry.detail(json!({
        "call": call.id,
        "asked": call.messages.last().map(|message| &message.text),
        "ending": call.ending,
        "answer": call.answer,
    }))
}

/// How many calls of each kind there are.
#[must_use]
pub fn count(calls: &[Record]) -> CallCounts {
    let of = |fits: fn(&&Record) -> bool| Some(calls.iter().filter(fits).count());
    CallCounts {
        text: of(|call| call.kind != Kind::Json),
        json: of(|call| call.kind == Kind::Json),
        hung_up: of(|call| call.ending == Ending::HungUp),
    }
}

/// A call as expectations see it.
#[must_use]
pub fn prompt(call: &Record) -> Prompt {
    let texts: Vec<&str> = call.messages.iter().map(|message| message.text.as_str()).collect();
    Prompt { kind: if call.kind == Kind::Json { CallKind::Json } else { CallKind::Text }, text: texts.join("\n\n") }
}
