//! Story events that are told in the turn of another one: which, and how the history shows them.

use store::{Claim, Companion};

use super::Worker;

/// The companions that a narration is to tell. The last attempt tells the head alone: where the model or the worker stumbles over one of the others, the
/// head is not to become a dead letter for it. After an attempt that has failed the store names none.
pub(super) fn to_tell<'a>(worker: &Worker, claim: &'a Claim) -> &'a [Companion] {
    if claim.lease.attempt.0 < worker.settings.max_attempts { &claim.companions } else { &[] }
}

/// The words of a turn in one message of the history, so that a turn always has two: that of a player or of the head, then each companion in
/// paragraphs of its own.
pub(super) fn with_companions(head: &str, companions: &[Companion]) -> String {
    let prompts = companions.iter().map(|companion| companion.prompt.as_str());
    std::iter::once(head).chain(prompts).collect::<Vec<_>>().join("\n\n")
}
