//! What operators have paused, in Redis: `pauses` (hash: everything, providers, tenants and workers), `pauses:games` (hash), `pauses:ended` (hash:
//! when the former were resumed).

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::{Circuit, Pause, PauseScope};

use super::connection::Connection;
use super::step::{self, StepArgs};
use super::unexpected::unexpected_reply;
use super::{RedisStore, StoreError, providers, workers};
use crate::{ClaimedProvider, Paused, Pauses};

/// The name under which paused games are ready; `lua/names.lua` has it too.
pub(super) const PAUSED: &str = "*paused";
/// What the names begin with under which games of paused tenants are held.
const HELD: &str = "*tenant:";
/// The value in `pauses` of a tenant that is resumed while not all of its games are back.
pub(super) const LETS_GO: &str = "lets-go:";

#[async_trait]
impl Pauses for RedisStore {
    async fn pause_queue(&self, scope: &PauseScope, by: &str) -> Result<Paused, StoreError> {
        if let PauseScope::Provider { provider } = scope {
            let known = self.known_providers().await?;
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
            let reply: Vec<String> = shard.run(&step::PAUSE_QUEUE, &call).await?;
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
            let reply: Vec<String> = shard.run(&step::RESUME_QUEUE, &arguments(scope)).await?;
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
            let scopes = scopes.into_iter().filter(|(scope, _)| !scope.starts_with(LETS_GO));
            for (scope, kept) in scopes.chain(games) {
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
            PauseScope::All {}
            | PauseScope::Provider { .. }
            | PauseScope::Tenant { .. }
            | PauseScope::Worker { .. } => &self.shards,
        }
    }

    async fn living(&self) -> Result<BTreeSet<String>, StoreError> {
        let mut living = BTreeSet::new();
        for shard in &self.shards {
            living.extend(workers::seen(shard, &self.options).await?.into_keys());
        }
        Ok(living)
    }

    async fn known_providers(&self) -> Result<BTreeSet<String>, StoreError> {
        let mut known: BTreeSet<String> = self.options.providers.policies.keys().cloned().collect();
        for shard in &self.shards {
            known.extend(providers::circuits(shard).await?.into_keys());
        }
        known.remove(ClaimedProvider::NO_MODEL);
        Ok(known)
    }
}

/// What a shard's queue leaves out: everything, or some providers and tenants.
#[derive(Debug)]
pub(super) struct LeftOut {
    everything: bool,
    providers: HashSet<String>,
    tenants: HashSet<String>,
    /// Tenants for which games may be held.
    held: Vec<String>,
}

impl LeftOut {
    pub(super) async fn by(shard: &Connection) -> Result<Self, StoreError> {
        let scopes: Vec<String> = shard.query(redis::cmd("HKEYS").arg(format!("{}pauses", shard.prefix()))).await?;
        let providers = scopes.iter().filter_map(|scope| scope.strip_prefix("provider:").map(str::to_owned)).collect();
        let tenants: HashSet<String> =
            scopes.iter().filter_map(|scope| scope.strip_prefix("tenant:").map(str::to_owned)).collect();
        let going = scopes.iter().filter_map(|scope| scope.strip_prefix(LETS_GO).map(str::to_owned));
        let held = tenants.iter().cloned().chain(going).collect();
        Ok(Self { everything: scopes.iter().any(|scope| scope == "all"), providers, tenants, held })
    }

    /// Under which name a game of a tenant is held.
    pub(super) fn held(tenant: &str) -> String {
        format!("{HELD}{tenant}")
    }

    /// Whether games that wait for this provider, or are ready under this name, can be claimed.
    pub(super) fn claims(&self, name: &str, circuit: Option<Circuit>) -> bool {
        let is_closed = circuit.is_none_or(|circuit| circuit == Circuit::Closed);
        is_closed
            && (!name.starts_with('*') || name == ClaimedProvider::NO_MODEL)
            && !self.everything
            && !self.providers.contains(name)
    }

    /// Whether it is this provider that keeps them waiting.
    pub(super) fn waits_for(&self, name: &str) -> bool {
        !name.starts_with('*') && !self.everything
    }

    /// Whether the games of a tenant are left out.
    pub(super) fn has_tenant(&self, tenant: &str) -> bool {
        self.tenants.contains(tenant)
    }

    /// The names under which games are kept apart.
    pub(super) fn apart(&self) -> impl Iterator<Item = String> {
        self.held.iter().map(|tenant| format!("{HELD}{tenant}")).chain([PAUSED.to_owned()])
    }
}

/// The scope, and the game if it is one.
fn arguments(scope: &PauseScope) -> StepArgs {
    let game = if let PauseScope::Game { game_id } = scope { game_id.to_string() } else { String::new() };
    StepArgs::new().id(scope).arg(game)
}

fn pause(what: PauseScope, since: &str, by: &str) -> Result<Pause, StoreError> {
    let since = since.parse().ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let since = since.ok_or_else(|| unexpected_reply("a pause", &by))?;
    Ok(Pause { what, by: by.to_owned(), since })
}
