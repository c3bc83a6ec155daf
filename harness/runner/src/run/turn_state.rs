//! The state that a turn left, although another turn may follow at once.
//!
//! The API shows the present state only, and a story event can change it a few milliseconds after the turn that caused it. So
//! while a step waits for its own turn and wants to see the state, the model holds every call that does not carry the step's
//! message: a turn that follows cannot commit before the state was read. The alternative, to read as soon as the event has
//! come, loses that race on a busy machine.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use harness_events::Failure;
use mock_llm::Holds;
use protocol::Event;
use serde_json::{Value, json};

use super::errors::failed;
use super::world::{GameRun, RequestRun, World};
use crate::call::CallError;
use crate::watch::Seen;

/// How often the held calls are listed: the model sends no notification of them.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Holds the calls of other turns than the one with this message. False if that is not possible: a schedule or a fault has
/// calls held for its own purpose, others use the model too, or another step holds them already.
pub(super) async fn hold(world: &World, message: &str) -> Result<bool, Failure> {
    let free = world.may_hold_calls() && !world.holds_calls.swap(true, Ordering::Relaxed);
    if free {
        world.hold(&Holds { every: true, unless: Some(message.to_owned()), ..Holds::default() }).await?;
    }
    Ok(free)
}

/// Lets every call continue.
pub(super) async fn release(world: &World) -> Result<(), Failure> {
    world.release().await?;
    world.holds_calls.store(false, Ordering::Relaxed);
    Ok(())
}

/// Lets held calls through while the request has not ended: they are its own, such as a second question about an unreadable
/// answer, or those of requests before it. A call that was held before the request's end was seen belongs to no turn after it.
/// Returns only if the model cannot be reached.
pub(super) async fn let_through(world: &World, game: &GameRun, request: &RequestRun) -> Failure {
    loop {
        tokio::time::sleep(LOOK_AGAIN).await;
        let gates = match world.model.gates().await {
            Ok(gates) => gates,
            Err(error) => return failed(&error),
        };
        let held = gates.iter().filter(|(name, gate)| name.starts_with("call-") && gate.waiting > 0 && !gate.open);
        let held: Vec<&String> = held.map(|(name, _)| name).collect();
        // Asked after the list was read, so that a turn which follows the request is never let through.
        if held.is_empty() || has_committed(world, game, request).await {
            continue;
        }
        for gate in held {
            if let Err(error) = world.model.open_gate(gate).await {
                return failed(&error);
            }
        }
    }
}

/// Whether the service says that the request has ended.
async fn has_committed(world: &World, game: &GameRun, request: &RequestRun) -> bool {
    let status = world.profile.request.as_ref().and_then(|profile| profile.status.as_ref());
    let view = world.request_view(request).await;
    let running = view.ok().zip(status).is_some_and(|(view, status)| {
        matches!(view.pointer(status).and_then(Value::as_str), Some("queued" | "processing"))
    });
    !running || game.watch.as_ref().is_some_and(|watch| watch.journal().end(&request.id).is_some())
}

/// Reads the state that a request's turn has just left, and keeps it for the step's expectations.
pub(super) async fn keep(world: &World, game: &GameRun, request: &RequestRun) {
    let version = game.watch.as_ref().and_then(|watch| {
        let journal = watch.journal();
        let updates = journal.of(&request.id).filter_map(|seen| match &seen.event {
            Some(Event::StateUpdated(updated)) => Some(updated.version),
            _ => None,
        });
        updates.last()
    });
    let Some(version) = version else { return };
    if let Ok(state) = world.state(game).await
        && has_version(&state, version)
    {
        let mut states = world.turn_states.lock().unwrap_or_else(PoisonError::into_inner);
        states.insert(request.id.clone(), state);
    }
}

/// The state that a step sees: the one that its own turn left, or the present one. Of a turn that another one has followed
/// before its state could be read, the event's own members are known, and the rest is as it is now.
pub(super) async fn seen_by(
    world: &World,
    game: &GameRun,
    own: Option<&RequestRun>,
    events: &[Arc<Seen>],
) -> Result<Value, CallError> {
    let Some(own) = own else { return world.state(game).await };
    let kept = world.turn_states.lock().unwrap_or_else(PoisonError::into_inner).get(&own.id).cloned();
    match kept {
        Some(kept) => Ok(kept),
        None => Ok(with_event(world.state(game).await?, events)),
    }
}

/// The members of a state that the turn's event carries, laid over it.
fn with_event(mut state: Value, events: &[Arc<Seen>]) -> Value {
    let updated = events.iter().rev().find_map(|seen| match &seen.event {
        Some(Event::StateUpdated(updated)) => Some(updated),
        _ => None,
    });
    if let Some(updated) = updated.filter(|updated| !has_version(&state, updated.version)) {
        state["user_location"] = json!(updated.location);
        state["scene_name"] = json!(updated.scene);
        state["turn_counter"] = json!(updated.turn);
        state["is_ended"] = json!(updated.is_ended);
    }
    state
}

fn has_version(state: &Value, version: u64) -> bool {
    state.get("version").and_then(Value::as_u64) == Some(version)
}
