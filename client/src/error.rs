//! What can go wrong with a call or a stream, always with the call that it went wrong in.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use protocol::{EventId, Problem, ProblemType};
use reqwest::Method;

use crate::Overlong;

/// A method and a URL: which call an error belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpCall {
    /// The HTTP method.
    pub method: Method,
    /// The whole URL.
    pub url: String,
}

impl fmt::Display for HttpCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.url)
    }
}

/// A call failed, or a stream did.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The base URL is not one.
    #[error("`{url}` is not the URL of an engine ({reason}); it looks like http://127.0.0.1:8080")]
    BaseUrl {
        /// What was given.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// HTTP cannot be set up in this process.
    #[error("HTTP cannot be set up: {}", innermost(.0))]
    Setup(reqwest::Error),
    /// The engine cannot be reached, or hung up in the middle of its answer.
    #[error("{call}: {}", innermost(.error))]
    Transport {
        /// The call.
        call: HttpCall,
        /// What the network said.
        error: reqwest::Error,
    },
    /// No answer in time. Whether the engine has acted on the call is not known.
    #[error("{call}: no answer in {}", seconds(*.after))]
    TimedOut {
        /// The call.
        call: HttpCall,
        /// How long it was waited for.
        after: Duration,
    },
    /// The engine refused, and says why.
    #[error("{problem}")]
    Problem {
        /// The call.
        call: HttpCall,
        /// The engine's words.
        problem: Box<Problem>,
        /// How long the engine asks to wait before the next try.
        retry_after: Option<Duration>,
    },
    /// An answer that is not the engine's: a proxy's, or that of something else at this address.
    #[error("{call}: {status} {reason}; is this the address of an engine?")]
    Unexpected {
        /// The call.
        call: HttpCall,
        /// The HTTP status.
        status: u16,
        /// What is unexpected about it.
        reason: String,
    },
    /// The answer or an event cannot be read: the engine is of another version than this client.
    #[error("{call}: {what} cannot be read: {source}")]
    Decode {
        /// The call.
        call: HttpCall,
        /// What was being read.
        what: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The engine ended the stream, as it does when it drains.
    #[error("{call}: the engine ended the stream")]
    Ended {
        /// The call.
        call: HttpCall,
    },
    /// Not a byte came, not even a keep-alive comment: the connection is dead.
    #[error("{call}: silent for {}", seconds(*.after))]
    Silent {
        /// The call.
        call: HttpCall,
        /// How long it was listened to.
        after: Duration,
    },
    /// The stream is not made of lines.
    #[error("{call}: {source}")]
    Stream {
        /// The call.
        call: HttpCall,
        /// Which bound it broke.
        source: Overlong,
    },
    /// The stream has left out events.
    #[error("{call}: events are missing: {expected} was to come, {found} came")]
    Gap {
        /// The call.
        call: HttpCall,
        /// The event that should have come.
        expected: EventId,
        /// The event that came.
        found: EventId,
    },
}

impl ClientError {
    /// The engine's problem document, where the engine has answered with one.
    #[must_use]
    pub fn problem(&self) -> Option<&Problem> {
        if let Self::Problem { problem, .. } = self { Some(problem) } else { None }
    }

    /// The kind of the engine's problem, where it is one that this version knows.
    #[must_use]
    pub fn problem_type(&self) -> Option<ProblemType> {
        self.problem().and_then(Problem::problem_type)
    }

    /// Whether the same call may succeed later. It does not say that the call had no effect.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::BaseUrl { .. } | Self::Setup(_) | Self::Decode { .. } => false,
            Self::Problem { problem, .. } => is_transient_status(problem.status),
            Self::Unexpected { status, .. } => is_transient_status(*status),
            Self::Transport { .. }
            | Self::TimedOut { .. }
            | Self::Ended { .. }
            | Self::Silent { .. }
            | Self::Stream { .. }
            | Self::Gap { .. } => true,
        }
    }

    /// Whether the call certainly had no effect, so that repeating it cannot do a thing twice.
    #[must_use]
    pub fn had_no_effect(&self) -> bool {
        match self {
            Self::BaseUrl { .. } | Self::Setup(_) => true,
            // The engine refuses with a 4xx before it acts. After a 5xx it may have acted: a store that was lost in the
            // middle of a step, as one that answers 503, may have carried it out.
            Self::Problem { problem, .. } => problem.status < 500,
            Self::Transport { error, .. } => error.is_connect(),
            _ => false,
        }
    }

    /// How long the engine asks to wait before the next try.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        if let Self::Problem { retry_after, .. } = self { *retry_after } else { None }
    }
}

const fn is_transient_status(status: u16) -> bool {
    matches!(status, 408 | 429 | 500..=599)
}

/// The cause at the bottom: reqwest's own text is always "error sending request".
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}
