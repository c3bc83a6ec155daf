//! Story events that are told in the turn of another one: which, and how the history shows them.

use super::Worker;
use crate::store::{Claim, Companion};

/// The companions that a narration is to tell. Only the first attempt tells any: whatever the model or the worker stumbles over, a later one is about the
/// head alone, which is not to become a dead letter for the sake of others. So where there is no later one, none are told.
pub(super) fn to_tell<'a>(worker: &Worker, claim: &'a Claim) -> &'a [Companion] {
    let is_first = claim.lease.attempt.0 == 1 && worker.settings.max_attempts > 1;
    if is_first { &claim.companions } else { &[] }
}

/// The words of a turn in one message of the history, so that a turn always has two: that of a player or of the head, then each companion in
/// paragraphs of its own.
pub(super) fn with_companions(head: &str, companions: &[Companion]) -> String {
    let prompts = companions.iter().map(|companion| companion.prompt.as_str());
    std::iter::once(head).chain(prompts).collect::<Vec<_>>().join("\n\n")
}
