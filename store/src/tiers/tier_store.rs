//! The store of one tier, which may not have been reached yet: a process serves the other tiers meanwhile.

use std::sync::Arc;

use tokio::sync::SetOnce;

use crate::{SharedStore, StoreError};

/// The store of a tier.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "a store has none")]
pub struct TierStore {
    name: Arc<str>,
    store: Arc<SetOnce<SharedStore>>,
    why_away: Arc<str>,
}

impl TierStore {
    /// One that has been reached.
    #[must_use]
    pub fn reached(name: &str, store: SharedStore) -> Self {
        let tier = Self::away(name, "");
        tier.set_reached(store);
        tier
    }

    /// One that has not.
    #[must_use]
    pub fn away(name: &str, reason: &str) -> Self {
        Self { name: name.into(), store: Arc::default(), why_away: reason.into() }
    }

    /// It is reached now. From then on it tells by itself when it is away.
    pub fn set_reached(&self, store: SharedStore) {
        // The first one stays: there is one place where the tier's games are.
        let _ = self.store.set(store);
    }

    /// The tier.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the store once it has been reached.
    pub async fn wait(&self) -> &SharedStore {
        self.store.wait().await
    }

    /// The store.
    pub fn get(&self) -> Result<&SharedStore, StoreError> {
        self.store
            .get()
            .ok_or_else(|| StoreError::unreachable(format!("the store of the tier `{}`: {}", self.name, self.why_away)))
    }
}
