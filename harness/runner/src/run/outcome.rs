//! Waiting: look, and look again when something has happened, until the deadline.

use std::time::Duration;

use harness_events::Failure;
use tokio::time::Instant;

use super::branch::Branch;
use super::world::World;

/// Most things notify the pulse. What does not (a queue's depth, a model's calls, a restarted engine) is looked at this often.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// What a look has shown.
pub(super) enum Look<T> {
    /// It is there.
    Done(T),
    /// It is not there yet, for this reason.
    NotYet(Failure),
    /// It is not there yet, and may come although nothing happens: a service may notice something after a while.
    NotYetInTime(Failure),
    /// It is not there, and cannot come any more.
    Never(Failure),
}

/// Looks until it is there, cannot come any more, a process dies, no branch is left that could bring it, or time is up.
pub(super) async fn until<T>(
    world: &World,
    branch: &Branch<'_>,
    deadline: Instant,
    mut look: impl AsyncFnMut() -> Look<T>,
) -> Result<T, Failure> {
    let mut last: Option<Failure> = None;
    // Whether anything can still happen costs several calls. It is asked only when nothing has happened for a moment: while
    // events come, something does.
    let mut rested = false;
    loop {
        // Taken before the look, so that what happens during the look is not missed.
        let mut pulse = world.pulse.listen();
        let moment = branch.moment();
        let looked = tokio::time::timeout_at(deadline, async {
            // Asked first: what is looked at after the world was quiet is final.
            let idle = if rested { world.idle().await } else { None };
            (idle, look().await)
        });
        let Ok((idle, looked)) = looked.await else {
            let failure = last.take().unwrap_or_else(|| Failure::new("the service did not answer"));
            return Err(late(world, failure).await);
        };
        let (failure, may_come_in_time) = match looked {
            Look::Done(value) => {
                branch.moves();
                return Ok(value);
            }
            Look::Never(failure) => return Err(failure),
            Look::NotYet(failure) => (failure, false),
            Look::NotYetInTime(failure) => (failure, true),
        };
        if let Some(why) = idle.filter(|_| !may_come_in_time && branch.is_stuck(moment)) {
            return Err(Failure { what: format!("{why}, and {}", failure.what), ..failure });
        }
        if let Some(end) = world.unexpected_end() {
            return Err(Failure { what: format!("{end}; {}", failure.what), ..failure });
        }
        world.waits_for(&failure);
        last = Some(failure.clone());
        rested = tokio::select! {
            _ = pulse.changed() => false,
            () = tokio::time::sleep(LOOK_AGAIN) => true,
            () = tokio::time::sleep_until(deadline) => {
                return Err(late(world, failure).await);
            }
        };
    }
}

/// The failure of what has not come in time, with what may be its cause.
async fn late(world: &World, failure: Failure) -> Failure {
    let what = world.with_hindrances(format!("{} before the time limit", failure.what)).await;
    Failure { what, ..failure }
}
