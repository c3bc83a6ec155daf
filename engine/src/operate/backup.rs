//! `engine backup` and `engine restore`: copies of the embedded store. Redis makes its own.

use std::path::Path;

use super::source::OperateError;
use crate::config::Config;
use crate::serve::ServeError;
use crate::store::embedded::{self, EmbeddedStore};

/// Copies the store to a new file, while an engine works on it or not.
pub fn backup(config: &Config, file: &Path) -> Result<(), OperateError> {
    only_embedded(config)?;
    if !EmbeddedStore::is_in(&config.data_dir) {
        let place = format!("the data directory {}", config.data_dir.display());
        return Err(ServeError::NoStore { place }.into());
    }
    embedded::backup(&config.data_dir, file)?;
    println!("{} is a copy of the store in {}", file.display(), config.data_dir.display());
    Ok(())
}

/// Makes a store of a copy.
pub fn restore(config: &Config, file: &Path) -> Result<(), OperateError> {
    only_embedded(config)?;
    embedded::restore(file, &config.data_dir)?;
    println!("{} holds the store of {}", config.data_dir.display(), file.display());
    Ok(())
}

fn only_embedded(config: &Config) -> Result<(), OperateError> {
    if config.redis.url.is_some() { Err(OperateError::BackupOfRedis) } else { Ok(()) }
}
