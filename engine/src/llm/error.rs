//! Why a model call failed, whose fault it is, and what may be said of it to whom.

use std::time::Duration;

use protocol::{Problem, ProblemType, WaitReason};
use store::Failure;

use crate::visible;

/// How much of a vendor's error text is kept.
const DETAIL_MAX_CHARS: usize = 300;

/// A model call brought nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct ModelError {
    /// What kind of failure it is.
    pub reason: Reason,
    /// What happened, in the vendor's own words where it has said something: for operators. Holds no key.
    pub detail: String,
    /// The server asks not to be called again before this has passed.
    pub retry_after: Option<Duration>,
    /// How many tokens the server takes, where it has said so.
    pub context_tokens: Option<u32>,
    /// The prompt was too long, and something was learned from that: a shorter one may fit.
    pub may_fit_shorter: bool,
    /// What lies behind it, the nearest cause first. Holds no key either.
    pub causes: Vec<String>,
    /// What the model has written, where its server refuses that and hands it over.
    pub(super) generation: Option<Box<str>>,
    /// What a server that refuses has said, at length and in lower case, to find in it what it refuses.
    pub(super) said: Box<str>,
}

/// Kinds of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Nobody answers at the address.
    Unreachable,
    /// Something answers that is not the API: a web page, a redirect, an unknown path.
    WrongAddress,
    /// The key is missing, unknown or without rights.
    Unauthorized,
    /// The account has no credit or quota.
    NoCredit,
    /// The server does not have the model.
    UnknownModel,
    /// More calls or tokens than are allowed in this time.
    RateLimited,
    /// The server has more to do than it can.
    Overloaded,
    /// The server still loads the model.
    Loading,
    /// Nothing came for longer than is allowed.
    TimedOut,
    /// The response ended before it was whole.
    BrokeOff,
    /// The server failed.
    ServerError,
    /// The response cannot be read.
    Unreadable,
    /// The response holds no text.
    Empty,
    /// The model thought until no token was left.
    OnlyThinking,
    /// The vendor's filter stopped the request or the answer.
    Filtered,
    /// The prompt does not fit the model's window.
    TooLong,
    /// The server refuses the request as it is.
    Refused,
}

/// What another attempt can do about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorClass {
    /// Another attempt may not meet it.
    Transient,
    /// Every attempt meets it.
    Permanent,
    /// Every request meets it until the provider has recovered: the provider is to be waited for.
    Provider,
}

impl Reason {
    /// What another attempt can do about it.
    #[must_use]
    pub const fn class(self) -> ErrorClass {
        match self {
            Self::Unreachable
            | Self::WrongAddress
            | Self::Unauthorized
            | Self::NoCredit
            | Self::UnknownModel
            | Self::RateLimited
            | Self::Overloaded
            | Self::Loading => ErrorClass::Provider,
            Self::TimedOut
            | Self::BrokeOff
            | Self::ServerError
            | Self::Unreadable
            | Self::Empty
            | Self::OnlyThinking => ErrorClass::Transient,
            Self::Filtered | Self::TooLong | Self::Refused => ErrorClass::Permanent,
        }
    }

    /// Why requests wait, if this is a fault of the provider.
    #[must_use]
    pub const fn wait(self) -> Option<WaitReason> {
        match self {
            Self::Unreachable => Some(WaitReason::Unreachable),
            Self::WrongAddress | Self::Unauthorized | Self::NoCredit | Self::UnknownModel => {
                Some(WaitReason::Misconfigured)
            }
            Self::RateLimited => Some(WaitReason::RateLimited),
            Self::Overloaded => Some(WaitReason::Overloaded),
            Self::Loading => Some(WaitReason::Loading),
            Self::TimedOut
            | Self::BrokeOff
            | Self::ServerError
            | Self::Unreadable
            | Self::Empty
            | Self::OnlyThinking
            | Self::Filtered
            | Self::TooLong
            | Self::Refused => None,
        }
    }

    /// A stable name, for metrics and programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::WrongAddress => "wrong_address",
            Self::Unauthorized => "unauthorized",
            Self::NoCredit => "no_credit",
            Self::UnknownModel => "unknown_model",
            Self::RateLimited => "rate_limited",
            Self::Overloaded => "overloaded",
            Self::Loading => "loading",
            Self::TimedOut => "timed_out",
            Self::BrokeOff => "broke_off",
            Self::ServerError => "server_error",
            Self::Unreadable => "unreadable",
            Self::Empty => "empty",
            Self::OnlyThinking => "only_thinking",
            Self::Filtered => "filtered",
            Self::TooLong => "too_long",
            Self::Refused => "refused",
        }
    }

    /// Why there is no delta, as a rejection says it: players may read it.
    #[must_use]
    pub const fn of_a_delta(self) -> &'static str {
        match self {
            Self::Unreachable
            | Self::WrongAddress
            | Self::Unauthorized
            | Self::NoCredit
            | Self::UnknownModel
            | Self::RateLimited
            | Self::Overloaded
            | Self::Loading => "the model's server is not ready",
            Self::TimedOut => "the model did not answer in time",
            Self::BrokeOff => "the model's answer broke off",
            Self::ServerError => "the model's server failed",
            Self::Unreadable => "the model's answer cannot be read",
            Self::Empty => "the model's answer is empty",
            Self::OnlyThinking => "the model thought until no token was left for an answer",
            Self::Filtered => "the model declined to answer",
            Self::TooLong => "what happened is too long for the model",
            Self::Refused => "the model's server refuses the call",
        }
    }

    /// What a player may read of it: no vendor, no account, no address.
    #[must_use]
    pub const fn for_players(self) -> &'static str {
        match self {
            Self::Unreachable | Self::WrongAddress => "the storyteller cannot be reached",
            Self::Unauthorized | Self::NoCredit | Self::UnknownModel => "the storyteller is not set up correctly",
            Self::RateLimited | Self::Overloaded => "the storyteller is busy",
            Self::Loading => "the storyteller is starting",
            Self::TimedOut => "the storyteller took too long",
            Self::BrokeOff | Self::ServerError => "the storyteller broke off",
            Self::Unreadable | Self::Empty | Self::OnlyThinking => "the storyteller found no words",
            Self::Filtered => "the storyteller declined to continue from this message",
            Self::TooLong => "the story has become too long for the storyteller",
            Self::Refused => "the storyteller could not work with this message",
        }
    }
}

impl ModelError {
    /// A failure, with what happened, in words that are harmless in a log and on a terminal, whoever they are from.
    pub fn new(reason: Reason, detail: impl AsRef<str>) -> Self {
        Self {
            reason,
            detail: visible::line(detail.as_ref()).into_owned(),
            retry_after: None,
            context_tokens: None,
            may_fit_shorter: false,
            causes: Vec::new(),
            generation: None,
            said: Box::default(),
        }
    }

    /// What the transport met.
    pub(super) fn of_transport(reason: Reason, what: &str, error: &(dyn std::error::Error + 'static)) -> Self {
        let causes = causes(error);
        let detail = causes.last().map_or_else(|| what.to_owned(), |deepest| format!("{what} ({deepest})"));
        Self { causes, ..Self::new(reason, detail) }
    }

    /// The model declined, or its vendor's filter stopped it, in these words.
    pub(super) fn filtered(words: &str) -> Self {
        let words = if words.trim().is_empty() { String::new() } else { format!(": {}", shorten(words)) };
        Self::new(Reason::Filtered, format!("the model declined, or the vendor's filter stopped it{words}"))
    }

    /// What another attempt can do about it.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        self.reason.class()
    }

    /// Whether another attempt may soon succeed, with nobody repairing anything.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self.class(), ErrorClass::Transient)
    }

    /// As players and operators get to know it.
    #[must_use]
    pub fn failure(&self) -> Failure {
        let problem = |detail: &str| Problem::new(ProblemType::ModelFailed, detail);
        Failure {
            for_players: problem(self.reason.for_players()),
            for_operators: problem(&self.detail).because(self.causes.iter().cloned()),
        }
    }
}

/// The chain behind an error, the nearest first.
fn causes(error: &(dyn std::error::Error + 'static)) -> Vec<String> {
    let behind = std::iter::successors(error.source(), |&error| error.source());
    let mut causes: Vec<String> = behind.map(|error| shorten(&error.to_string())).collect();
    causes.dedup();
    causes
}

/// A text of somebody else on one line, cut where it gets long. Nothing in it acts on a terminal.
pub(super) fn shorten(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = visible::line(&line).into_owned();
    match line.char_indices().nth(DETAIL_MAX_CHARS) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}
