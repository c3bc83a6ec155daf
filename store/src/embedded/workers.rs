//! The workers of this process: what they say of themselves is kept in memory, and goes with the process as they do.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::{GameId, Pause, PauseScope, WorkerInfo, WorkerTurn, WorkerView};

use super::rows::Columns;
use super::step::Step;
use super::values::corrupt;
use super::{EmbeddedStore, StoreError, pauses};
use crate::{LeaseToken, WorkerId, Workers};

#[async_trait]
impl Workers for EmbeddedStore {
    async fn announce_worker(&self, worker: &WorkerId, about: &WorkerInfo) -> Result<(), StoreError> {
        self.workers.lock().insert(worker.to_string(), Some(about.clone()));
        Ok(())
    }

    async fn end_former_leases(&self, worker: &WorkerId) -> Result<usize, StoreError> {
        let worker = worker.clone();
        self.workers.lock().retain(|other, _| !worker.is_same_worker(other));
        self.step(move |step| {
            let former = turns(step)?.into_iter().filter(|(holder, _)| worker.is_same_worker(holder));
            let leased: Vec<WorkerTurn> = former.flat_map(|(_, turns)| turns).collect();
            for turn in &leased {
                step.execute("UPDATE games SET lane_key = ?2 WHERE id = ?1", (turn.game_id.to_string(), step.now))?;
            }
            step.effects.wake |= !leased.is_empty();
            Ok(leased.len())
        })
        .await
    }

    async fn workers(&self) -> Result<Vec<WorkerView>, StoreError> {
        let known = self.workers.lock().clone();
        let (seen_at, mut turns, pauses) = self
            .step(|step| {
                let now = Timestamp::from_millisecond(step.now).map_err(|error| corrupt("a time", error))?;
                Ok((now, turns(step)?, pauses::all(step)?))
            })
            .await?;
        let mut drained: BTreeMap<String, Pause> = BTreeMap::new();
        for pause in pauses {
            if let PauseScope::Worker { worker } = &pause.what {
                drained.insert(worker.clone(), pause);
            }
        }
        let view = |(name, about): (String, Option<WorkerInfo>)| {
            let (turns, drained) = (turns.remove(&name).unwrap_or_default(), drained.remove(&name));
            WorkerView { name, seen_at, about, turns, drained }
        };
        Ok(known.into_iter().map(view).collect())
    }
}

/// The turns that run, by worker.
fn turns(step: &Step<'_>) -> Result<BTreeMap<String, Vec<WorkerTurn>>, StoreError> {
    let held = step.all(
        "SELECT id, token, lane_key, (SELECT started_at FROM requests WHERE game_id = games.id AND status = 'processing') \
         AS started_at FROM games WHERE lane_state = 'active' AND lane_key > ?1 ORDER BY lane_key LIMIT 1000",
        [step.now],
        |row| {
            let row = Columns::new("a lease", row);
            let (game_id, token): (GameId, Option<String>) = (row.parse("id")?, row.get("token")?);
            let lease_ends_at = row.time("lane_key")?.unwrap_or_default();
            let since = row.time("started_at")?.unwrap_or_default();
            let lease = token.and_then(|token| LeaseToken::new(token).view(lease_ends_at));
            Ok(lease.map(|lease| {
                (lease.worker, WorkerTurn { game_id, request_id: lease.request_id, since, lease_ends_at })
            }))
        },
    )?;
    let mut turns: BTreeMap<String, Vec<WorkerTurn>> = BTreeMap::new();
    for (worker, turn) in held.into_iter().flatten() {
        turns.entry(worker).or_default().push(turn);
    }
    Ok(turns)
}
