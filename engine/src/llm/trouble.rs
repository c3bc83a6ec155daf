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
    /// Answers whether it is another trouble than before: only that is worth a line in the log.
    pub(super) fn set(&self, text: &str) -> bool {
        let mut last = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        let is_other = *last != text;
        text.clone_into(&mut last);
        !self.is.swap(true, Ordering::AcqRel) || is_other
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_is_news_once_and_again_when_it_changes_or_has_ended() {
        let trouble = Trouble::default();
        assert!(trouble.set("refused") && !trouble.set("refused") && trouble.set("no such model"));
        trouble.end("mock");
        assert!(trouble.get().is_none() && trouble.set("no such model"));
    }
}
