//! `engine migrate`: moves a Redis on to the layout of this release, once no engine of an earlier one uses it.

use store::redis::backup::TierRedis;
use store::redis::{Migration, RedisStore};
use store::{NewAuditEntry, Workers as _};

use super::OperateError;
use crate::api::Actor;
use crate::config::Config;
use crate::outln;
use crate::serve::{self, ServeError};

/// Says which stores have an earlier layout, and moves them on if `really`.
pub async fn migrate(config: &Config, really: bool) -> Result<(), OperateError> {
    let places = serve::every_redis(config)?;
    if places.is_empty() {
        outln!("The embedded store is migrated by itself when an engine opens it.");
        return Ok(());
    }
    let others = other_versions(config).await?;
    if really && !others.is_empty() {
        return Err(OperateError::OtherVersions { workers: others.join(", ") });
    }
    let mut moved = Vec::new();
    for TierRedis { tier, address, prefix, .. } in places {
        let place = format!("The Redis of the tier `{tier}`");
        match RedisStore::migrate(address, &prefix, really).await? {
            Migration::NoStore => {
                let place = format!("the Redis of the tier `{tier}` under the prefix `{prefix}`");
                return Err(ServeError::NoStore { place }.into());
            }
            Migration::UpToDate => outln!("{place} has the layout of this release."),
            Migration::From(layout) if really => {
                outln!(
                    "{place} is moved on from layout {layout}. Engines that run use the new one from their next start on."
                );
                moved.push(format!("{tier}, from layout {layout}"));
            }
            Migration::From(layout) => outln!(
                "{place} has layout {layout}, on which engines of the release before can work. When none of them runs any more, `engine migrate \
                 --yes` moves it on: they are refused from then on, and new games take less space."
            ),
        }
    }
    for worker in &others {
        outln!("A worker of another release is alive: {worker}.");
    }
    if !moved.is_empty() {
        let entry = NewAuditEntry {
            nonce: rand::random(),
            by: Actor::local_command().0,
            action: "migrateStore".to_owned(),
            subject: moved.join("; "),
            outcome: "done".to_owned(),
        };
        serve::open_existing(config).await?.record_audit(&entry).await?;
    }
    Ok(())
}

/// The workers that live and are not of this release. APIs do not say of themselves that they are there.
async fn other_versions(config: &Config) -> Result<Vec<String>, OperateError> {
    let mut others = Vec::new();
    for (_, store) in serve::open_every_redis(config).await? {
        for worker in store.workers().await? {
            let version = worker.about.map_or_else(|| "of a version that it does not say".to_owned(), |it| it.version);
            if version != env!("CARGO_PKG_VERSION") {
                others.push(format!("{} ({version})", worker.name));
            }
        }
    }
    Ok(others)
}
