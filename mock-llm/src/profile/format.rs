//! A profile as people write it, and where its calls go.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{condition::When, shape::JsonForm};
use crate::{
    call::Api,
    quirk::{ReasoningForm, RetryForm},
    script::FramingForm,
};

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProfileForm {
    /// What it imitates, in a sentence.
    pub(super) description: String,
    /// The adapter that an engine calls it with.
    pub(super) adapter: String,
    /// A model that it offers.
    pub(super) model: String,
    /// The interface that it serves.
    pub(super) api: Api,
    /// Where its calls are; the vendor's own place if it is not said.
    pub(super) base: Option<String>,
    #[serde(default)]
    pub(super) needs_key: bool,
    /// What other addresses answer, by path.
    #[serde(default)]
    pub(super) pages: BTreeMap<String, Value>,
    /// The body of an error, a template.
    pub(super) error: Option<Value>,
    #[serde(default)]
    pub(super) retry_after: RetryForm,
    #[serde(default)]
    pub(super) refuse: Vec<RuleForm>,
    #[serde(default)]
    pub(super) framing: FramingForm,
    /// How thoughts are written.
    #[serde(default)]
    pub(super) reasoning: ReasoningForm,
    /// What the model thinks before every answer.
    pub(super) thinks: Option<String>,
    /// How structured output is written.
    #[serde(default)]
    pub(super) json: JsonForm,
}

/// What it refuses.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleForm {
    pub(super) when: When,
    #[serde(default = "bad_request")]
    pub(super) status: u16,
    /// The error's text, a template.
    pub(super) message: String,
    /// The whole body, a template, instead of the profile's form.
    pub(super) body: Option<Value>,
}

const fn bad_request() -> u16 {
    400
}

/// Where calls go.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    pub(crate) api: Api,
    /// The path of the call.
    pub(crate) call: String,
    /// What clients are given as the base, behind the host.
    pub(crate) client_base: String,
}

impl Site {
    pub(super) fn new(api: Api, base: Option<String>) -> Self {
        let (own, tail) = match api {
            Api::ChatCompletions => ("/v1", "/chat/completions"),
            Api::Responses => ("/v1", "/responses"),
            Api::Messages => ("/v1", "/messages"),
            Api::Chat => ("", "/api/chat"),
            Api::GenerateContent => ("/v1beta", "/models/{call}"),
        };
        let client_base = base.unwrap_or_else(|| own.to_owned());
        let path = client_base.split('?').next().unwrap_or_default();
        Self { api, call: format!("{path}{tail}"), client_base }
    }
}
