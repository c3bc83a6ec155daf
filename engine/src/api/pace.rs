//! The pace of event streams.

use std::time::Duration;

/// What an operator sets about streams.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// How often a silent stream gets a comment.
    pub keepalive: Duration,
    /// How soon a client reconnects after its stream has ended.
    pub retry: Duration,
    /// How long a stream that was opened with a ticket lasts.
    pub ticket: Duration,
}
