//! When the parts of a turn were done, counted from its claim.

use std::sync::OnceLock;
use std::time::Duration;

use protocol::TurnTiming;
use store::Claim;
use tokio::time::Instant;

use crate::telemetry::turns::millis;

/// The clock of one attempt.
#[derive(Debug)]
pub(super) struct Timing {
    began: Instant,
    first_token: OnceLock<Duration>,
    narrated: OnceLock<Duration>,
    extracted: OnceLock<Duration>,
}

impl Timing {
    /// The attempt begins.
    pub(super) fn begin() -> Self {
        let (first_token, narrated, extracted) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        Self { began: Instant::now(), first_token, narrated, extracted }
    }

    /// Whether the model has begun to write.
    pub(super) fn has_first_token(&self) -> bool {
        self.first_token.get().is_some()
    }

    /// The first text has come. Only the first counts.
    pub(super) fn first_token(&self) {
        let _ = self.first_token.set(self.began.elapsed());
    }

    /// The narration is whole.
    pub(super) fn narrated(&self) {
        let _ = self.narrated.set(self.began.elapsed());
    }

    /// The delta is there.
    pub(super) fn extracted(&self) {
        let _ = self.extracted.set(self.began.elapsed());
    }

    /// How long it takes so far.
    pub(super) fn took(&self) -> Duration {
        self.began.elapsed()
    }

    /// As the turn's record keeps it.
    pub(super) fn of(&self, claim: &Claim) -> TurnTiming {
        let at = |moment: &OnceLock<Duration>| moment.get().copied().map(millis);
        TurnTiming {
            waited_ms: millis(claim.request.waited),
            first_token_ms: at(&self.first_token),
            narrated_ms: at(&self.narrated),
            extracted_ms: at(&self.extracted),
            took_ms: millis(self.took()),
        }
    }
}
