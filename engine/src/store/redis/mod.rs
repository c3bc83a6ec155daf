//! The Redis backend, for deployment: one Lua script per atomic step, in `lua/`, beside the Rust that calls them.
//!
//! Three kinds of connection, never mixed: one multiplexed connection for scripts, a dedicated one that blocks for wake
//! tokens, and one for pub/sub. No data ever travels in a blocking pop, so a pop that is lost loses nothing.

mod codec;
mod connection;
mod events;
mod games;
mod listen;
mod queue;
mod script;

use std::sync::OnceLock;

use async_trait::async_trait;

use self::connection::Connection;
use self::listen::{Channels, Wakeups};
use super::fanout::Fanout;
use super::{Store, StoreError, StoreOptions};

/// Games, queue and events in a Redis server.
#[derive(Debug)]
pub struct RedisStore {
    connection: Connection,
    options: StoreOptions,
    fanout: Fanout,
    /// Starts with the first subscriber, so that a worker process holds no pub/sub connection.
    channels: OnceLock<Channels>,
    /// Starts with the first wait for work, so that an API process takes no wake token.
    wakeups: OnceLock<Wakeups>,
}

impl RedisStore {
    /// Connects to the server at `url`. Every key starts with `prefix`, so several deployments can share a server.
    pub async fn connect(url: &str, prefix: &str, options: StoreOptions) -> Result<Self, StoreError> {
        let connection = Connection::new(url, prefix)?;
        connection.ping().await?;
        Ok(Self { connection, options, fanout: Fanout::default(), channels: OnceLock::new(), wakeups: OnceLock::new() })
    }

    fn key(&self, name: &str, id: impl std::fmt::Display) -> String {
        format!("{}{name}:{id}", self.connection.prefix())
    }
}

#[async_trait]
impl Store for RedisStore {
    async fn ping(&self) -> Result<(), StoreError> {
        self.connection.ping().await
    }

    async fn describe(&self) -> Result<String, StoreError> {
        let server = self.connection.server().await?;
        let text = format!("Redis {} at {}: {}", server.version, self.connection.address(), server.guarantee());
        if server.eviction == "noeviction" {
            return Ok(text);
        }
        Ok(format!(
            "{text}; WARNING: maxmemory-policy is `{}`, so a full server forgets games: set it to `noeviction`",
            server.eviction
        ))
    }
}
