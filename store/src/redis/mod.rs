//! The Redis backend, for deployment: one Lua function per atomic step, in `lua/`, next to the Rust that calls them.
//!
//! Games are spread over shards, one unless configured otherwise. A shard is a complete store under a key prefix with a hash
//! tag, so that one node of a Redis Cluster owns it: arrival order, leases and steps belong to a shard. A method that
//! is about all games ([`Queue::queue`](super::Queue::queue), lists) asks every shard and merges the replies.
//!
//! Three kinds of connection, never mixed: one multiplexed connection for the steps of a shard, one that blocks for its
//! wake tokens, and one of the process for pub/sub. A blocking pop never carries data, so losing one loses no work.

mod address;
mod audit;
pub mod backup;
mod batch;
mod budgets;
mod charges;
mod chunk_batch;
mod codec;
mod connection;
mod contents;
mod dead_letters;
mod deployment;
mod event_text;
mod events;
mod failures;
mod games;
mod inspect;
mod keys;
mod lanes;
mod leased;
mod library;
mod listen;
mod marks;
mod pauses;
mod providers;
mod queue;
mod queued;
mod remembered;
mod revoked;
mod servers;
mod staged;
mod step;
mod totals;
mod turn_arguments;
mod unexpected;
mod watch;
mod workers;

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use protocol::{GameId, RequestId};

pub use self::address::RedisAddress;
use self::batch::CommitBatches;
use self::chunk_batch::ChunkBatches;
use self::connection::Connection;
pub use self::deployment::Migration;
use self::listen::{Channels, Wakeups};
use self::marks::Marks;
use self::revoked::Revocations;
use self::servers::Servers;
use self::step::{Preamble, Step, StepArgs};
use self::unexpected::unexpected_reply;
use super::contents::Contents;
use super::fanout::Fanout;
use super::{Inspection, Lease, Store, StoreError, StoreFigures, StoreOptions};

/// Games, queue and events in a Redis server, or in a Redis Cluster.
#[derive(Debug)]
pub struct RedisStore {
    servers: Arc<Servers>,
    /// Whether its servers are a cluster: a subscriber may then be connected to any of them.
    in_cluster: bool,
    shards: Vec<Connection>,
    marks: Marks,
    /// The commits of each shard.
    batches: Vec<CommitBatches>,
    /// The chunks of each shard.
    chunks: Vec<ChunkBatches>,
    /// Whether games that come are stored as what differs from their content.
    by_reference: bool,
    contents: Contents,
    options: StoreOptions,
    fanout: Fanout,
    /// Starts with the first subscriber, so a worker process has no pub/sub connection.
    channels: OnceLock<Channels>,
    /// Starts with the first wait for work, so an API process consumes no wake token.
    wakeups: OnceLock<Wakeups>,
    /// Starts with the first worker.
    revocations: OnceLock<Revocations>,
}

impl RedisStore {
    /// Connects to the server at `address`, to the cluster that it is a node of, or to the master that it names as a Sentinel. Every
    /// key starts with `prefix`, so several deployments can share a server. Games are spread over `shards` shards, as they
    /// were when the deployment began: another number is refused.
    pub async fn connect(
        address: impl Into<RedisAddress>,
        prefix: &str,
        shards: usize,
        options: StoreOptions,
    ) -> Result<Self, StoreError> {
        Self::connect_for(address, prefix, shards, options, None).await
    }

    /// The same; one that is being restored from a backup is refused to all but the command that restores that very one.
    async fn connect_for(
        address: impl Into<RedisAddress>,
        prefix: &str,
        shards: usize,
        options: StoreOptions,
        restores: Option<&str>,
    ) -> Result<Self, StoreError> {
        let servers = Arc::new(Servers::new(address.into())?);
        let owner = servers.owner_of(prefix).await.map_err(|error| servers.not_connected(&error))?;
        let prefixes = if shards == 1 && !owner.in_cluster {
            vec![prefix.to_owned()]
        } else {
            // The tags of up to four shards fall into different quarters of a cluster's slots.
            (0..shards.max(1)).map(|shard| format!("{prefix}{{s{shard}}}:")).collect()
        };
        let layout = deployment::agree(&servers, prefix, prefixes.len(), restores).await?;
        let shards: Vec<Connection> = prefixes
            .into_iter()
            .map(|prefix| Connection::new(Arc::clone(&servers), Preamble::new(prefix, &options)))
            .collect();
        let marks = Box::pin(Marks::of(&shards)).await?;
        let terms = turn_arguments::terms_of_turns(&options, shards.len(), owner.in_cluster)?;
        let batches = shards
            .iter()
            .map(|shard| CommitBatches::new(shard.clone(), terms.clone(), options.recover_interval))
            .collect();
        let chunks = shards.iter().cloned().map(ChunkBatches::new).collect();
        let store = Self {
            servers,
            in_cluster: owner.in_cluster,
            shards,
            marks,
            batches,
            chunks,
            by_reference: layout.is_by_reference(),
            contents: Contents::new(options.contents_cached),
            options,
            fanout: Fanout::default(),
            channels: OnceLock::new(),
            wakeups: OnceLock::new(),
            revocations: OnceLock::new(),
        };
        store.ping().await?;
        Ok(store)
    }

    /// The shard of a game.
    fn shard(&self, game: GameId) -> &Connection {
        &self.shards[game.shard(self.shards.len())]
    }

    /// The commits of a game's shard.
    fn batches(&self, game: GameId) -> &CommitBatches {
        &self.batches[game.shard(self.shards.len())]
    }

    /// The chunks of a game's shard.
    fn chunks(&self, game: GameId) -> &ChunkBatches {
        &self.chunks[game.shard(self.shards.len())]
    }

    /// Runs a step that replies `ok`, or `lost` when the lease has expired.
    async fn fenced(&self, lease: &Lease, step: &Step, call: &StepArgs) -> Result<(), StoreError> {
        match self.shard(lease.game).run::<String>(step, call).await?.as_str() {
            "ok" => Ok(()),
            "lost" => Err(StoreError::LeaseLost),
            other => Err(unexpected_reply("a fenced step", &other)),
        }
    }

    /// The shard of a request.
    fn shard_of(&self, request: RequestId) -> &Connection {
        &self.shards[request.shard(self.shards.len())]
    }
}

#[async_trait]
impl Store for RedisStore {
    async fn ping(&self) -> Result<(), StoreError> {
        for shard in &self.shards {
            shard.ping().await?;
        }
        Ok(())
    }

    async fn probe_writes(&self) -> Vec<Result<(), StoreError>> {
        futures::future::join_all(self.shards.iter().map(Connection::probe_write)).await
    }

    async fn figures(&self) -> Result<StoreFigures, StoreError> {
        totals::all(&self.shards).await
    }

    async fn describe(&self) -> Result<String, StoreError> {
        let server = self.shards[0].server().await?;
        let place = match self.shards.len() {
            1 => String::new(),
            shards => format!(" in {shards} shards"),
        };
        let text = format!("Redis {} at {}{place}: {}", server.version, self.servers.addresses(), server.guarantee());
        let text = if self.by_reference {
            text
        } else {
            format!(
                "{text}; in the layout of the release before: once no engine of that release runs, `engine migrate`"
            )
        };
        Ok(match server.evicts() {
            Some(evicts) => format!("{text}; WARNING: {evicts}"),
            None => text,
        })
    }

    async fn risks(&self) -> Result<Vec<String>, StoreError> {
        let mut all = Vec::new();
        for shard in &self.shards {
            // Shards on one server have the same.
            all.extend(shard.server().await?.risks());
        }
        all.sort();
        all.dedup();
        Ok(all)
    }

    async fn lost(&self) -> Result<Vec<String>, StoreError> {
        self.marks.lost(&self.shards).await
    }

    async fn clock_ahead(&self) -> Result<Option<f64>, StoreError> {
        let mut most = 0.0_f64;
        for shard in &self.shards {
            let ahead = shard.clock_ahead().await?;
            if ahead.abs() > most.abs() {
                most = ahead;
            }
        }
        Ok(Some(most))
    }

    async fn inspect(&self, repair: bool) -> Result<Inspection, StoreError> {
        let mut all = Inspection::default();
        for shard in &self.shards {
            inspect::inspect(self, shard, repair, &mut all).await?;
        }
        Ok(all)
    }
}
