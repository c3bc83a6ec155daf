//! Model providers as the API shows them.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::IdError;
use crate::schema::Time;

/// Why a request waits for a provider: a class that is safe to show to a player. It names no vendor, key or account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WaitReason {
    /// The provider cannot be reached.
    Unreachable,
    /// The provider is loading its model.
    Loading,
    /// The provider has too much to do.
    Overloaded,
    /// The provider asks for fewer calls.
    RateLimited,
    /// The provider refuses the engine's calls: an operator has to change something.
    Misconfigured,
}

impl WaitReason {
    /// The name on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Loading => "loading",
            Self::Overloaded => "overloaded",
            Self::RateLimited => "rate_limited",
            Self::Misconfigured => "misconfigured",
        }
    }
}

impl fmt::Display for WaitReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for WaitReason {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        [Self::Unreachable, Self::Loading, Self::Overloaded, Self::RateLimited, Self::Misconfigured]
            .into_iter()
            .find(|reason| reason.as_str() == text)
            .ok_or_else(|| IdError::new(text, "a reason to wait for a provider"))
    }
}

/// Whether a provider gets calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Circuit {
    /// It gets calls.
    Closed,
    /// It gets none until its next probe.
    Open,
    /// One request probes it; all others wait.
    HalfOpen,
}

/// The state of a provider, for operators.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProviderView {
    /// Its name in the configuration.
    pub name: String,
    /// Whether it gets calls.
    pub circuit: Circuit,
    /// The class of its latest fault, unless it is closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<WaitReason>,
    /// That fault in full.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Since when it is not closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Time>")]
    pub opened_at: Option<Timestamp>,
    /// No probe begins earlier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Time>")]
    pub probe_at: Option<Timestamp>,
    /// Games whose next request waits for it, also while it is closed.
    pub waiting: u64,
    /// Attempts that hold one of its slots; counted only where their number is limited.
    pub in_use: u64,
}
