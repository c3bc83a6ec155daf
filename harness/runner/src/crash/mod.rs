//! `harness crash`: plays a case again and again, with one blow at another moment each time, and demands the same end.
//!
//! The case is rehearsed first, undisturbed: that tells which moments there are and how it ends. Then everything that can
//! be killed is killed once at every moment. How a case is played with a blow is in [`crate::run`].

mod loosen;
mod moments;

use std::fmt;
use std::sync::Arc;

use futures::{StreamExt, stream};
use harness_case::Case;
use harness_events::Failure;
use similar::TextDiff;

pub use loosen::{Unfit, loosen};
pub use moments::moments;

use crate::run::{Blow, Manner, Moment, Performed, Play, RunContext, Victim, perform};
use crate::services::Mode;
use loosen::with_short_lease;

/// What came of one blow.
#[derive(Debug)]
pub struct Struck {
    /// The blow.
    pub blow: Blow,
    /// What is wrong; nothing if the case has ended as it did undisturbed.
    pub wrong: Option<Wrong>,
}

/// What is wrong after a blow.
#[derive(Debug)]
pub enum Wrong {
    /// The case does not come to its end.
    Failed(Box<Failure>),
    /// It comes to another end: the difference, line by line.
    Differs(String),
    /// A narration that was finished has been asked for again.
    NarratedAgain {
        /// How many were written undisturbed.
        undisturbed: usize,
        /// How many were written now.
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

/// Rehearses a case: how it ends undisturbed.
pub async fn rehearse(context: &RunContext, case: &Arc<Case>) -> Result<Performed, Failure> {
    perform(context, &Play { case: Arc::clone(case), manner: Manner::Rehearsed }).await
}

/// What can be killed with these services.
#[must_use]
pub fn victims(wanted: &[Victim], mode: Mode) -> Vec<Victim> {
    let possible = |victim: &&Victim| match victim {
        Victim::Redis => mode == Mode::Local,
        // Without Redis it is the same process as the workers.
        Victim::Api => mode != Mode::Embedded || wanted == [Victim::Api],
        Victim::Worker | Victim::Stream => true,
    };
    let all = [Victim::Worker, Victim::Api, Victim::Redis, Victim::Stream];
    let wanted = if wanted.is_empty() { &all[..] } else { wanted };
    wanted.iter().filter(possible).copied().collect()
}

/// Deals every blow, several at a time, and tells of each as it is done.
pub async fn strike(
    context: &RunContext,
    case: &Arc<Case>,
    undisturbed: &Performed,
    blows: Vec<Blow>,
    mut told: impl FnMut(&Struck),
) -> Vec<Struck> {
    let mut struck = stream::iter(blows.into_iter().enumerate())
        .map(async |(number, blow)| Struck { blow, wrong: once(context, case, undisturbed, number, blow).await })
        .buffer_unordered(context.jobs.max(1));
    let mut all = Vec::new();
    while let Some(one) = struck.next().await {
        told(&one);
        all.push(one);
    }
    all
}

async fn once(
    context: &RunContext,
    case: &Arc<Case>,
    undisturbed: &Performed,
    number: usize,
    blow: Blow,
) -> Option<Wrong> {
    // A directory, prefix and namespace of its own.
    let case = if blow.victim == Victim::Redis { Case::clone(case) } else { with_short_lease(case) };
    let games = case.games.len();
    let case = Arc::new(Case { id: format!("{}-{number}", case.id), ..case });
    let performed = match perform(context, &Play { case, manner: Manner::Struck(blow) }).await {
        Ok(performed) => performed,
        Err(failure) => return Some(Wrong::Failed(Box::new(failure))),
    };
    if performed.end.text != undisturbed.end.text {
        let diff = TextDiff::from_lines(&undisturbed.end.text, &performed.end.text);
        let diff = diff.unified_diff().context_radius(2).header("undisturbed", "now").to_string();
        return Some(Wrong::Differs(diff));
    }
    // Only where the model stands still at the blow is it known that nothing else was just being finished.
    let still = matches!(blow.moment, Moment::Piece { .. } | Moment::Unwritten { .. }) && games == 1;
    let (before, now) = (undisturbed.end.narrations, performed.end.narrations);
    (still && now > before).then_some(Wrong::NarratedAgain { undisturbed: before, now })
}
