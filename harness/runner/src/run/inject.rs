//! Injects the fault of a [`Manner::Faulted`] case at its injection point, and repairs it.
//!
//! [`Manner::Faulted`]: super::Manner::Faulted

use std::time::Duration;

use harness_case::{ProcessAction, RedisAction, Target, Verb};
use harness_events::{Failure, Source};
use mock_llm::Ending;

use super::errors::failed;
use super::manner::{Fault, FaultTarget, InjectionPoint};
use super::world::World;

/// How often the model is asked whether a call has ended: it sends no notification of that.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// Waits for the injection point, injects the fault and repairs it.
pub(super) async fn run(world: &World, fault: Fault) -> Result<(), Failure> {
    // While a fault is still to be injected or repaired, no step may conclude that nothing can happen any more.
    let _injector = world.branches.begin();
    match fault.point {
        InjectionPoint::Piece { call, .. } => {
            let gate = gate(world, call).await?;
            no_call_in_flight(world).await;
            inject(world, fault.target).await?;
            world.model.open_gate(&gate).await.map_err(|error| failed(&error))?;
            repair(world, fault.target).await
        }
        InjectionPoint::Unwritten { call } => {
            let gate = gate(world, call).await?;
            no_call_in_flight(world).await;
            world.act_on_redis(&RedisAction::Pause).await?;
            world.model.open_gate(&gate).await.map_err(|error| failed(&error))?;
            answered(world, call).await?;
            inject(world, fault.target).await?;
            // What the link holds back is lost with its connections.
            world.act_on_redis(&RedisAction::Cut).await?;
            world.act_on_redis(&RedisAction::Continue).await?;
            repair(world, fault.target).await
        }
        InjectionPoint::Ended { nth } => {
            let mut pulse = world.pulse.listen();
            while world.ends() < nth {
                // The pulse lasts as long as the world.
                let _ = pulse.changed().await;
            }
            no_call_in_flight(world).await;
            inject(world, fault.target).await?;
            repair(world, fault.target).await
        }
    }
}

/// Waits until no step waits for a response. A worker may be quicker than the response to the request that it works on, and a
/// request without an idempotency key whose response is lost cannot be sent again.
async fn no_call_in_flight(world: &World) {
    drop(world.asking.write().await);
}

/// Waits until a call is held.
async fn gate(world: &World, call: u64) -> Result<String, Failure> {
    let gate = format!("call-{call}");
    world.model.wait_at_gate(&gate).await.map_err(|error| failed(&error))?;
    Ok(gate)
}

/// Waits until a call's answer has been sent to its end.
async fn answered(world: &World, call: u64) -> Result<(), Failure> {
    loop {
        let calls = world.model.calls_after(call - 1).await.map_err(|error| failed(&error))?;
        if calls.first().is_some_and(|call| call.ending != Ending::InFlight) {
            return Ok(());
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

async fn inject(world: &World, target: FaultTarget) -> Result<(), Failure> {
    world.log.note(Source::Process, format!("inject the fault into {target:?}"));
    match target {
        FaultTarget::Worker | FaultTarget::Api => {
            for target in targets(world, target) {
                world.act(&ProcessAction { verb: Verb::Kill, target }).await?;
            }
            Ok(())
        }
        FaultTarget::Redis => world.act_on_redis(&RedisAction::Stop).await,
        FaultTarget::Stream => {
            for watch in world.games.iter().filter_map(|game| game.watch.as_ref()) {
                watch.drop_stream().await;
            }
            Ok(())
        }
    }
}

async fn repair(world: &World, target: FaultTarget) -> Result<(), Failure> {
    match target {
        FaultTarget::Worker | FaultTarget::Api => {
            for target in targets(world, target) {
                world.act(&ProcessAction { verb: Verb::Start, target }).await?;
            }
            Ok(())
        }
        FaultTarget::Redis => world.act_on_redis(&RedisAction::Start).await,
        FaultTarget::Stream => {
            for watch in world.games.iter().filter_map(|game| game.watch.as_ref()) {
                watch.resume(&world.players_url());
            }
            Ok(())
        }
    }
}

/// The processes that a target means. A process that is several of them at once is returned once.
fn targets(world: &World, target: FaultTarget) -> Vec<Target> {
    let is_target = |many: bool| many == (target == FaultTarget::Worker);
    let processes = world.profile.processes.iter().filter(|process| is_target(process.many));
    let targets = processes.flat_map(|process| {
        let workers = (0..world.case.workers).map(|number| Target::nth(&process.name, number));
        if process.many { workers.collect() } else { vec![Target::only(&process.name)] }
    });
    world.distinct(targets.collect())
}
