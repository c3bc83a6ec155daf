//! Notifies every waiter of a case that something has happened.

use std::sync::Arc;

use tokio::sync::watch;

/// Wakes every waiter when something happens in a case.
#[derive(Debug, Clone)]
pub struct Pulse(Arc<watch::Sender<()>>);

impl Default for Pulse {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(())))
    }
}

impl Pulse {
    /// Something has happened.
    pub fn notify(&self) {
        self.0.send_replace(());
    }

    /// To be taken before looking, so that nothing that happens between looking and waiting is missed.
    #[must_use]
    pub fn listen(&self) -> watch::Receiver<()> {
        self.0.subscribe()
    }
}
