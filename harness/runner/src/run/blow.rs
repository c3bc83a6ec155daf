//! Deals the blow of a [`Manner::Struck`] case, at its moment, and mends what it broke.
//!
//! [`Manner::Struck`]: super::Manner::Struck

use std::time::Duration;

use harness_case::{ProcessAction, RedisAction, Target, Verb};
use harness_events::{Failure, Source};
use mock_llm::Ending;

use super::errors::failed;
use super::manner::{Blow, Moment, Victim};
use super::world::World;

/// How often it is asked whether a call has ended, which nothing tells.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// Waits for the moment, strikes, and mends.
pub(super) async fn deal(world: &World, blow: Blow) -> Result<(), Failure> {
    // While something is still to be struck or mended, waiting is not in vain.
    let _striker = world.branches.begin();
    match blow.moment {
        Moment::Piece { call, .. } => {
            let gate = gate(world, call).await?;
            nobody_asks(world).await;
            strike(world, blow.victim).await?;
            world.model.open_gate(&gate).await.map_err(|error| failed(&error))?;
            mend(world, blow.victim).await
        }
        Moment::Unwritten { call } => {
            let gate = gate(world, call).await?;
            nobody_asks(world).await;
            world.act_on_redis(&RedisAction::Pause).await?;
            world.model.open_gate(&gate).await.map_err(|error| failed(&error))?;
            answered(world, call).await?;
            strike(world, blow.victim).await?;
            // What stands still on the way is lost with the connections.
            world.act_on_redis(&RedisAction::Cut).await?;
            world.act_on_redis(&RedisAction::Continue).await?;
            mend(world, blow.victim).await
        }
        Moment::Ended { nth } => {
            let mut pulse = world.pulse.listen();
            while world.ends() < nth {
                // The pulse lasts as long as the world.
                let _ = pulse.changed().await;
            }
            nobody_asks(world).await;
            strike(world, blow.victim).await?;
            mend(world, blow.victim).await
        }
    }
}

/// Waits until no step waits for an answer. A worker may be quicker than the answer to the request that it works on, and a
/// request without a key, whose answer is lost, is nobody's to send again.
async fn nobody_asks(world: &World) {
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

async fn strike(world: &World, victim: Victim) -> Result<(), Failure> {
    world.log.note(Source::Process, format!("the blow falls on {victim:?}"));
    match victim {
        Victim::Worker | Victim::Api => {
            for target in targets(world, victim) {
                world.act(&ProcessAction { verb: Verb::Kill, target }).await?;
            }
            Ok(())
        }
        Victim::Redis => world.act_on_redis(&RedisAction::Stop).await,
        Victim::Stream => {
            for watch in world.games.iter().filter_map(|game| game.watch.as_ref()) {
                watch.drop_stream().await;
            }
            Ok(())
        }
    }
}

async fn mend(world: &World, victim: Victim) -> Result<(), Failure> {
    match victim {
        Victim::Worker | Victim::Api => {
            for target in targets(world, victim) {
                world.act(&ProcessAction { verb: Verb::Start, target }).await?;
            }
            Ok(())
        }
        Victim::Redis => world.act_on_redis(&RedisAction::Start).await,
        Victim::Stream => {
            for watch in world.games.iter().filter_map(|game| game.watch.as_ref()) {
                watch.resume(&world.base_url());
            }
            Ok(())
        }
    }
}

/// The processes that a victim stands for. One that does the work of all is named once.
fn targets(world: &World, victim: Victim) -> Vec<Target> {
    let is_victim = |many: bool| many == (victim == Victim::Worker);
    let processes = world.profile.processes.iter().filter(|process| is_victim(process.many));
    let targets = processes.flat_map(|process| {
        let workers = (0..world.case.workers).map(|number| Target::nth(&process.name, number));
        if process.many { workers.collect() } else { vec![Target::only(&process.name)] }
    });
    world.distinct(targets.collect())
}
