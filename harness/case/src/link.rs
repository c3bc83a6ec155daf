//! A step that disturbs a link: between the processes and Redis, between them and the model, between players and the API.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::Target;

/// Something happens to a link. The link of a case with such a step leads through the harness.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkStep {
    /// Which link.
    pub to: LinkTo,
    /// Only the link of this process to Redis: `worker[0]`, `api`. Every process's when left out.
    #[serde(default)]
    pub of: Option<String>,
    /// What happens.
    #[serde(rename = "do")]
    pub fault: LinkFault,
}

/// Where a link leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LinkTo {
    /// From the processes to Redis.
    Redis,
    /// From the processes to the model.
    Model,
    /// From players to the API: the case's messages, its `http` steps and its event streams. What the harness itself looks
    /// at goes another way.
    Api,
}

/// What happens to a link. Faults add up until `repair`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LinkFault {
    /// Nothing comes through, in neither direction, and no connection breaks. Nothing is lost.
    Hold,
    /// Everything is swallowed, of new connections too, and no connection breaks. What was swallowed from is reset at `repair`.
    BlackHole,
    /// Connections that are open now carry nothing more, in neither direction, and do not break. New ones work.
    HalfOpen,
    /// Every connection is reset.
    Cut,
    /// Requests arrive, their answers do not: the connection is reset in place of each answer.
    LoseAnswers,
    /// The link carries so many more bytes of answers; the connection that carries the last of them is then reset. Once.
    CutAfterBytes(u64),
    /// Everything takes so many milliseconds longer, in each direction.
    LatencyMs(u64),
    /// Everything takes up to so many milliseconds longer, in each direction, each piece for itself.
    JitterMs(u64),
    /// No direction carries more than so many bytes a second.
    BytesPerSecond(u64),
    /// Everything comes in pieces of so many bytes, a millisecond apart.
    SliceBytes(u64),
    /// Everything is as before.
    Repair,
}

/// The step, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkAction {
    /// Which link.
    pub to: LinkTo,
    /// The process whose link it is, if it is not that of all.
    pub of: Option<Target>,
    /// What happens.
    pub fault: LinkFault,
}

impl LinkFault {
    /// The number in it, where there is one.
    pub(super) const fn amount(self) -> Option<u64> {
        match self {
            Self::CutAfterBytes(n)
            | Self::LatencyMs(n)
            | Self::JitterMs(n)
            | Self::BytesPerSecond(n)
            | Self::SliceBytes(n) => Some(n),
            Self::Hold | Self::BlackHole | Self::HalfOpen | Self::Cut | Self::LoseAnswers | Self::Repair => None,
        }
    }
}

impl LinkAction {
    /// What happens, in a few words.
    #[must_use]
    pub fn describe(&self) -> String {
        let end = match self.to {
            LinkTo::Redis => "Redis",
            LinkTo::Model => "the model",
            LinkTo::Api => "the API",
        };
        let link = match &self.of {
            Some(target) => format!("the link of {target} to {end}"),
            None => format!("the link to {end}"),
        };
        match self.fault {
            LinkFault::Hold => format!("hold everything on {link}"),
            LinkFault::BlackHole => format!("swallow everything on {link}"),
            LinkFault::HalfOpen => format!("leave open connections of {link} without an end"),
            LinkFault::Cut => format!("reset every connection of {link}"),
            LinkFault::LoseAnswers => format!("lose the answers on {link}"),
            LinkFault::CutAfterBytes(bytes) => format!("reset {link} after {bytes} more bytes of answers"),
            LinkFault::LatencyMs(ms) => format!("slow {link} down by {ms} ms"),
            LinkFault::JitterMs(ms) => format!("slow {link} down by up to {ms} ms"),
            LinkFault::BytesPerSecond(bytes) => format!("carry {bytes} bytes a second on {link}"),
            LinkFault::SliceBytes(bytes) => format!("cut everything on {link} into pieces of {bytes} bytes"),
            LinkFault::Repair => format!("repair {link}"),
        }
    }
}
