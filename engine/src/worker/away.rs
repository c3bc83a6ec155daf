//! Which providers this process has found away, so that its log says once that one is paused and once that it is back.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use protocol::WaitReason;
use tokio::time::Instant;

/// The providers that are away, as far as the attempts of this process have met it.
///
/// The store has this state as well. It is not read for the log: what changes there is decided by all processes together, and each of them
/// is to say what its own attempts have met.
#[derive(Debug, Clone, Default)]
pub(super) struct Away(Arc<Mutex<HashMap<String, Spell>>>);

/// A time for which a provider is away.
#[derive(Debug)]
struct Spell {
    reason: WaitReason,
    began: Instant,
    /// When its latest fault was met.
    latest: Instant,
}

impl Away {
    /// An attempt has met a fault of a provider. Answers whether that is news: the first fault, or one of another kind.
    pub(super) fn fault(&self, provider: &str, reason: WaitReason) -> bool {
        let (mut away, now) = (self.lock(), Instant::now());
        let Some(spell) = away.get_mut(provider) else {
            away.insert(provider.to_owned(), Spell { reason, began: now, latest: now });
            return true;
        };
        spell.latest = now;
        std::mem::replace(&mut spell.reason, reason) != reason
    }

    /// An attempt that has begun then was answered by a provider. Answers for how long that was away, if this ends it. An attempt that
    /// began before the latest fault ends nothing: other calls of its time have failed.
    pub(super) fn works(&self, provider: &str, begun: Instant) -> Option<Duration> {
        let mut away = self.lock();
        away.get(provider).filter(|spell| spell.latest < begun)?;
        away.remove(provider).map(|spell| spell.began.elapsed())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Spell>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_fault_is_news_once_and_again_when_its_reason_changes_or_the_provider_was_back() {
        let away = Away::default();
        assert!(away.fault("mock", WaitReason::Unreachable), "the first one");
        assert!(!away.fault("mock", WaitReason::Unreachable));
        assert!(away.fault("mock", WaitReason::Overloaded), "another reason");
        assert!(!away.fault("mock", WaitReason::Overloaded));
        assert!(away.fault("other", WaitReason::Unreachable), "another provider");
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(away.works("mock", Instant::now()).is_some());
        assert!(away.fault("mock", WaitReason::Overloaded), "it was back");
    }

    #[tokio::test(start_paused = true)]
    async fn a_provider_is_back_once_with_the_time_since_its_first_fault() {
        let away = Away::default();
        assert_eq!(away.works("mock", Instant::now()), None, "it was never away");
        let before = Instant::now();
        tokio::time::advance(Duration::from_secs(1)).await;
        away.fault("mock", WaitReason::Unreachable);
        tokio::time::advance(Duration::from_secs(20)).await;
        away.fault("mock", WaitReason::Unreachable);
        tokio::time::advance(Duration::from_secs(5)).await;
        assert_eq!(away.works("mock", before), None, "a call that began before the fault says nothing");
        assert_eq!(away.works("mock", Instant::now()), Some(Duration::from_secs(25)));
        assert_eq!(away.works("mock", Instant::now()), None);
    }
}
