//! What may keep something from coming: what the case itself holds, has stopped or disturbs, and what its script
//! answers.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use harness_case::{LinkAction, LinkFault};
use mock_llm::Ending;

use super::World;
use crate::fleet::Fleet;

impl World {
    /// Remembers what a step has done to a link.
    pub(super) fn remember_disturbance(&self, action: &LinkAction) {
        let mut disturbances = self.disturbances.lock().unwrap_or_else(PoisonError::into_inner);
        disturbances.retain(|known| (known.to, &known.of) != (action.to, &action.of));
        if action.fault != LinkFault::Repair {
            disturbances.push(action.clone());
        }
    }

    /// A failure in words, with what may be its cause.
    pub(in crate::run) async fn with_hindrances(&self, failure: String) -> String {
        let parts: Vec<String> = std::iter::once(failure).chain(self.hindrances().await).collect();
        parts.join("; ")
    }

    /// What may keep from happening what a step waits for, each in one sentence.
    async fn hindrances(&self) -> Vec<String> {
        let mut found = Vec::new();
        if !self.shares_model {
            let gates = self.model.gates().await.unwrap_or_default();
            let closed = gates.iter().filter(|(_, gate)| !gate.open && gate.waiting > 0);
            found.extend(
                closed.map(|(name, _)| format!("a model call waits at gate `{name}`, which no step has opened")),
            );
            let calls = self.model.calls().await.unwrap_or_default();
            if let Some(call) = calls.last().filter(|call| call.ending != Ending::InFlight)
                && let Some(status) = call.answer.status.filter(|status| *status >= 400)
            {
                found.push(format!(
                    "the script answers the latest model call, number {}, with status {status}",
                    call.id
                ));
            }
        }
        found.extend(self.fleet.iter().flat_map(Fleet::not_at_work));
        let disturbances = self.disturbances.lock().unwrap_or_else(PoisonError::into_inner);
        found.extend(disturbances.iter().map(|action| format!("a step has begun to {}", action.describe())));
        if self.disturbed.load(Ordering::Relaxed) {
            found.push("a step keeps the service from Redis".to_owned());
        }
        found
    }
}
