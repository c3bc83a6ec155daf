//! What operators have paused, in SQLite. It mirrors `lua/pause_queue.lua` and `lua/resume_queue.lua`.

use std::collections::{BTreeSet, HashSet};

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::{GameId, Pause, PauseScope};

use super::rows::{Columns, unavailable};
use super::step::{PAUSED, Step};
use super::values::{corrupt, signed};
use super::{EmbeddedStore, StoreError, tenants};
use crate::{ClaimedProvider, Paused, Pauses, WorkerId};

/// What the names begin with under which `meta` keeps when a pause has ended.
const ENDED: &str = "resumed:";

#[async_trait]
impl Pauses for EmbeddedStore {
    async fn pause_queue(&self, scope: &PauseScope, by: &str) -> Result<Paused, StoreError> {
        if let PauseScope::Worker { worker } = scope
            && !self.workers.lock().contains_key(worker)
        {
            return Ok(Paused::UnknownWorker);
        }
        let (scope, by) = (scope.clone(), by.to_owned());
        self.step(move |step| pause(step, &scope, &by)).await
    }

    async fn resume_queue(&self, scope: &PauseScope) -> Result<Option<Pause>, StoreError> {
        let scope = scope.clone();
        self.step(move |step| resume(step, &scope)).await
    }

    async fn pauses(&self) -> Result<Vec<Pause>, StoreError> {
        self.step(|step| all(step)).await
    }
}

fn pause(step: &Step<'_>, scope: &PauseScope, by: &str) -> Result<Paused, StoreError> {
    if let Some(pause) = find(step, scope)? {
        return Ok(Paused::Done(pause));
    }
    match scope {
        PauseScope::Game { game_id } if step.lane_length(*game_id)?.is_none() => return Ok(Paused::UnknownGame),
        PauseScope::Provider { provider } => {
            let used =
                step.all("SELECT name FROM providers", [], |row| row.get::<_, String>(0).map_err(unavailable))?;
            let mut known: BTreeSet<String> = step.options.providers.policies.keys().cloned().chain(used).collect();
            known.remove(ClaimedProvider::NO_MODEL);
            if !known.contains(provider) {
                return Ok(Paused::UnknownProvider { known: known.into_iter().collect() });
            }
        }
        PauseScope::All {} | PauseScope::Tenant { .. } | PauseScope::Game { .. } | PauseScope::Worker { .. } => {}
    }
    let count: Option<i64> = step.first("SELECT count(*) FROM pauses", [], |row| row.get(0))?;
    if count.unwrap_or_default() >= signed(step.options.max_pauses as u64) {
        return Ok(Paused::Full);
    }
    step.execute(
        "INSERT INTO pauses (scope, paused_by, since) VALUES (?1, ?2, ?3)",
        (scope.to_string(), by, step.now),
    )?;
    if let PauseScope::Tenant { tenant } = scope {
        // What is still held for it stays so.
        step.execute("DELETE FROM pauses WHERE scope = ?1", [format!("{}{tenant}", tenants::LETS_GO)])?;
    }
    if let PauseScope::Game { game_id } = scope {
        step.execute(
            "UPDATE games SET waits_for = ?2 WHERE id = ?1 AND lane_state = 'ready'",
            (game_id.to_string(), PAUSED),
        )?;
    }
    find(step, scope)?.map(Paused::Done).ok_or_else(|| corrupt("a pause", "it is gone"))
}

fn resume(step: &mut Step<'_>, scope: &PauseScope) -> Result<Option<Pause>, StoreError> {
    let Some(pause) = find(step, scope)? else { return Ok(None) };
    step.execute("DELETE FROM pauses WHERE scope = ?1", [scope.to_string()])?;
    match scope {
        PauseScope::Game { game_id } => {
            let key = game_id.to_string();
            step.execute("UPDATE games SET waits_for = NULL WHERE id = ?1 AND waits_for = ?2", (key, PAUSED))?;
        }
        PauseScope::Worker { .. } => {}
        PauseScope::All {} | PauseScope::Provider { .. } | PauseScope::Tenant { .. } => {
            step.execute(
                "INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)",
                (format!("{ENDED}{scope}"), step.now.to_string()),
            )?;
        }
    }
    if let PauseScope::Tenant { tenant } = scope {
        tenants::let_go(step, tenant.as_str())?;
    }
    step.effects.wake = true;
    Ok(Some(pause))
}

/// Everything that is paused, the oldest pause first.
pub(super) fn all(step: &Step<'_>) -> Result<Vec<Pause>, StoreError> {
    select(step, "scope NOT LIKE ?1", &format!("{}%", tenants::LETS_GO))
}

fn find(step: &Step<'_>, scope: &PauseScope) -> Result<Option<Pause>, StoreError> {
    Ok(select(step, "scope = ?1", &scope.to_string())?.pop())
}

fn select(step: &Step<'_>, condition: &str, scope: &str) -> Result<Vec<Pause>, StoreError> {
    let sql = format!("SELECT scope, paused_by, since FROM pauses WHERE {condition} ORDER BY since, scope");
    step.all(&sql, [scope], |row| {
        let row = Columns::new("a pause", row);
        let since: Option<Timestamp> = row.time("since")?;
        Ok(Pause { what: row.parse("scope")?, by: row.need("paused_by")?, since: since.unwrap_or_default() })
    })
}

/// What the queue leaves out: everything, or some providers.
#[derive(Debug)]
pub(super) struct LeftOut {
    pub(super) everything: bool,
    providers: HashSet<String>,
}

impl LeftOut {
    pub(super) fn by(step: &Step<'_>) -> Result<Self, StoreError> {
        // The key finds these, however many games are paused.
        let sql = "SELECT scope FROM pauses WHERE scope = 'all' OR (scope > 'provider:' AND scope < 'provider;')";
        let scopes: Vec<String> = step.all(sql, [], |row| row.get(0).map_err(unavailable))?;
        let providers = scopes.iter().filter_map(|scope| scope.strip_prefix("provider:").map(str::to_owned)).collect();
        Ok(Self { everything: scopes.iter().any(|scope| scope == "all"), providers })
    }

    /// Whether games that wait for a provider are left out.
    pub(super) fn has(&self, provider: &str) -> bool {
        self.everything || self.providers.contains(provider)
    }
}

/// Whether an operator drains a worker.
pub(super) fn is_drained(step: &Step<'_>, worker: &WorkerId) -> Result<bool, StoreError> {
    let found = step.first("SELECT 1 FROM pauses WHERE scope = ?1", [format!("worker:{worker}")], |_| Ok(()))?;
    Ok(found.is_some())
}

/// Forgets that a worker is drained: it comes back under another name.
pub(super) fn forget_worker(step: &Step<'_>, worker: &WorkerId) -> Result<(), StoreError> {
    step.execute("DELETE FROM pauses WHERE scope = ?1", [format!("worker:{worker}")]).map(drop)
}

/// When everything or a provider was resumed last, in ms since 1970; 0 if never.
pub(super) fn ended_at(step: &Step<'_>, provider: &str) -> Result<i64, StoreError> {
    let scope = PauseScope::Provider { provider: provider.to_owned() };
    let sql = "SELECT max(CAST(value AS INTEGER)) FROM meta WHERE name IN (?1, ?2)";
    let ended: Option<Option<i64>> =
        step.first(sql, (format!("{ENDED}all"), format!("{ENDED}{scope}")), |row| row.get(0))?;
    Ok(ended.flatten().unwrap_or_default())
}

/// Whether an operator has paused a game.
pub(super) fn is_paused(step: &Step<'_>, game: GameId) -> Result<bool, StoreError> {
    Ok(find(step, &PauseScope::Game { game_id: game })?.is_some())
}
