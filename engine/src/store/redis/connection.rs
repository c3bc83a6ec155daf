//! The connection that scripts run on: reconnects with back-off, repeats what can be repeated, and says who the server
//! is before anything else is asked of it.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, ErrorKind, FromRedisValue, RedisError, ServerErrorKind};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::script::{self, Call, Preamble, Script, routing_key};
use super::servers::Servers;
use crate::store::StoreError;

/// How long a script may take before its outcome counts as unknown. The crate's own default is 500 ms.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a connection may take to come up.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// How often a step is tried. Every script answers a repeat as it answered first.
const TRIES: usize = 3;

/// A multiplexed connection to the server of one shard, which comes back.
#[derive(Debug, Clone)]
pub(super) struct Connection {
    servers: Arc<Servers>,
    preamble: Preamble,
    open: Arc<Mutex<Open>>,
}

/// The connection as it is now.
#[derive(Debug, Default)]
struct Open {
    connection: Option<MultiplexedConnection>,
    /// Counts the connections, so that an error of an earlier one does not end a later one.
    number: u64,
    /// When the last one could not be made, and why: who has waited for it need not try again.
    failed: Option<(Instant, StoreError)>,
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

/// How a connection of a shard's own finds its server.
#[derive(Debug, Clone)]
pub(super) struct Site {
    servers: Arc<Servers>,
    key: String,
}

impl Site {
    pub(super) async fn client(&self) -> Result<Client, RedisError> {
        Ok(self.servers.keeper_of(&self.key).await?.client)
    }
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
    pub(super) fn new(servers: Arc<Servers>, preamble: Preamble) -> Self {
        Self { servers, preamble, open: Arc::default() }
    }

    /// What every key of the shard begins with.
    pub(super) fn prefix(&self) -> &str {
        &self.preamble.prefix
    }

    /// A key of the shard.
    pub(super) fn key(&self, name: &str, id: impl Display) -> String {
        format!("{}{name}:{id}", self.prefix())
    }

    /// What finds the shard's server, for a connection of its own.
    pub(super) fn site(&self) -> Site {
        Site { servers: Arc::clone(&self.servers), key: routing_key(self.prefix()) }
    }

    /// Whether the server answers.
    pub(super) async fn ping(&self) -> Result<(), StoreError> {
        self.query::<()>(&redis::cmd("PING")).await
    }

    /// Runs a script, again if its outcome is unknown.
    pub(super) async fn run<T: FromRedisValue>(&self, script: &Script, call: &Call) -> Result<T, StoreError> {
        self.with(|mut connection| async move { script.invoke(&self.preamble, call, &mut connection).await }).await
    }

    /// Runs a command that only reads, or that can be repeated.
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
            // If the server is not there, the caller decides how long it waits for it.
            let (connection, number) = self.get().await?;
            match step(connection).await {
                Ok(value) => return Ok(value),
                Err(error) if is_worth_reconnecting(&error) => {
                    let mut open = self.open.lock().await;
                    if open.number == number {
                        open.connection = None;
                    }
                    drop(open);
                    if tried == TRIES {
                        return Err(unavailable(&error));
                    }
                }
                Err(error) => return Err(refused(&error)),
            }
        }
    }

    /// The open connection, or a new one that has seen `open.lua` before anything else: after a restart of the server,
    /// no event can be appended under the old epoch.
    async fn get(&self) -> Result<(MultiplexedConnection, u64), StoreError> {
        let asked = Instant::now();
        let mut open = self.open.lock().await;
        if let Some(connection) = &open.connection {
            return Ok((connection.clone(), open.number));
        }
        if let Some((_, error)) = open.failed.as_ref().filter(|(when, _)| *when >= asked) {
            return Err(error.clone());
        }
        match self.connect().await {
            Ok(connection) => {
                open.number += 1;
                open.connection = Some(connection.clone());
                Ok((connection, open.number))
            }
            Err(error) => {
                let error = unavailable(&error);
                open.failed = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    async fn connect(&self) -> Result<MultiplexedConnection, RedisError> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(Some(RESPONSE_TIMEOUT));
        let client = self.site().client().await?;
        let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
        let run_id = server(&mut connection).await?.run_id;
        script::OPEN.invoke::<()>(&self.preamble, &Call::new().arg(run_id), &mut connection).await?;
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

/// Whether another connection may fare better: this one is gone, or its server keeps the key no more.
fn is_worth_reconnecting(error: &RedisError) -> bool {
    error.is_io_error()
        || error.is_timeout()
        || error.is_connection_dropped()
        || error.is_cluster_error()
        || matches!(error.kind(), ErrorKind::Server(ServerErrorKind::ReadOnly | ServerErrorKind::MasterDown))
}

/// A server that answers, but does not do what it is asked: it cannot for now, or the data is not what the script expects.
fn refused(error: &RedisError) -> StoreError {
    let is_of_the_script = match error.code() {
        Some("WRONGTYPE") => true,
        // A server that is full or cannot write to its disk names the script too, under another code.
        Some("ERR") => error.detail().is_some_and(|text| text.contains("user_script")),
        _ => false,
    };
    if is_of_the_script { corrupt(error.to_string()) } else { unavailable(error) }
}

/// The same for one of the parts of a script, in the server's own words.
pub(super) fn refused_part(words: &str) -> StoreError {
    let is_for_now = ["OOM ", "MISCONF ", "NOREPLICAS "].iter().any(|code| words.contains(code));
    if words.contains("WRONGTYPE") || words.contains("user_script") && !is_for_now {
        return corrupt(words.to_owned());
    }
    StoreError::Unavailable { reason: words.to_owned() }
}

fn corrupt(reason: String) -> StoreError {
    StoreError::Corrupt { what: "a step's keys".to_owned(), reason }
}

/// The server's words without its credentials: the crate's messages name the address at most.
pub(super) fn unavailable(error: &RedisError) -> StoreError {
    StoreError::Unavailable { reason: error.to_string() }
}
