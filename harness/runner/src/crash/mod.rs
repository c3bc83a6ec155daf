//! `harness crash`: plays a case once for every injection point, with one fault each time, and demands the same end.
//!
//! The case is first played without a fault: that shows which injection points there are and how it ends. Then every target that can
//! be killed is killed once at every injection point. How a case is played with a fault is in [`crate::run`].

mod points;
mod relax;

use std::fmt;
use std::sync::Arc;

use futures::{StreamExt, stream};
use harness_case::Case;
use harness_events::Failure;
use similar::TextDiff;

pub use points::fault_plan;
pub use relax::{Unfit, relax};

use crate::run::{Fault, FaultTarget, InjectionPoint, Manner, Performed, Play, RunContext, perform};
use crate::services::Mode;
use relax::with_short_lease;

/// The outcome of one fault.
#[derive(Debug)]
pub struct Injected {
    /// The fault.
    pub fault: Fault,
    /// What is wrong; `None` if the case ended as it did without the fault.
    pub wrong: Option<Wrong>,
}

/// What is wrong after a fault.
#[derive(Debug)]
pub enum Wrong {
    /// The case does not come to its end.
    Failed(Box<Failure>),
    /// It comes to another end: the difference, line by line.
    Differs(String),
    /// A finished narration was requested a second time.
    NarratedAgain {
        /// How many were written without the fault.
        undisturbed: usize,
        /// How many were written with it.
        now: usize,
    },
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(failure) => f.write_str(failure.render().trim_end()),
            Self::Differs(diff) => write!(f, "it ends otherwise:\n{}", diff.trim_end()),
            Self::NarratedAgain { undisturbed, now } => {
                write!(f, "{now} narrations were written to their end, and undisturbed only {undisturbed}")
            }
        }
    }
}

/// Plays a case without a fault: how it ends, and which calls the model gets.
pub async fn rehearse(context: &RunContext, case: &Arc<Case>) -> Result<Performed, Failure> {
    perform(context, &Play { case: Arc::clone(case), manner: Manner::Rehearsed }).await
}

/// What can be killed with these services.
#[must_use]
pub fn targets(wanted: &[FaultTarget], mode: Mode) -> Vec<FaultTarget> {
    let possible = |target: &&FaultTarget| match target {
        FaultTarget::Redis => mode == Mode::Local,
        // Without Redis it is the same process as the workers.
        FaultTarget::Api => mode != Mode::Embedded || wanted == [FaultTarget::Api],
        FaultTarget::Worker | FaultTarget::Stream => true,
    };
    let all = [FaultTarget::Worker, FaultTarget::Api, FaultTarget::Redis, FaultTarget::Stream];
    let wanted = if wanted.is_empty() { &all[..] } else { wanted };
    wanted.iter().filter(possible).copied().collect()
}

/// Injects every fault, several at a time, and calls `progress` after each.
pub async fn inject_all(
    context: &RunContext,
    case: &Arc<Case>,
    undisturbed: &Performed,
    faults: Vec<Fault>,
    mut progress: impl FnMut(&Injected),
) -> Vec<Injected> {
    let mut injected = stream::iter(faults.into_iter().enumerate())
        .map(async |(number, fault)| Injected { fault, wrong: once(context, case, undisturbed, number, fault).await })
        .buffer_unordered(context.jobs.max(1));
    let mut all = Vec::new();
    while let Some(one) = injected.next().await {
        progress(&one);
        all.push(one);
    }
    all
}

async fn once(
    context: &RunContext,
    case: &Arc<Case>,
    undisturbed: &Performed,
    number: usize,
    fault: Fault,
) -> Option<Wrong> {
    // A directory, prefix and namespace of its own.
    let case = if fault.target == FaultTarget::Redis { Case::clone(case) } else { with_short_lease(case) };
    let games = case.games.len();
    let case = Arc::new(Case { id: format!("{}-{number}", case.id), ..case });
    let performed = match perform(context, &Play { case, manner: Manner::Faulted(fault) }).await {
        Ok(performed) => performed,
        Err(failure) => return Some(Wrong::Failed(Box::new(failure))),
    };
    if performed.end.text != undisturbed.end.text {
        let diff = TextDiff::from_lines(&undisturbed.end.text, &performed.end.text);
        let diff = diff.unified_diff().context_radius(2).header("undisturbed", "now").to_string();
        return Some(Wrong::Differs(diff));
    }
    // Only where the model is held at the injection point is it certain that no other narration was about to finish.
    let still = matches!(fault.point, InjectionPoint::Piece { .. } | InjectionPoint::Unwritten { .. }) && games == 1;
    let (before, now) = (undisturbed.end.narrations, performed.end.narrations);
    (still && now > before).then_some(Wrong::NarratedAgain { undisturbed: before, now })
}
