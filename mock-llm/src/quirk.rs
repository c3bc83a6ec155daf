//! What servers do differently from each other, as types that scripts, profiles and wire formats share.

use axum::http::HeaderValue;
use schemars::JsonSchema;
use serde::Deserialize;

/// What closes a stream of `OpenAI`'s completions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StreamEnd {
    /// A finish reason, usage if it was asked for, and `[DONE]`.
    #[default]
    Full,
    /// No `[DONE]`.
    FinishOnly,
    /// No finish reason.
    DoneOnly,
}

/// How thoughts are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReasoningForm {
    /// As the vendor documents it; of `OpenAI`'s completions in `reasoning_content`.
    #[default]
    Vendor,
    /// In the field `reasoning`.
    Reasoning,
    /// In the text, between `<think>` and `</think>`.
    ThinkTags,
    /// In the text, before a `</think>` that nothing opens.
    ClosingTag,
    /// In the text, in a channel of its own.
    Channel,
}

/// How a server says when it may be called again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RetryForm {
    /// Retry-After in whole seconds, and retry-after-ms where there are parts of one.
    #[default]
    Seconds,
    /// Retry-After as a date.
    Date,
    /// retry-after-ms alone.
    Milliseconds,
    /// x-ratelimit-reset-requests, as `1m6s`.
    Reset,
    /// Google's `RetryInfo`, among the details of the error.
    Google,
}

/// A body as it is sent, instead of one in the vendor's form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Raw {
    /// JSON.
    Json(String),
    /// A web page.
    Page(String),
}

impl Raw {
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Json(text) | Self::Page(text) => text,
        }
    }

    pub(crate) fn content_type(&self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Json(_) => "application/json",
            Self::Page(_) => "text/html",
        })
    }
}
