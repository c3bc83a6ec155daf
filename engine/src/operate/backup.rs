//! `engine backup` and `engine restore`: copies of the embedded store, or of the Redis of every tier.

use std::path::Path;

use protocol::GameId;
use store::embedded::{self, BackupError, EmbeddedStore, OpenError};
use store::redis::backup::{self as redis, BackupFile, Summary};
use store::{AuditLog as _, NewAuditEntry};

use super::source::OperateError;
use crate::api::Actor;
use crate::config::Config;
use crate::outln;
use crate::serve::{self, ServeError};

/// Copies the store to a new file, while engines work on it or not.
pub async fn backup(config: &Config, file: &Path) -> Result<(), OperateError> {
    if config.redis.url.is_some() {
        return backup_redis(config, file).await;
    }
    if !EmbeddedStore::is_in(&config.data_dir) {
        let place = format!("the data directory {}", config.data_dir.display());
        return Err(ServeError::NoStore { place }.into());
    }
    embedded::backup(&config.data_dir, file)?;
    outln!("{} is a copy of the store in {}", file.display(), config.data_dir.display());
    Ok(())
}

/// Makes a store of a copy; of Redis the stores of all tiers, or of these.
pub async fn restore(config: &Config, file: &Path, tiers: &[String]) -> Result<(), OperateError> {
    if config.redis.url.is_some() {
        return restore_redis(config, file, tiers).await;
    }
    if !tiers.is_empty() {
        return Err(OperateError::OneStore);
    }
    embedded::restore(file, &config.data_dir)?;
    outln!("{} holds the store of {}", config.data_dir.display(), file.display());
    Ok(())
}

/// Brings one game of a copy back, next to those that are played.
pub async fn restore_game(config: &Config, file: &Path, game: GameId, replace: bool) -> Result<(), OperateError> {
    let said = if config.redis.url.is_some() {
        let copy = BackupFile::check(file)?;
        let stores = serve::open_every_redis(config).await?;
        let Summary { requests, dead_letters, .. } = redis::restore_game(&copy, &stores, game, replace).await?;
        format!(", with {requests} unfinished requests and {dead_letters} dead letters")
    } else {
        if !EmbeddedStore::is_in(&config.data_dir) {
            let place = format!("the data directory {}", config.data_dir.display());
            return Err(ServeError::NoStore { place }.into());
        }
        embedded::restore_game(file, &config.data_dir, config.embedded.synchronous, game, replace).map_err(in_use)?;
        String::new()
    };
    outln!("the game {game} of {} is restored{said}", file.display());
    let entry = NewAuditEntry { subject: format!("{game} of {}", file.display()), ..entry("restoreGame", file) };
    serve::open_existing(config).await?.record_audit(&entry).await?;
    Ok(())
}

/// Rows are copied where no engine works.
fn in_use(error: BackupError) -> OperateError {
    match error {
        BackupError::Open(OpenError::InUse { .. }) => OperateError::MustStop,
        error => error.into(),
    }
}

async fn backup_redis(config: &Config, file: &Path) -> Result<(), OperateError> {
    let stores = serve::open_every_redis(config).await?;
    let summary = redis::backup(&stores, file).await?;
    // It holds what players have written, so it is written down who has made it.
    if let Some((_, default)) = stores.first() {
        default.record_audit(&entry("backUpStore", file)).await?;
    }
    outln!("{} is a copy of the store: {}", file.display(), in_words(summary));
    Ok(())
}

async fn restore_redis(config: &Config, file: &Path, tiers: &[String]) -> Result<(), OperateError> {
    let copy = BackupFile::check(file)?;
    let summary = redis::restore(&copy, serve::every_redis(config)?, tiers).await?;
    let of = if tiers.is_empty() { String::new() } else { format!(" of the tier {}", tiers.join(" and ")) };
    outln!("the store{of} of {} is restored: {}", file.display(), in_words(summary));
    // The audit log is in the default tier's store, which may be another one.
    serve::open_existing(config).await?.record_audit(&entry("restoreStore", file)).await?;
    Ok(())
}

fn entry(action: &str, file: &Path) -> NewAuditEntry {
    NewAuditEntry {
        nonce: rand::random(),
        by: Actor::local_command().0,
        action: action.to_owned(),
        subject: file.display().to_string(),
        outcome: "done".to_owned(),
    }
}

fn in_words(Summary { games, requests, dead_letters }: Summary) -> String {
    format!("{games} games, {requests} unfinished requests, {dead_letters} dead letters")
}
