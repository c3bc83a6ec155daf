//! What steps do to the processes of a case, to its Redis and to its links.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use harness_case::{
    ClockAction, FreezeAction, LinkAction, LinkFault, LinkTo, ProcessAction, RedisAction, Target, Verb,
};
use harness_events::{Failure, Source};

use super::World;
use crate::fleet::Fleet;
use crate::run::links;
use crate::run::manner::Manner;

impl World {
    /// Does something to a process, and follows the service to its new address.
    pub(in crate::run) async fn act(&self, action: &ProcessAction) -> Result<(), Failure> {
        let moved = match (&self.fleet, &self.external.control) {
            (None, Some(control)) => {
                self.log.note(Source::Process, format!("{} {}, by `--control`", action.verb, action.target));
                control.act(action).await
            }
            _ => self.fleet()?.act(action).await,
        };
        if let Some(base_url) = moved.map_err(Failure::new)? {
            base_url.clone_into(&mut self.base_url.lock().unwrap_or_else(PoisonError::into_inner));
            self.links.api_moved(&base_url);
            let base_url = self.players_url();
            for watch in self.games.iter().filter_map(|game| game.watch.as_ref()) {
                watch.moved(&base_url);
            }
            for watch in self.known().listeners.values() {
                watch.moved(&base_url);
            }
        }
        Ok(())
    }

    /// Freezes a process for a time. It goes on also where the step is given up meanwhile: the end of a case lets every process continue.
    pub(in crate::run) async fn freeze(&self, action: &FreezeAction) -> Result<(), Failure> {
        let does = |verb| ProcessAction { verb, target: action.target.clone() };
        self.act(&does(Verb::Stop)).await?;
        tokio::time::sleep(action.length).await;
        self.act(&does(Verb::Continue)).await
    }

    /// Sets a process' clock.
    pub(in crate::run) fn set_clock(&self, action: &ClockAction) -> Result<(), Failure> {
        self.log.note(Source::Process, action.describe());
        self.fleet()?.set_clock(action).map_err(Failure::new)
    }

    /// Has so many workers from here on.
    pub(in crate::run) async fn scale(&self, workers: usize) -> Result<(), Failure> {
        match (&self.fleet, &self.external.control) {
            (None, Some(control)) => control.scale(workers).await.map(drop).map_err(Failure::new),
            _ => self.fleet()?.scale(workers).await.map_err(Failure::new),
        }
    }

    /// Of targets that are the same process here, one.
    pub(in crate::run) fn distinct(&self, targets: Vec<Target>) -> Vec<Target> {
        self.fleet.as_ref().map_or_else(Vec::new, |fleet| fleet.distinct(targets))
    }

    fn fleet(&self) -> Result<&Fleet, Failure> {
        self.fleet.as_ref().ok_or_else(|| Failure::new("the processes are not ours"))
    }

    /// Does something to Redis, or to the way there.
    pub(in crate::run) async fn act_on_redis(&self, action: &RedisAction) -> Result<(), Failure> {
        let redis = self.redis.as_ref().ok_or_else(|| Failure::new("there is no Redis"))?;
        match action {
            RedisAction::Stop | RedisAction::Pause | RedisAction::LoseAnswers => {
                self.disturbed.store(true, Ordering::Relaxed);
            }
            RedisAction::Start | RedisAction::Continue => self.disturbed.store(false, Ordering::Relaxed),
            RedisAction::Cut | RedisAction::LatencyMs(_) | RedisAction::Run(_) => {}
        }
        let done = redis.act(action, |text| self.filled(text), &self.programs, &self.log).await;
        if *action == RedisAction::Continue { self.repaired(done) } else { done }
    }

    /// What came of a repair. In another order of events than the case's own, a fault may meet nothing.
    fn repaired(&self, done: Result<(), Failure>) -> Result<(), Failure> {
        if self.manner == Manner::Plain { done } else { Ok(()) }
    }

    /// Does something to a link.
    pub(in crate::run) fn act_on_link(&self, action: &LinkAction) -> Result<(), Failure> {
        links::note(&self.log, action);
        self.remember_disturbance(action);
        let done = match (action.to, &self.redis) {
            (LinkTo::Redis, Some(redis)) => redis.disturb(action),
            (LinkTo::Redis, None) => return Err(Failure::new("there is no Redis")),
            _ => self.links.act(action),
        };
        if action.fault == LinkFault::Repair { self.repaired(done) } else { done }
    }

    /// Removes the faults of all links. It fails if one of them has done nothing.
    pub(in crate::run) async fn repair_links(&self) -> Result<(), Failure> {
        let repaired = self.repaired(self.links.repair());
        let continued = if self.redis.is_some() { self.act_on_redis(&RedisAction::Continue).await } else { Ok(()) };
        repaired.and(continued)
    }
}
