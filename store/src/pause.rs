//! What operators pause: everything, a provider, a tenant, a game or a worker, which is drained then.
//!
//! A claim leaves out what is paused; everything else goes on: messages are accepted and wait in their order, what is leased runs
//! to its end, back-offs and leases end. A paused game is kept apart from the ready ones, so it costs a claim nothing; a game of a
//! paused tenant is moved aside by the first claim that meets it. A request that waits for a provider is not given up while that is
//! paused, and begins to wait when it is resumed.

use async_trait::async_trait;
use protocol::{Pause, PauseScope};

use super::StoreError;

/// The outcome of pausing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Paused {
    /// It is paused, by this call or an earlier one: the pause says since when and by whom.
    Done(Pause),
    /// No such game.
    UnknownGame,
    /// No provider of that name is configured, and no game uses it.
    UnknownProvider {
        /// Those that are, or are used: what is only the fallback of others can be paused as well.
        known: Vec<String>,
    },
    /// No such worker lives.
    UnknownWorker,
    /// As many things are paused as may be.
    Full,
}

/// Pauses. Every method may be repeated, like all steps of the store. With several shards, what is not about a game is a step on
/// each: after an error some may have it, and a repeat completes it.
#[async_trait]
pub trait Pauses {
    /// Pauses; what is paused already stays so, with its time and name.
    async fn pause_queue(&self, scope: &PauseScope, by: &str) -> Result<Paused, StoreError>;

    /// Ends a pause, and wakes workers for what can be claimed again. Returns the pause, if there was one.
    async fn resume_queue(&self, scope: &PauseScope) -> Result<Option<Pause>, StoreError>;

    /// Everything that is paused, the oldest pause first.
    async fn pauses(&self) -> Result<Vec<Pause>, StoreError>;
}
