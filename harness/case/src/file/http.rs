//! The step `http` as it is written: a request, and what its answer must be.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

/// An HTTP request and its answer.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpStep {
    /// The method.
    pub method: String,
    /// The path with its query. `{game}` stands for the default game's id, `{label}` for that of a labelled game or
    /// request, `{label.last}` for the id of a request's latest event; so also in headers and in the body's strings.
    pub path: String,
    /// Ask where the service serves its operators, and not where it serves players. It must be known: `operators` of a process in the profile.
    #[serde(default)]
    pub operators: bool,
    /// Headers to send.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// A JSON body.
    #[serde(default)]
    pub body: Option<Value>,
    /// A body that is sent as it is, in place of `body`.
    #[serde(default)]
    pub raw_body: Option<String>,
    /// Make the request again until the answer is as expected.
    #[serde(default)]
    pub eventually: bool,
    /// What the answer must be.
    #[serde(default)]
    pub expect: HttpExpect,
    /// Parts of the answer to remember, by the name under which later steps use them: `{name}`.
    #[serde(default)]
    pub capture: BTreeMap<String, Capture>,
    /// Compare the answer with the snapshot of this name.
    #[serde(default)]
    pub snapshot: Option<String>,
}

/// What an HTTP answer must be.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HttpExpect {
    /// The status code; any of the 200s when left out.
    pub status: Option<u16>,
    /// Headers with what is expected of them; null if one must not be there.
    #[schemars(schema_with = "crate::predicate::values")]
    pub headers: Map<String, Value>,
    /// Places in the JSON body, as JSON pointers with what is expected there. `{label}` is replaced in strings.
    #[schemars(schema_with = "crate::predicate::values")]
    pub json: Map<String, Value>,
    /// Texts that the body contains.
    pub body_contains: Vec<String>,
    /// Texts that the body does not contain.
    pub body_not_contains: Vec<String>,
    /// A regular expression that the body matches.
    pub body_regex: Option<String>,
}
/// A part of an HTTP answer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Capture {
    /// A place in the JSON body, as a JSON pointer.
    Json(String),
    /// A header.
    Header(String),
    /// The first group of a regular expression, or all of its first match, in the body.
    Regex(String),
}

impl fmt::Display for Capture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(pointer) => write!(f, "a value at {pointer}"),
            Self::Header(name) => write!(f, "a header {name}"),
            Self::Regex(regex) => write!(f, "a match of {regex}"),
        }
    }
}
