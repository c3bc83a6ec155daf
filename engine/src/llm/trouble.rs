//! What keeps a provider from working, as the check at start has found it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// What keeps a provider from working, as its last check found it, until a call succeeds.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    is: AtomicBool,
    text: Mutex<String>,
}

impl Trouble {
    pub(super) fn set(&self, text: String) {
        *self.text.lock().unwrap_or_else(PoisonError::into_inner) = text;
        self.is.store(true, Ordering::Release);
    }

    /// Called after every call that succeeds, so it costs one load where there is no trouble.
    pub(super) fn end(&self, provider: &str) {
        if self.is.load(Ordering::Relaxed) && self.is.swap(false, Ordering::AcqRel) {
            ready(provider, true);
        }
    }

    pub(super) fn get(&self) -> Option<String> {
        let is = self.is.load(Ordering::Acquire);
        is.then(|| self.text.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

/// Tells the metrics whether a provider works.
pub(super) fn ready(provider: &str, is_ready: bool) {
    metrics::gauge!("story_engine_provider_ready", "provider" => provider.to_owned())
        .set(f64::from(u8::from(is_ready)));
}
