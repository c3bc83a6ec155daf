//! What a step of the store fails with.

/// A step of the store did not happen, or it is not known whether it did.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The store did not do the step, or did not say whether it did: repeat it.
    #[error("{outage}: {reason}")]
    Unavailable {
        /// What is wrong with the store.
        outage: Outage,
        /// What the backend said, without credentials.
        reason: String,
    },
    /// The attempt's lease has expired; nothing was written.
    #[error("the lease of this attempt has passed; nothing was written")]
    LeaseLost,
    /// The store was set up in another way than this engine is configured.
    #[error("{reason}")]
    Mismatch {
        /// What differs, and what to do.
        reason: String,
    },
    /// The store holds something that this engine did not write.
    #[error("the store holds something unreadable under {what}: {reason}")]
    Corrupt {
        /// Where it is.
        what: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// What is wrong with a store that does not do what it is asked, for the time being.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Outage {
    /// It did not answer. The step may or may not have happened.
    #[error("the store cannot be reached")]
    Unreachable,
    /// It has no space left, in memory or on disk.
    #[error("the store is full")]
    Full,
    /// It takes no writes: a replica, or a server that cannot write to its disk.
    #[error("the store takes no writes")]
    ReadOnly,
}

impl StoreError {
    /// The store did not answer.
    pub fn unreachable(reason: impl Into<String>) -> Self {
        Self::Unavailable { outage: Outage::Unreachable, reason: reason.into() }
    }

    /// Whether the store did not answer at all.
    #[must_use]
    pub const fn is_unreachable(&self) -> bool {
        matches!(self, Self::Unavailable { outage: Outage::Unreachable, .. })
    }
}
