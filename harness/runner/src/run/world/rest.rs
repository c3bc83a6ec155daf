//! Whether anything can still happen in a case's world: what waits, what runs, and which events are on their way.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use harness_case::profile::Call;
use harness_events::{Failure, RunEventKind};
use mock_llm::Ending;
use serde_json::Value;

use super::{RequestRun, World};
use crate::call::CallError;
use crate::fleet::Fleet;
use crate::run::errors::failed;

impl World {
    /// How many requests have ended, in all games.
    pub(in crate::run) fn ends(&self) -> usize {
        self.games.iter().filter_map(|game| game.watch.as_ref()).map(|watch| watch.journal().ends()).sum()
    }

    /// Why nothing can happen any more unless the case does something, if that is so.
    pub(in crate::run) async fn idle(&self) -> Option<&'static str> {
        if self.quiet().await {
            return Some("nothing happens any more");
        }
        // What is in the log already may still be on its way here.
        let nobody_works = self.fleet.as_ref().is_some_and(Fleet::nobody_works);
        (nobody_works && self.caught_up().await).then_some("no worker is running")
    }

    /// Returns when the model is called in a way that the script does not foresee. The model of others is called by others.
    pub(in crate::run) async fn unforeseen(&self) -> Failure {
        if self.shares_model {
            return std::future::pending().await;
        }
        match self.model.first_miss().await {
            Ok(call) => Failure::new(
                crate::invariants::model(&[call], self.case.model.as_ref())
                    .first()
                    .map(ToString::to_string)
                    .unwrap_or_default(),
            ),
            Err(error) => failed(&error),
        }
    }

    /// Whether nothing happens until the case does something, although something may still run: no worker is there, none can reach
    /// Redis, or every model call waits at a gate that only the case opens.
    pub(in crate::run) async fn stands_still(&self) -> bool {
        self.disturbed.load(Ordering::Relaxed) || self.idle().await.is_some() || self.waits_at_gates().await
    }

    async fn waits_at_gates(&self) -> bool {
        let (Ok(gates), Ok(calls)) = (self.model.gates().await, self.model.calls().await) else { return false };
        let waiting = gates.values().filter(|gate| !gate.open).map(|gate| gate.waiting).sum::<usize>();
        let in_flight = calls.iter().filter(|call| call.ending == Ending::InFlight).count();
        if waiting == 0 || in_flight != waiting {
            return false;
        }
        // A game that a worker has, and for which no call waits yet, will make one. Others may have games on a shared service.
        if let Some(queue) =
            self.profile.queue.as_ref().filter(|_| !self.shares_model && self.profile.is_story_engine())
        {
            let Ok(view) = self.get(&Call::get(&queue.path)).await else { return false };
            if view.get("active").and_then(Value::as_u64) != u64::try_from(waiting).ok() {
                return false;
            }
        }
        self.caught_up().await
    }

    /// Whether nothing waits, nothing runs, no model call is in flight, and every event has come. A service that is away is
    /// not quiet.
    pub(in crate::run) async fn quiet(&self) -> bool {
        if let Some(queue) = &self.profile.queue {
            let Ok(view) = self.get(&Call::get(&queue.path)).await else { return false };
            if !queue.idle.iter().all(|pointer| view.pointer(pointer).and_then(Value::as_u64) == Some(0)) {
                return false;
            }
        } else {
            // Without a queue to look at, a request is over when its last event has come.
            let open = |request: &RequestRun| {
                let watch = self.game_of(request).watch.as_ref();
                watch.is_some_and(|watch| watch.journal().end(&request.id).is_none())
            };
            if self.requests_made().iter().any(open) {
                return false;
            }
        }
        // A call that the engine has dropped is in flight until the model notices it. The model of external services has
        // other callers.
        if !self.shares_model && !self.model.is_idle().await.unwrap_or(true) {
            return false;
        }
        self.caught_up().await && (self.profile.queue.is_some() || self.all_that_is_shown_has_ended())
    }

    /// Whether no game has a request without an end. An `http` step sends some that the case does not know.
    fn all_that_is_shown_has_ended(&self) -> bool {
        let played = self.games.iter().filter(|run| !run.game.gone);
        !played.filter_map(|run| run.watch.as_ref()).any(|watch| watch.journal().has_unfinished())
    }

    /// Whether every event has come that there is.
    async fn caught_up(&self) -> bool {
        for run in &self.games {
            let (Some(cursor), Some(watch)) =
                (self.profile.state.as_ref().and_then(|state| state.cursor.as_ref()), run.watch.as_ref())
            else {
                continue;
            };
            let view = match self.state(run).await {
                Ok(view) => view,
                Err(CallError::Refused { status: 404, .. }) if run.game.gone => continue,
                Err(_) => return false,
            };
            let cursor = match view.pointer(cursor) {
                Some(Value::String(cursor)) => cursor.clone(),
                Some(Value::Number(cursor)) => cursor.to_string(),
                _ => continue,
            };
            let journal = watch.journal();
            // An id that holds no offset is the latest one, or it is not.
            let behind = self.profile.events.offset(&cursor).is_none_or(|offset| journal.last_offset() < offset);
            if behind && journal.last_id() != Some(cursor.as_str()) {
                return false;
            }
        }
        let known = self.known();
        let of_game = |id: &str| self.games.iter().find(|run| run.id == id)?.watch.as_ref();
        known.listeners.values().all(|watch| watch.is_settled(of_game))
    }

    /// Tells what the case waits for, if that is something new.
    pub(in crate::run) fn waits_for(&self, failure: &Failure) {
        let what = failure.brief();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if *waiting != what {
            waiting.clone_from(&what);
            self.events.send(RunEventKind::Waiting { case: self.case.id.clone(), what });
        }
    }
}
