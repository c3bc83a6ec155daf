//! Draws from a seed who goes on first, wherever several could.
//!
//! Every model call waits before its answer, and every actor before each of its steps. When nothing else moves any more,
//! one of those who wait is drawn and goes on. The same seed draws the same among the same; which are there to draw
//! from, the machine has a say in.

use std::time::Duration;

use harness_events::{Failure, Source};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::errors::failed;
use super::schedule::Scheduler;
use super::world::World;

/// How often it is looked who waits, which nothing tells.
const LOOK_AGAIN: Duration = Duration::from_millis(3);

/// How many looks in a row must show the same before one is drawn.
const STILL: usize = 2;

/// Who waits, as far as it can be seen.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sight {
    calls: Vec<String>,
    steps: Vec<String>,
    /// How many events have come: while some still come, something moves.
    events: usize,
}

/// Draws who goes on, again and again. It ends only with the case.
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
            world.log.note(Source::Model, format!("{call} goes on"));
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
