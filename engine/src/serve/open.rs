//! Opening the store that is configured.

use std::sync::Arc;

use super::{Role, ServeError};
use crate::config::Config;
use crate::store::embedded::EmbeddedStore;
use crate::store::redis::RedisStore;
use crate::store::{SharedStore, StoreError};

/// A store, and whether it belongs to this process alone.
pub(super) struct Opened {
    pub(super) store: SharedStore,
    pub(super) is_embedded: bool,
}

/// Opens an existing store, for an operator's command: it creates none.
pub(crate) async fn open_existing(config: &Config) -> Result<SharedStore, ServeError> {
    match config.redis.address()? {
        Some(address) => {
            let prefix = &config.redis.prefix;
            if RedisStore::is_at(address, prefix).await.map_err(from_redis)? {
                return Ok(open(config, Role::Api).await?.store);
            }
            return Err(ServeError::NoStore { place: format!("this Redis under the prefix `{prefix}`") });
        }
        None if !EmbeddedStore::is_in(&config.data_dir) => {
            let place = format!("the data directory {}", config.data_dir.display());
            return Err(ServeError::NoStore { place });
        }
        _ => {}
    }
    Ok(open(config, Role::Api).await?.store)
}

/// Opens the store for an operator's command that may be the first to use it.
pub(crate) async fn open_or_create(config: &Config) -> Result<SharedStore, ServeError> {
    Ok(open(config, Role::Api).await?.store)
}

/// Opens the store of a process.
pub(super) async fn open(config: &Config, role: Role) -> Result<Opened, ServeError> {
    let options = config.store_options();
    match (config.redis.address()?, role) {
        (Some(address), _) => {
            let store = RedisStore::connect(address, &config.redis.prefix, config.redis.shards, options);
            let store = store.await.map_err(from_redis)?;
            Ok(Opened { store: Arc::new(store), is_embedded: false })
        }
        (None, Role::Worker) => Err(ServeError::WorkerWithoutRedis),
        (None, Role::Api) => {
            let store = EmbeddedStore::open(&config.data_dir, config.embedded.synchronous, options)?;
            Ok(Opened { store: Arc::new(store), is_embedded: true })
        }
    }
}

/// What a first call of Redis says: a server that does not answer gets its own help.
fn from_redis(error: StoreError) -> ServeError {
    match error {
        StoreError::Unavailable { reason, .. } => ServeError::Redis { reason },
        error => ServeError::Store(error),
    }
}
