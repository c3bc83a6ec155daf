//! `engine tenants list`: who has how much.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{Keys, Tenant, User, path};
use serde::Serialize;
use store::Owner;

use super::{OperateError, Places};
use crate::operate::{listing, print};
use crate::out;

/// What a tenant has.
#[derive(Debug, Default)]
struct Counts {
    games: u64,
    archived: Option<u64>,
    users: BTreeSet<User>,
    keys: u64,
}

/// A line of the list.
#[derive(Debug, Serialize)]
struct TenantLine<'a> {
    /// None for games that were made without keys.
    tenant: Option<&'a Tenant>,
    games: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    archived: Option<u64>,
    users: usize,
    keys: u64,
}

/// Lists tenants by name, games without one first.
pub(super) async fn list(places: &Places, archived: bool, json: bool) -> Result<(), OperateError> {
    let mut tenants: BTreeMap<Option<Tenant>, Counts> = BTreeMap::new();
    let listed = listing::games(&places.games, "").await?;
    for game in &listed.games {
        let counts = tenants.entry(game.tenant.clone()).or_default();
        counts.games += 1;
        counts.users.extend(game.user.clone());
    }
    for game in &listed.unreadable {
        let counts = tenants.entry(game.tenant.clone()).or_default();
        counts.games += 1;
        counts.users.extend(game.user.clone());
    }
    let Keys { keys } = places.operators.get(path::KEYS).await?;
    for key in keys.into_iter().filter(|key| key.tenant.is_some()) {
        let counts = tenants.entry(key.tenant).or_default();
        counts.keys += 1;
        counts.users.extend(key.user);
    }
    if let (true, Some(archive)) = (archived, &places.archive) {
        for game in archive.owned_by(|_| true).await? {
            let Owner { tenant, user } = game.owner;
            let counts = tenants.entry(Some(tenant)).or_default();
            *counts.archived.get_or_insert(0) += 1;
            counts.users.extend(user);
        }
    }
    for (tenant, counts) in &tenants {
        let line = TenantLine {
            tenant: tenant.as_ref(),
            games: counts.games,
            archived: archived.then_some(counts.archived.unwrap_or_default()),
            users: counts.users.len(),
            keys: counts.keys,
        };
        out!("{}", if json { print::json(&line) } else { text(&line) });
    }
    listed.name_unreadable()
}

fn text(line: &TenantLine<'_>) -> String {
    let name = line.tenant.map_or("(without a tenant)", Tenant::as_str);
    let archived = line.archived.map_or_else(String::new, |count| format!(", {count} archived"));
    format!("{name}  {} games{archived}, {} users, {} keys\n", line.games, line.users, line.keys)
}
