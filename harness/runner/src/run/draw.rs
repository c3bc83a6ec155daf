//! Draws from a seed which of several waiting actors and model calls continues first.
//!
//! Every model call waits before its answer, and every actor before each of its steps. When nothing else moves,
//! one of the waiting ones is drawn and continues. The same seed draws the same from the same choices; which choices there
//! are depends on the machine too.

use std::time::Duration;

use harness_events::{Failure, Source};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::errors::failed;
use super::schedule::Scheduler;
use super::world::World;

/// How often the waiting calls are listed: the model sends no notification of them.
const LOOK_AGAIN: Duration = Duration::from_millis(3);

/// How many looks in a row must be equal before one is drawn.
const STILL: usize = 2;

/// What waits, as far as it can be seen.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sight {
    calls: Vec<String>,
    steps: Vec<String>,
    /// How many events have come: while some still come, something moves.
    events: usize,
}

/// Draws what continues, until the case ends.
pub(super) async fn run(scheduler: &Scheduler, world: &World) -> Result<(), Failure> {
    let mut draw = StdRng::seed_from_u64(scheduler.seed());
    let mut before = Sight::default();
    let mut still = 0;
    loop {
        tokio::time::sleep(LOOK_AGAIN).await;
        let sight = look(scheduler, world).await?;
        still = if sight == before { still + 1 } else { 0 };
        before = sight;
        let choices = before.calls.len() + before.steps.len();
        if still < STILL || choices == 0 {
            continue;
        }
        still = 0;
        let drawn = draw.random_range(0..choices);
        if let Some(call) = before.calls.get(drawn) {
            world.log.note(Source::Model, format!("{call} continues"));
            world.model.open_gate(call).await.map_err(|error| failed(&error))?;
        } else if let Some(actor) = before.steps.get(drawn - before.calls.len()) {
            scheduler.release(actor);
        }
    }
}

async fn look(scheduler: &Scheduler, world: &World) -> Result<Sight, Failure> {
    let gates = world.model.gates().await.map_err(|error| failed(&error))?;
    let is_held =
        |(name, gate): &(&String, &mock_llm::GateState)| name.starts_with("call-") && gate.waiting > 0 && !gate.open;
    let calls = gates.iter().filter(is_held).map(|(name, _)| name.clone()).collect();
    let watches = world.games.iter().filter_map(|game| game.watch.as_ref());
    let events = watches.map(|watch| watch.journal().events().len()).sum();
    Ok(Sight { calls, steps: scheduler.waiting(), events })
}
