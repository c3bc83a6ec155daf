//! Opening the store that is configured.

use std::sync::Arc;

use store::backoff::Backoff;
use store::embedded::EmbeddedStore;
use store::redis::backup::TierRedis;
use store::redis::{RedisAddress, RedisStore};
use store::tiers::{TierStore, TieredStore};
use store::{Outage, SharedStore, StoreError, StoreOptions};
use tokio_util::task::AbortOnDropHandle;

use super::{Role, ServeError};
use crate::config::{Config, DEFAULT_TIER, RedisConfig};
use crate::errln;

/// What a process works on.
pub(super) struct Opened {
    /// Everything, for the API and for operators.
    pub(super) store: SharedStore,
    /// Whether it belongs to this process alone.
    pub(super) is_embedded: bool,
    /// The stores that it is made of, by the tiers whose games they have.
    pub(super) tiers: Vec<TierStore>,
    /// They go on trying to reach what was away.
    pub(super) reaching: Vec<AbortOnDropHandle<()>>,
}

/// Opens an existing store, for an operator's command: it creates none.
pub(crate) async fn open_existing(config: &Config) -> Result<SharedStore, ServeError> {
    match config.redis.address()? {
        Some(address) => {
            let prefix = &config.redis.prefix;
            if RedisStore::is_at(address, prefix).await.map_err(from_redis)? {
                return open_for_command(config).await;
            }
            return Err(ServeError::NoStore { place: format!("this Redis under the prefix `{prefix}`") });
        }
        None if !EmbeddedStore::is_in(&config.data_dir) => {
            let place = format!("the data directory {}", config.data_dir.display());
            return Err(ServeError::NoStore { place });
        }
        _ => {}
    }
    open_for_command(config).await
}

/// Opens the store of each tier, for an operator's command that needs all of them. The embedded store has one tier.
pub(crate) async fn open_tiers(config: &Config) -> Result<Vec<TierStore>, ServeError> {
    let store = open_existing(config).await?;
    if config.redis.url.is_none() {
        return Ok(vec![TierStore::reached(DEFAULT_TIER, store)]);
    }
    Ok(open(config, Role::Api).await?.tiers)
}

/// Opens the store of each tier that is in a Redis, for a backup; all of them must be there.
pub(crate) async fn open_every_redis(config: &Config) -> Result<Vec<(String, RedisStore)>, ServeError> {
    let mut stores = Vec::new();
    for TierRedis { tier, address, prefix, shards, options } in every_redis(config)? {
        if !RedisStore::is_at(address.clone(), &prefix).await.map_err(from_redis)? {
            let place = format!("the Redis of the tier `{tier}` under the prefix `{prefix}`");
            return Err(ServeError::NoStore { place });
        }
        stores.push((tier, RedisStore::connect(address, &prefix, shards, options).await.map_err(from_redis)?));
    }
    Ok(stores)
}

/// Where the stores of all tiers are that are in a Redis.
pub(crate) fn every_redis(config: &Config) -> Result<Vec<TierRedis>, ServeError> {
    let mut all = Vec::new();
    let of_tiers = config.tiers.iter().map(|(name, tier)| (name.as_str(), &tier.redis));
    for (tier, redis) in [(DEFAULT_TIER, &config.redis)].into_iter().chain(of_tiers) {
        let address = redis
            .address()
            .map_err(|error| if tier == DEFAULT_TIER { error } else { error.within(&format!("tiers.{tier}")) })?;
        if let Some(address) = address {
            let (tier, prefix) = (tier.to_owned(), redis.prefix.clone());
            all.push(TierRedis { tier, address, prefix, shards: redis.shards, options: config.store_options() });
        }
    }
    Ok(all)
}

/// Opens the store for an operator's command that may be the first to use it.
pub(crate) async fn open_or_create(config: &Config) -> Result<SharedStore, ServeError> {
    open_for_command(config).await
}

/// Opens the store for a command, which says what its answers leave out.
async fn open_for_command(config: &Config) -> Result<SharedStore, ServeError> {
    let Opened { store, tiers, .. } = open(config, Role::Api).await?;
    for error in tiers.iter().filter_map(|tier| tier.get().err()) {
        errln!("left out: {error}");
    }
    Ok(store)
}

/// Opens the store of a process.
pub(super) async fn open(config: &Config, role: Role) -> Result<Opened, ServeError> {
    let options = config.store_options();
    let address = match (config.redis.address()?, role) {
        (Some(address), _) => address,
        (None, Role::Worker) => return Err(ServeError::WorkerWithoutRedis),
        (None, Role::Api) => {
            let store = EmbeddedStore::open(&config.data_dir, config.embedded.synchronous, options)?;
            let store: SharedStore = Arc::new(store);
            let tiers = vec![TierStore::reached(DEFAULT_TIER, Arc::clone(&store))];
            return Ok(Opened { store, is_embedded: true, tiers, reaching: Vec::new() });
        }
    };
    let default = RedisStore::connect(address, &config.redis.prefix, config.redis.shards, options).await;
    let default: SharedStore = Arc::new(default.map_err(from_redis)?);
    let mut tiers = vec![TierStore::reached(DEFAULT_TIER, Arc::clone(&default))];
    let (mut with_tenants, mut reaching) = (Vec::new(), Vec::new());
    for (name, tier) in &config.tiers {
        let address = tier.redis.address().map_err(|error| error.within(&format!("tiers.{name}")))?;
        let Some(address) = address else { continue };
        let place = Place { name: name.clone(), address, redis: tier.redis.clone(), options: config.store_options() };
        let store = match place.connect().await {
            Ok(store) => TierStore::reached(name, store),
            // Its own tenants have to wait; all others have not.
            Err(StoreError::Unavailable { reason, .. }) => {
                let store = TierStore::away(name, &reason);
                reaching.push(AbortOnDropHandle::new(tokio::spawn(place.reach(store.clone()))));
                store
            }
            Err(error) => return Err(ServeError::Tier { tier: name.clone(), error }),
        };
        let tenants = tier.tenants.iter().filter_map(|tenant| tenant.parse().ok()).collect();
        with_tenants.push((store.clone(), tenants));
        tiers.push(store);
    }
    let store: SharedStore =
        if with_tenants.is_empty() { default } else { Arc::new(TieredStore::new(tiers[0].clone(), with_tenants)) };
    Ok(Opened { store, is_embedded: false, tiers, reaching })
}

/// Where the store of a tier is.
struct Place {
    name: String,
    address: RedisAddress,
    redis: RedisConfig,
    options: StoreOptions,
}

impl Place {
    async fn connect(&self) -> Result<SharedStore, StoreError> {
        let RedisConfig { prefix, shards, .. } = &self.redis;
        let store = RedisStore::connect(self.address.clone(), prefix, *shards, self.options.clone()).await?;
        Ok(Arc::new(store))
    }

    /// Tries until it is reached.
    async fn reach(self, store: TierStore) {
        tracing::warn!(
            tier = self.name,
            "the store of a tier is away: its tenants are answered 503 until it is reached"
        );
        let mut backoff = Backoff::reconnect();
        loop {
            backoff.wait().await;
            match self.connect().await {
                Ok(reached) => {
                    tracing::info!(tier = self.name, "the store of a tier is reached");
                    return store.set_reached(reached);
                }
                Err(error) => tracing::debug!(tier = self.name, %error, "the store of a tier is still away"),
            }
        }
    }
}

/// What a first call of Redis says: a server that does not answer gets its own help.
fn from_redis(error: StoreError) -> ServeError {
    match error {
        StoreError::Unavailable { outage: Outage::Full | Outage::ReadOnly, reason } => {
            ServeError::RedisTakesNoWrites { reason }
        }
        StoreError::Unavailable { reason, .. } => ServeError::Redis { reason },
        error => ServeError::Store(error),
    }
}
