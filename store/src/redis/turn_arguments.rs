//! The arguments of the scripts that claim and commit.

use protocol::{Problem, ProblemType};

use super::codec::request_fields;
use super::step::{StepArgs, millis};
use super::{StoreError, providers};
use crate::{Commit, CompanionEvents, Lease, StoreOptions, StoryEventPlacement, waited_too_long};

/// The arguments with which every commit begins: `lua/terms.lua` and `lua/commit.lua` name them.
pub(super) fn terms_of_turns(options: &StoreOptions, shards: usize, in_cluster: bool) -> Result<StepArgs, StoreError> {
    let placement = match options.story_events {
        StoryEventPlacement::Tail => "tail",
        StoryEventPlacement::Next => "next",
    };
    Ok(terms_of_claims(options, shards, in_cluster)?.arg(placement).arg(options.turns.kept))
}

/// The arguments with which every claim begins: `lua/terms.lua` names them.
pub(super) fn terms_of_claims(options: &StoreOptions, shards: usize, in_cluster: bool) -> Result<StepArgs, StoreError> {
    let lost = Problem::new(
        ProblemType::AttemptsExhausted,
        format!("{} attempts were begun, and each worker died or stalled", options.max_attempts),
    );
    let terms = StepArgs::new()
        .arg(millis(options.lease_ttl))
        .arg(options.max_attempts)
        .arg(options.history_window)
        .json(&lost)?;
    Ok(terms
        .arg(u8::from(in_cluster))
        .arg(millis(options.providers.give_up_after))
        .json(&waited_too_long(options))?
        .arg(providers::policies(options, shards)?)
        .arg(options.story_event_batch))
}

pub(super) fn commit_call(lease: &Lease, commit: &Commit, document: &str) -> Result<StepArgs, StoreError> {
    let mut call = StepArgs::of_lease(lease)
        .arg(lease.idempotency_key.as_deref().unwrap_or_default())
        .arg(commit.base_version)
        .arg(document)
        .json(&commit.result)?
        .json(&commit.events.state_updated)?
        .json(&commit.events.completed)?
        .arg(commit.record.record.turn)
        .json(&commit.record)?
        .arg(u8::from(commit.ends_choice))
        .arg(commit.used.map_or(String::new(), |used| used.tokens.to_string()))
        .arg(commit.used.map_or(0, |used| used.cost))
        .arg(commit.companions.len())
        .arg(commit.turn.len());
    for message in &commit.turn {
        call = call.json(message)?;
    }
    for CompanionEvents { processing, completed } in &commit.companions {
        call = call.id(completed.request_id).json(&completed.result)?.json(processing)?.json(completed)?;
    }
    for child in &commit.story_events {
        let fields = request_fields(child)?;
        call = call.id(child.id).json(&child.queued_event())?.arg(fields.len()).arg(&fields);
    }
    Ok(call)
}
