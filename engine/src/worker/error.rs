//! Why a turn did not end in a commit.

use std::time::Duration;

use protocol::{Problem, ProblemType, WaitReason};
use store::StoreError;

use crate::llm::{ModelError, Provider};

/// Why a turn did not end in a commit.
#[derive(Debug, thiserror::Error)]
pub(super) enum TurnError {
    /// A model call failed.
    #[error("{0}")]
    Model(#[from] ModelError),
    /// The model refuses for good to narrate several story events in one turn. It may well narrate each by itself.
    #[error("several story events cannot be told in one turn: {0}")]
    Together(ModelError),
    /// A provider is not ready, which is no fault of the request.
    #[error("{provider} is not ready: {error}")]
    Provider {
        /// Its name.
        provider: String,
        /// Why requests wait.
        reason: WaitReason,
        /// What it met.
        error: Box<ModelError>,
    },
    /// The game cannot be played with what this worker has loaded or configured: no attempt of its own can change that.
    #[error("{0}")]
    Unplayable(Problem),
    /// There is nothing left to pay the turn from.
    #[error("{0}")]
    BudgetUsedUp(Problem),
    /// There is nothing to pay the turn from at present: it is tried again after this time.
    #[error("there is nothing to pay the turn from at present")]
    Postponed(Duration),
    /// Another attempt has the game, or may have.
    #[error("the lease has passed")]
    LeaseLost,
    /// The worker stops, and another one is to go on.
    #[error("the worker stops")]
    Released,
    /// The store holds something unreadable.
    #[error("{0}")]
    Store(StoreError),
}

impl TurnError {
    /// A failed call to a provider: the provider's own fault, or not.
    pub(super) fn of(provider: &Provider, error: ModelError) -> Self {
        match error.reason.wait() {
            Some(reason) => Self::Provider { provider: provider.name().to_owned(), reason, error: Box::new(error) },
            None => Self::Model(error),
        }
    }

    /// As metrics of model calls name it.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Model(error) | Self::Together(error) => error.reason.name(),
            Self::Provider { error, .. } => error.reason.name(),
            Self::Unplayable(_) => "unplayable",
            Self::BudgetUsedUp(_) => "budget_used_up",
            Self::Postponed(_) => "postponed",
            Self::LeaseLost | Self::Released | Self::Store(_) => "abandoned",
        }
    }

    /// Why the attempt failed, as traces name it; never in a vendor's words.
    pub(super) const fn class(&self) -> &'static str {
        match self {
            Self::LeaseLost => "lease_lost",
            Self::Released => "released",
            Self::Store(_) => "store",
            Self::Model(_)
            | Self::Together(_)
            | Self::Provider { .. }
            | Self::Unplayable(_)
            | Self::BudgetUsedUp(_)
            | Self::Postponed(_) => self.name(),
        }
    }

    pub(super) fn unplayable(error: impl std::fmt::Display) -> Self {
        Self::Unplayable(Problem::new(ProblemType::ContentMismatch, error.to_string()))
    }
}
