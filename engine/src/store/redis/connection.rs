//! The connection that scripts run on: reconnects with back-off, repeats what can be repeated, and says who the server
//! is before anything else is asked of it.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, FromRedisValue, RedisError};
use tokio::sync::Mutex;

use super::script::{self, Call, Script};
use crate::store::StoreError;

/// How long a script may take before its outcome counts as unknown. The crate's own default is 500 ms.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a connection may take to come up.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// How often a step is tried. Every script answers a repeat as it answered first.
const TRIES: usize = 3;

/// A multiplexed connection that comes back.
#[derive(Debug)]
pub(super) struct Connection {
    client: Client,
    prefix: String,
    open: Mutex<Option<MultiplexedConnection>>,
}

/// What a server says of itself.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) version: String,
    pub(super) eviction: String,
    pub(super) run_id: String,
    persistence: Persistence,
}

#[derive(Debug, Clone, Copy)]
enum Persistence {
    AppendAlways,
    AppendEverySecond,
    Snapshots,
    None,
}

impl Server {
    /// What an accepted request can rely on, for the operator.
    pub(super) fn guarantee(&self) -> &'static str {
        match self.persistence {
            Persistence::AppendAlways => {
                "append-only file, synced always: nothing accepted is lost, also over power loss"
            }
            Persistence::AppendEverySecond => {
                "append-only file: nothing accepted is lost when Redis is killed, at most the last second over power loss"
            }
            Persistence::Snapshots => {
                "snapshots only: what came after the last one is lost when Redis dies (set `appendonly yes`)"
            }
            Persistence::None => "no persistence: everything is lost when Redis dies (set `appendonly yes`)",
        }
    }
}

impl Connection {
    /// Prepares a connection; does not connect yet.
    pub(super) fn new(url: &str, prefix: &str) -> Result<Self, StoreError> {
        let client = Client::open(url).map_err(|error| StoreError::Unavailable {
            reason: format!(
                "the Redis URL is not valid ({}); it looks like redis://[user:password@]host[:port][/db]",
                error.detail().unwrap_or("cannot be read")
            ),
        })?;
        Ok(Self { client, prefix: prefix.to_owned(), open: Mutex::new(None) })
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Host and port, without credentials.
    pub(super) fn address(&self) -> String {
        self.client.get_connection_info().addr().to_string()
    }

    /// Whether the server answers.
    pub(super) async fn ping(&self) -> Result<(), StoreError> {
        self.query::<()>(&redis::cmd("PING")).await
    }

    /// Runs a script, again if its outcome is unknown.
    pub(super) async fn run<T: FromRedisValue>(&self, script: &Script, call: &Call) -> Result<T, StoreError> {
        self.with(|mut connection| async move { script.invoke(&self.prefix, call, &mut connection).await }).await
    }

    /// Runs a command that only reads.
    pub(super) async fn query<T: FromRedisValue>(&self, command: &redis::Cmd) -> Result<T, StoreError> {
        self.with(|mut connection| async move { command.query_async(&mut connection).await }).await
    }

    /// Runs commands that only read, in one round trip.
    pub(super) async fn query_all<T: FromRedisValue>(&self, pipeline: &redis::Pipeline) -> Result<T, StoreError> {
        self.with(|mut connection| async move { pipeline.query_async(&mut connection).await }).await
    }

    /// What the server says of itself.
    pub(super) async fn server(&self) -> Result<Server, StoreError> {
        self.with(|mut connection| async move { server(&mut connection).await }).await
    }

    async fn with<T, F: Future<Output = Result<T, RedisError>>>(
        &self,
        step: impl Fn(MultiplexedConnection) -> F,
    ) -> Result<T, StoreError> {
        let mut tried = 0;
        loop {
            tried += 1;
            let result = match self.get().await {
                Ok(connection) => step(connection).await,
                // The server is not there: the caller decides how long it waits for it.
                Err(error) => return Err(unavailable(&error)),
            };
            match result {
                Ok(value) => return Ok(value),
                Err(error) if error.is_io_error() || error.is_timeout() || error.is_connection_dropped() => {
                    *self.open.lock().await = None;
                    if tried == TRIES {
                        return Err(unavailable(&error));
                    }
                }
                Err(error) => return Err(unavailable(&error)),
            }
        }
    }

    /// The open connection, or a new one that has seen `open.lua` before anything else: after a restart of the server,
    /// no event can be appended under the old epoch.
    async fn get(&self) -> Result<MultiplexedConnection, RedisError> {
        let mut open = self.open.lock().await;
        if let Some(connection) = open.as_ref() {
            return Ok(connection.clone());
        }
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(Some(RESPONSE_TIMEOUT));
        let mut connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        let run_id = server(&mut connection).await?.run_id;
        script::OPEN.invoke::<()>(&self.prefix, &Call::new().arg(run_id), &mut connection).await?;
        *open = Some(connection.clone());
        Ok(connection)
    }
}

async fn server(connection: &mut MultiplexedConnection) -> Result<Server, RedisError> {
    let info: String = redis::cmd("INFO").arg("server").query_async(connection).await?;
    let field = |name: &str| {
        info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap_or("unknown").to_owned()
    };
    // Managed servers may refuse CONFIG; the guarantee is then that of the weakest setting.
    let config: Vec<String> = redis::cmd("CONFIG")
        .arg("GET")
        .arg(&["maxmemory-policy", "appendonly", "appendfsync", "save"])
        .query_async(connection)
        .await
        .unwrap_or_default();
    let setting =
        |name: &str| config.chunks_exact(2).find(|pair| pair[0] == name).map_or("", |pair| pair[1].as_str()).to_owned();
    let persistence = match (setting("appendonly").as_str(), setting("appendfsync").as_str()) {
        ("yes", "always") => Persistence::AppendAlways,
        ("yes", _) => Persistence::AppendEverySecond,
        _ if setting("save").is_empty() => Persistence::None,
        _ => Persistence::Snapshots,
    };
    let eviction = setting("maxmemory-policy");
    Ok(Server {
        version: field("redis_version"),
        run_id: field("run_id"),
        eviction: if eviction.is_empty() { "noeviction".to_owned() } else { eviction },
        persistence,
    })
}

/// The server's words without its credentials: the crate's messages name the address at most.
pub(super) fn unavailable(error: &RedisError) -> StoreError {
    StoreError::Unavailable { reason: error.to_string() }
}
