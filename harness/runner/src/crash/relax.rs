//! Relaxes a case for fault injection: drops the expectations that count attempts, calls, events or time.

use std::time::Duration;

use harness_case::{Action, Case, Expect, Snapshots, Step};
use serde_json::{Value, json};

/// A case into which no fault can be injected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It injects faults itself.
    #[error("it injects faults itself, in the step \"{0}\"")]
    Breaks(String),
    /// It steers the model.
    #[error("it holds the model at a gate, in the step \"{0}\"")]
    Gates(String),
}

/// A short lease, in seconds, so that a dead worker's games are free soon.
const SHORT_LEASE: f64 = 0.5;

/// The case without what a fault may change.
pub fn relax(case: &Case) -> Result<Case, Unfit> {
    for step in case.all_steps() {
        match &step.action {
            Action::Process(_)
            | Action::Freeze(_)
            | Action::Clock(_)
            | Action::Scale(_)
            | Action::Redis(_)
            | Action::Link(_) => {
                return Err(Unfit::Breaks(step.name.clone()));
            }
            Action::Gate(_) => return Err(Unfit::Gates(step.name.clone())),
            _ => {}
        }
    }
    let mut case = case.clone();
    case.snapshot = Snapshots::default();
    case.steps.iter_mut().for_each(relax_step);
    Ok(case)
}

/// The case with a short lease, so that the games of a dead worker are recovered soon. Where the worker lives and only its
/// store is away, the lease must outlast that.
#[must_use]
pub(super) fn with_short_lease(case: &Case) -> Case {
    let mut case = case.clone();
    let worker = case.engine.entry("worker").or_insert_with(|| json!({}));
    if let Value::Object(worker) = worker {
        worker.entry("game_lock_ttl_seconds").or_insert_with(|| json!(SHORT_LEASE));
    }
    case
}

fn relax_step(step: &mut Step) {
    let expect = &mut step.expect;
    *expect = Expect {
        attempt: None,
        events: None,
        stream: None,
        queue: None,
        model_calls: None,
        prompts: Vec::new(),
        within_ms: None,
        ..std::mem::take(expect)
    };
    // A lease must run out, and a process start again.
    step.limit += Duration::from_secs(10);
    match &mut step.action {
        Action::Parallel(steps) => steps.iter_mut().for_each(relax_step),
        Action::Actors(actors) => actors.values_mut().flatten().for_each(relax_step),
        Action::Http(http) => http.snapshot = None,
        Action::RequestStream(stream) => stream.events = None,
        _ => {}
    }
}
