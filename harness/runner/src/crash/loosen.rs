//! What of a case still has to hold when something is killed in it: all but what counts attempts, calls and time.

use std::time::Duration;

use harness_case::{Action, Case, Expect, Snapshots, Step};
use serde_json::{Value, json};

/// A case that cannot be struck.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It kills things itself.
    #[error("it breaks things itself, in the step \"{0}\"")]
    Breaks(String),
    /// It steers the model.
    #[error("it holds the model at a gate, in the step \"{0}\"")]
    Gates(String),
}

/// The lease that makes a dead worker's games free soon, in seconds.
const SHORT_LEASE: f64 = 0.5;

/// The case without what a blow may change.
pub fn loosen(case: &Case) -> Result<Case, Unfit> {
    for step in case.all_steps() {
        match &step.action {
            Action::Process(_) | Action::Scale(_) | Action::Redis(_) => return Err(Unfit::Breaks(step.name.clone())),
            Action::Gate(_) => return Err(Unfit::Gates(step.name.clone())),
            _ => {}
        }
    }
    let mut case = case.clone();
    case.snapshot = Snapshots::default();
    case.steps.iter_mut().for_each(loosen_step);
    Ok(case)
}

/// The case with a lease that runs out soon: for those who wait for a dead worker's. Where the worker lives and only its
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

fn loosen_step(step: &mut Step) {
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
        Action::Parallel(steps) => steps.iter_mut().for_each(loosen_step),
        Action::Actors(actors) => actors.values_mut().flatten().for_each(loosen_step),
        Action::Http(http) => http.snapshot = None,
        Action::RequestStream(stream) => stream.events = None,
        _ => {}
    }
}
