//! What operators have paused, in Redis: `pauses` (hash: everything, providers and workers), `pauses:games` (hash), `pauses:ended` (hash:
//! when the former were resumed).

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::{Circuit, Pause, PauseScope};

use super::connection::Connection;
use super::script::{self, ScriptArgs};
use super::unexpected::unexpected_reply;
use super::{RedisStore, StoreError, providers, workers};
use crate::store::{Paused, Pauses};

/// The name under which paused games are ready; `lua/names.lua` has it too.
pub(super) const PAUSED: &str = "*paused";

#[async_trait]
impl Pauses for RedisStore {
    async fn pause_queue(&self, scope: &PauseScope, by: &str) -> Result<Paused, StoreError> {
        if let PauseScope::Provider { provider } = scope {
            let known = self.used_providers().await?;
            if !known.contains(provider) {
                return Ok(Paused::UnknownProvider { known: known.into_iter().collect() });
            }
        }
        if let PauseScope::Worker { worker } = scope
            && !self.living().await?.contains(worker)
        {
            return Ok(Paused::UnknownWorker);
        }
        let mut first: Option<Pause> = None;
        for shard in self.shards_of(scope) {
            let call = arguments(scope).arg(by).arg(self.options.max_pauses);
            let reply: Vec<String> = shard.run(&script::PAUSE_QUEUE, &call).await?;
            let pause = match &reply[..] {
                [word] if word == "unknown" => return Ok(Paused::UnknownGame),
                [word] if word == "full" => return Ok(Paused::Full),
                [since, by] => pause(scope.clone(), since, by)?,
                _ => return Err(unexpected_reply("pause_queue", &reply)),
            };
            first = first.into_iter().chain([pause]).min_by_key(|pause| pause.since);
        }
        first.map(Paused::Done).ok_or_else(|| unexpected_reply("pause_queue", &"no shard"))
    }

    async fn resume_queue(&self, scope: &PauseScope) -> Result<Option<Pause>, StoreError> {
        let mut first: Option<Pause> = None;
        for shard in self.shards_of(scope) {
            let reply: Vec<String> = shard.run(&script::RESUME_QUEUE, &arguments(scope)).await?;
            let ended = match &reply[..] {
                [] => None,
                [since, by] => Some(pause(scope.clone(), since, by)?),
                _ => return Err(unexpected_reply("resume_queue", &reply)),
            };
            first = first.into_iter().chain(ended).min_by_key(|pause| pause.since);
        }
        Ok(first)
    }

    async fn pauses(&self) -> Result<Vec<Pause>, StoreError> {
        let mut all: BTreeMap<PauseScope, Pause> = BTreeMap::new();
        for shard in &self.shards {
            let prefix = shard.prefix();
            let mut read = redis::pipe();
            read.hgetall(format!("{prefix}pauses")).hgetall(format!("{prefix}pauses:games"));
            let (scopes, games): (HashMap<String, String>, HashMap<String, String>) = shard.query_all(&read).await?;
            let games = games.into_iter().map(|(game, kept)| (format!("game:{game}"), kept));
            for (scope, kept) in scopes.into_iter().chain(games) {
                let wrong = |error: &dyn std::fmt::Display| unexpected_reply("a pause", &error.to_string());
                let scope: PauseScope = scope.parse().map_err(|error| wrong(&error))?;
                let (since, by) = kept.split_once(' ').ok_or_else(|| wrong(&kept))?;
                let found = pause(scope.clone(), since, by)?;
                // Each shard has its own; the oldest is when the operator asked for it.
                let is_older = all.get(&scope).is_none_or(|known| found.since < known.since);
                if is_older {
                    all.insert(scope, found);
                }
            }
        }
        let mut pauses: Vec<Pause> = all.into_values().collect();
        // A worker that has died takes its pause with it.
        if pauses.iter().any(|pause| matches!(pause.what, PauseScope::Worker { .. })) {
            let living = self.living().await?;
            pauses.retain(|pause| !matches!(&pause.what, PauseScope::Worker { worker } if !living.contains(worker)));
        }
        pauses.sort_by_key(|pause| pause.since);
        Ok(pauses)
    }
}

impl RedisStore {
    /// A game is on one shard; everything, and a provider, on all.
    fn shards_of(&self, scope: &PauseScope) -> &[Connection] {
        match scope {
            PauseScope::Game { game_id } => std::slice::from_ref(self.shard(*game_id)),
            PauseScope::All {} | PauseScope::Provider { .. } | PauseScope::Worker { .. } => &self.shards,
        }
    }

    async fn living(&self) -> Result<BTreeSet<String>, StoreError> {
        let mut living = BTreeSet::new();
        for shard in &self.shards {
            living.extend(workers::seen(shard, &self.options).await?.into_keys());
        }
        Ok(living)
    }

    async fn used_providers(&self) -> Result<BTreeSet<String>, StoreError> {
        let mut used = BTreeSet::new();
        for shard in &self.shards {
            used.extend(providers::circuits(shard).await?.into_keys());
        }
        Ok(used)
    }
}

/// What a shard's queue leaves out: everything, or some providers.
#[derive(Debug)]
pub(super) struct LeftOut {
    everything: bool,
    providers: HashSet<String>,
}

impl LeftOut {
    pub(super) async fn by(shard: &Connection) -> Result<Self, StoreError> {
        let scopes: Vec<String> = shard.query(redis::cmd("HKEYS").arg(format!("{}pauses", shard.prefix()))).await?;
        let providers = scopes.iter().filter_map(|scope| scope.strip_prefix("provider:").map(str::to_owned)).collect();
        Ok(Self { everything: scopes.iter().any(|scope| scope == "all"), providers })
    }

    /// Whether games that wait for this provider, or are ready under this name, can be claimed.
    pub(super) fn claims(&self, name: &str, circuit: Option<Circuit>) -> bool {
        let is_closed = circuit.is_none_or(|circuit| circuit == Circuit::Closed);
        is_closed && name != PAUSED && !self.everything && !self.providers.contains(name)
    }

    /// Whether it is this provider that keeps them waiting.
    pub(super) fn waits_for(&self, name: &str) -> bool {
        name != PAUSED && !self.everything
    }
}

/// The scope, and the game if it is one.
fn arguments(scope: &PauseScope) -> ScriptArgs {
    let game = if let PauseScope::Game { game_id } = scope { game_id.to_string() } else { String::new() };
    ScriptArgs::new().id(scope).arg(game)
}

fn pause(what: PauseScope, since: &str, by: &str) -> Result<Pause, StoreError> {
    let since = since.parse().ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let since = since.ok_or_else(|| unexpected_reply("a pause", &by))?;
    Ok(Pause { what, by: by.to_owned(), since })
}
