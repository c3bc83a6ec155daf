//! One turn: narrate, extract, apply, commit. Each finished model call is kept before the next step, so that a later
//! attempt goes on from there.

use std::sync::{Mutex, PoisonError};

use metrics::counter;
use protocol::{RequestCompleted, RequestStatus, RequestType, StateUpdated, TurnResult};
use store::{Claim, Commit, Committed, Completion, GameDocument, Lease, LeasedRequest, NewRequest, TurnEvents};
use story::{Applied, ChatMessage, Input, StoryEvent};
use tokio_util::sync::CancellationToken;

use super::Worker;
use super::budgets;
use super::companions::with_companions;
use super::error::TurnError;
use super::extract::{self, extract};
use super::leases::HeldLease;
use super::narrate::narrate;
use super::persist::persist;
use super::record::{Made, record};
use super::sent::Sent;
use super::summarize::summarize;
use super::timing::Timing;
use crate::llm::{ModelError, Provider, Reason};
use crate::telemetry::turns::millis;
use crate::telemetry::{self, traces};

/// Runs a turn to its commit. Unless the worker is to stop, the commit brings the slot's next claim along, for `next`.
pub(super) async fn run(
    worker: &Worker,
    claim: &Claim,
    held: &HeldLease,
    stop: &CancellationToken,
    next: &mut Option<Claim>,
) -> Result<(), TurnError> {
    let (timing, sent) = (Timing::begin(), Sent::begin(worker.settings.prompt_bytes));
    let document = &claim.game.document;
    let provider = if claim.provider.may_be_called() { &claim.provider.name } else { &document.provider };
    let unknown = || {
        TurnError::unplayable(format!(
            "the game's provider `{provider}` is not configured; add it, or patch the game to another one"
        ))
    };
    let narrator = worker.models.get(provider).ok_or_else(unknown)?;
    // A lane that waited for the provider that extracts is claimed for that one: it extracts for itself.
    let backend = worker.models.backend_of(provider).ok_or_else(unknown)?;
    let narrated = match &claim.request.checkpoints.narration {
        Some(narrated) => narrated.clone(),
        None => narrate_on_budget(worker, claim, held, (narrator, backend), &timing, &sent).await?,
    };
    let input = claim.request.input(&narrated.also_told);
    // A story that is over changes no more: what still comes is narrated, and that is all.
    let extracted = match &claim.request.checkpoints.delta {
        _ if document.state.is_ended => Completion::default(),
        Some(extracted) => extracted.clone(),
        None => {
            let extracted = extract(worker, claim, held, backend, &sent, &input, &narrated.text).await?;
            timing.extracted();
            extracted
        }
    };
    let turn = messages(claim, &narrated);
    let extracted = if claim.provider.may_be_called() {
        summarize(worker, claim, held, narrator, backend, &turn, extracted).await?
    } else {
        extracted
    };
    let commit = effects(worker, claim, (narrator, backend), &input, &narrated, &extracted, turn, &timing, &sent)?;
    self::commit(worker, claim, held, &commit, stop, next).await
}

/// Narrates what the budgets of the request pay for.
async fn narrate_on_budget(
    worker: &Worker,
    claim: &Claim,
    held: &HeldLease,
    (narrator, backend): (&Provider, &Provider),
    timing: &Timing,
    sent: &Sent,
) -> Result<Completion, TurnError> {
    budgets::reserve(worker, claim, held, narrator, backend).await?;
    let narrated = narrate(worker, claim, held, narrator, timing, sent).await;
    if matches!(narrated, Err(TurnError::Model(_) | TurnError::Together(_))) && !timing.has_first_token() {
        budgets::give_back(worker, claim, held).await?;
    }
    narrated
}

/// What the turn adds to the history.
fn messages(claim: &Claim, narrated: &Completion) -> Vec<ChatMessage> {
    let said = with_companions(&claim.request.user_message, &narrated.also_told);
    let said = match claim.request.kind {
        RequestType::Chat => ChatMessage::user(said),
        RequestType::StoryEvent => ChatMessage::story_event(said),
    };
    vec![said, ChatMessage::assistant(&narrated.text)]
}

/// Applies the delta: everything that the turn brings.
#[expect(clippy::too_many_arguments, reason = "everything that a turn has come to, each once")]
fn effects(
    worker: &Worker,
    claim: &Claim,
    (narrator, backend): (&Provider, &Provider),
    input: &Input,
    narrated: &Completion,
    extracted: &Completion,
    turn: Vec<ChatMessage>,
    timing: &Timing,
    sent: &Sent,
) -> Result<Commit, TurnError> {
    let Claim { lease, request, .. } = claim;
    let before = &claim.game.document;
    let mut applied = if before.state.is_ended {
        Applied { state: before.state.clone(), changes: Vec::new(), rejections: Vec::new(), story_events: Vec::new() }
    } else {
        let (parsed, unread) = extract::read(extracted);
        if parsed.repaired {
            tracing::warn!("the model's delta was cut off; what could be read of it is applied");
        }
        let mut applied =
            story::apply(&worker.library, &before.state, &parsed.delta, input).map_err(TurnError::unplayable)?;
        applied.rejections.splice(0..0, unread);
        applied
    };
    let memory = &before.state.memory;
    let summarized = extracted.summary.as_ref().map(|summary| (summary.messages, summary.text.clone()));
    applied.state.memory = memory.after_turn(memory.open(&claim.history).len(), turn.len(), summarized);
    let version = claim.game.version + 1;
    let usage = narrated.usage + extracted.usage;
    let span = tracing::Span::current();
    span.record("tokens_in", usage.prompt_tokens).record("tokens_out", usage.completion_tokens);
    let result = TurnResult {
        message: narrated.text.clone(),
        turn: applied.state.turn_counter,
        version,
        duration_ms: millis(timing.took()),
        rejections: applied.rejections,
        usage,
        cut_short: narrated.cut_short,
        told_with: None,
    };
    let made = Made {
        also_told: &narrated.also_told,
        model: narrator.described(),
        extracted,
        changes: &applied.changes,
        result: &result,
        state: &applied.state,
        timing: timing.of(claim),
        prompts: sent.kept(),
    };
    let record = record(claim, made, worker.settings.record_bytes);
    let events = TurnEvents {
        state_updated: StateUpdated {
            request_id: Some(lease.request),
            game_id: lease.game,
            version,
            turn: applied.state.turn_counter,
            location: applied.state.user_location.clone(),
            scene: applied.state.scene_name.clone(),
            is_ended: applied.state.is_ended,
            changes: applied.changes,
        },
        completed: RequestCompleted {
            request_id: lease.request,
            game_id: lease.game,
            kind: request.kind,
            status: RequestStatus::Completed,
            attempt: lease.attempt,
            result: result.clone(),
        },
    };
    Ok(Commit {
        base_version: claim.game.version,
        document: GameDocument {
            provider: before.provider.clone(),
            state: applied.state,
            turns: Some(record.record.turn),
            branched_from: before.branched_from,
            origin: before.origin.clone(),
        },
        turn,
        record,
        // Another try of the message keeps the choice, and so do the story events behind it.
        ends_choice: request.kind == RequestType::Chat && request.alternatives.is_empty(),
        companions: narrated.also_told.iter().map(|companion| companion.told_with(lease, &result)).collect(),
        result,
        events,
        used: budgets::used(narrator, backend, narrated, extracted),
        story_events: children(lease, request, &applied.story_events),
    })
}

/// Commits, and claims for the slot that this frees.
async fn commit(
    worker: &Worker,
    claim: &Claim,
    held: &HeldLease,
    commit: &Commit,
    stop: &CancellationToken,
    next: &mut Option<Claim>,
) -> Result<(), TurnError> {
    let nonce = worker.next_nonce();
    held.begin_commit();
    let mut span = traces::commit(claim.request.trace);
    // What was claimed is worked on, whatever has come of the commit.
    let claimed = Mutex::new(Vec::<Claim>::new());
    let committed = persist(held, || async {
        // One that came with a commit that failed fills the slot already.
        let is_free = claimed.lock().unwrap_or_else(PoisonError::into_inner).is_empty();
        let slots = usize::from(is_free && !stop.is_cancelled());
        let ended = worker.store.commit_and_claim(&claim.lease, commit, &worker.id, nonce, slots).await;
        claimed.lock().unwrap_or_else(PoisonError::into_inner).extend(ended.claims.claims);
        ended.committed
    })
    .await;
    *next = claimed.into_inner().unwrap_or_else(PoisonError::into_inner).pop();
    match committed.inspect_err(|error| span.failed(error.class()))? {
        Committed::Done => {
            telemetry::turns::told_along(claim, commit);
            if !commit.story_events.is_empty() {
                counter!("story_engine_requests_accepted_total", "type" => RequestType::StoryEvent.as_str())
                    .increment(commit.story_events.len() as u64);
            }
            Ok(())
        }
        // Games are not written from outside while they have unfinished requests, so this is a defect; the next attempt
        // starts from the game as it is now.
        Committed::VersionChanged => {
            span.failed("version_changed");
            Err(ModelError::new(Reason::ServerError, "the game was changed during the turn").into())
        }
    }
}

/// The requests that the turn's story events become.
fn children(lease: &Lease, request: &LeasedRequest, events: &[StoryEvent]) -> Vec<NewRequest> {
    (0..)
        .zip(events)
        .map(|(n, event)| NewRequest {
            id: lease.request.child(n),
            game: lease.game,
            kind: RequestType::StoryEvent,
            message: event.prompt.clone(),
            actor: None,
            user_message: event.prompt.clone(),
            // Else the messages of a key with a low cap would have effects above it.
            priority: request.priority,
            caused_by: Some(lease.request),
            alternatives: Vec::new(),
            trace: request.trace,
            budgets: request.budgets.clone(),
        })
        .collect()
}
