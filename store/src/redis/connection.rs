//! The connection on which steps run: it reconnects, repeats steps whose outcome is unknown, and passes the server's run id to
//! `open.lua` before anything else.

use std::fmt::Display;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, FromRedisValue, RedisError, Value};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::failures::{is_worth_reconnecting, refused, unavailable};
use super::servers::{CONNECT_TIMEOUT, Servers};
use super::step::{self, Preamble, Step, StepArgs, routing_key};
use crate::StoreError;
use crate::measure::measured;
use crate::outages::Outages;

/// How long a step may take before its outcome counts as unknown. The crate's own default is 500 ms.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(3);
/// How often a step is tried. Every step replies to a repeat as it replied first.
const TRIES: usize = 3;

/// A multiplexed connection to the server of one shard. It is reopened when it breaks.
#[derive(Debug, Clone)]
pub(super) struct Connection {
    servers: Arc<Servers>,
    preamble: Preamble,
    open: Arc<Mutex<Open>>,
    outages: Arc<Outages>,
}

/// The connection as it is now.
#[derive(Debug, Default)]
struct Open {
    connection: Option<MultiplexedConnection>,
    /// Counts the connections, so that an error of an earlier one does not close a later one.
    number: u64,
    /// When opening it last failed, and why: callers that waited meanwhile fail without another try.
    failed: Option<(Instant, StoreError)>,
}

/// A server's description of itself.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) version: String,
    pub(super) run_id: String,
    eviction: String,
    persistence: Persistence,
    /// Whether its last write to the append-only file failed.
    append_fails: bool,
}

#[derive(Debug, Clone, Copy)]
enum Persistence {
    AppendAlways,
    AppendEverySecond,
    Snapshots,
    None,
    /// The server does not show its settings.
    Unknown,
}

/// Finds the server of a shard, for a connection that is used for one purpose only.
#[derive(Debug, Clone)]
pub(super) struct ShardAddress {
    servers: Arc<Servers>,
    key: String,
}

impl ShardAddress {
    pub(super) async fn client(&self) -> Result<Client, RedisError> {
        Ok(self.servers.owner_of(&self.key).await?.client)
    }
}

impl Server {
    /// That a full server forgets games in place of refusing writes. One that does not say what it does is given the benefit of the doubt.
    pub(super) fn evicts(&self) -> Option<String> {
        let policy = self.eviction.as_str();
        (!matches!(policy, "noeviction" | ""))
            .then(|| format!("maxmemory-policy is `{policy}`, so a full server forgets games: set it to `noeviction`"))
    }

    /// What threatens the data, as the server is set up now.
    pub(super) fn risks(&self) -> Vec<String> {
        let persistence = match self.persistence {
            Persistence::Snapshots | Persistence::None => Some(self.guarantee().to_owned()),
            Persistence::AppendAlways | Persistence::AppendEverySecond | Persistence::Unknown => None,
        };
        let failing = self
            .append_fails
            .then(|| "the server cannot write its append-only file: look at its log and at its disk".to_owned());
        self.evicts().into_iter().chain(persistence).chain(failing).collect()
    }

    /// The durability of an accepted request, for the operator.
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
            Persistence::Unknown => {
                "it does not show its settings (CONFIG is not allowed), so what survives its death is for you to find out: it needs \
                 `appendonly yes` and `maxmemory-policy noeviction`"
            }
            Persistence::None => "no persistence: everything is lost when Redis dies (set `appendonly yes`)",
        }
    }
}

impl Connection {
    /// Describes a connection; the first use opens it.
    pub(super) fn new(servers: Arc<Servers>, preamble: Preamble) -> Self {
        Self { servers, preamble, open: Arc::default(), outages: Arc::default() }
    }

    /// The prefix of every key of the shard.
    pub(super) fn prefix(&self) -> &str {
        &self.preamble.prefix
    }

    /// A key of the shard that there is once.
    pub(super) fn named(&self, name: &str) -> String {
        format!("{}{name}", self.prefix())
    }

    /// A key of the shard.
    pub(super) fn key(&self, name: &str, id: impl Display) -> String {
        format!("{}{name}:{id}", self.prefix())
    }

    /// The address of the shard's server, for another connection to it.
    pub(super) fn address(&self) -> ShardAddress {
        ShardAddress { servers: Arc::clone(&self.servers), key: routing_key(self.prefix()) }
    }

    /// Whether the server responds.
    pub(super) async fn ping(&self) -> Result<(), StoreError> {
        self.query::<()>(&redis::cmd("PING")).await
    }

    /// Whether the server takes writes: it writes a key that nobody reads.
    pub(super) async fn probe_write(&self) -> Result<(), StoreError> {
        let key = format!("{}probe", self.prefix());
        self.query(redis::cmd("SET").arg(key).arg(1).arg("PX").arg(60_000)).await
    }

    /// The server's time in milliseconds.
    pub(super) async fn now(&self) -> Result<i64, StoreError> {
        let (seconds, micros): (i64, i64) = self.query(&redis::cmd("TIME")).await?;
        Ok(seconds.saturating_mul(1000).saturating_add(micros / 1000))
    }

    /// By how many seconds this machine's clock is ahead of the server's, as exactly as half of the round trip allows.
    pub(super) async fn clock_ahead(&self) -> Result<f64, StoreError> {
        let (here, asked) = (SystemTime::now(), Instant::now());
        let (seconds, micros): (u64, u64) = self.query(&redis::cmd("TIME")).await?;
        let there = UNIX_EPOCH + Duration::from_secs(seconds) + Duration::from_micros(micros);
        let here = here + asked.elapsed() / 2;
        Ok(match here.duration_since(there) {
            Ok(ahead) => ahead.as_secs_f64(),
            Err(behind) => -behind.duration().as_secs_f64(),
        })
    }

    /// Runs a step, and repeats it if its outcome is unknown.
    pub(super) async fn run<T: FromRedisValue>(&self, step: &Step, arguments: &StepArgs) -> Result<T, StoreError> {
        read(self.reply_to(step, arguments).await?)
    }

    /// Runs a command that only reads, or that can be repeated.
    pub(super) async fn query<T: FromRedisValue>(&self, command: &redis::Cmd) -> Result<T, StoreError> {
        read(self.answer(command).await?)
    }

    /// Runs commands that only read, in one round trip.
    pub(super) async fn query_all<T: FromRedisValue>(&self, pipeline: &redis::Pipeline) -> Result<T, StoreError> {
        read(self.answers(pipeline).await?)
    }

    // What is common to replies of all types is compiled once: with it in the functions above, a copy for each type was an eighth of this crate.

    async fn reply_to(&self, step: &Step, arguments: &StepArgs) -> Result<Value, StoreError> {
        let run =
            self.with(|mut connection| async move { step.invoke(&self.preamble, arguments, &mut connection).await });
        measured(step.name.into(), run).await
    }

    async fn answer(&self, command: &redis::Cmd) -> Result<Value, StoreError> {
        let run = self.with(|mut connection| async move { command.query_async(&mut connection).await });
        measured("command".into(), run).await
    }

    async fn answers(&self, pipeline: &redis::Pipeline) -> Result<Value, StoreError> {
        let run = self.with(|mut connection| async move { pipeline.query_async(&mut connection).await });
        measured("read".into(), run).await
    }

    /// The server's description of itself.
    pub(super) async fn server(&self) -> Result<Server, StoreError> {
        self.with(|mut connection| async move { server(&mut connection).await }).await
    }

    async fn with<T, F: Future<Output = Result<T, RedisError>>>(
        &self,
        step: impl Fn(MultiplexedConnection) -> F,
    ) -> Result<T, StoreError> {
        let outcome = self.tried(step).await;
        self.outages.note(|| self.servers.addresses(), outcome.as_ref().err());
        outcome
    }

    async fn tried<T, F: Future<Output = Result<T, RedisError>>>(
        &self,
        step: impl Fn(MultiplexedConnection) -> F,
    ) -> Result<T, StoreError> {
        let mut tried = 0;
        loop {
            tried += 1;
            // If the server is down, the caller decides how long to wait for it.
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

    /// The open connection, or a new one on which `open.lua` has run first: after a restart of the server, no event can be
    /// appended under the old epoch.
    async fn get(&self) -> Result<(MultiplexedConnection, u64), StoreError> {
        let asked = Instant::now();
        let mut open = self.open.lock().await;
        if let Some(connection) = &open.connection {
            return Ok((connection.clone(), open.number));
        }
        if let Some((_, error)) = open.failed.as_ref().filter(|(when, _)| *when >= asked) {
            return Err(error.clone());
        }
        // Boxed, as it is rare and large: every step of the store would carry it along, and be copied with it.
        match Box::pin(self.connect()).await {
            Ok(connection) => {
                open.number += 1;
                open.connection = Some(connection.clone());
                Ok((connection, open.number))
            }
            Err(error) => {
                open.failed = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    async fn connect(&self) -> Result<MultiplexedConnection, StoreError> {
        let failed = |error: RedisError| self.servers.not_connected(&error);
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(Some(RESPONSE_TIMEOUT));
        let client = self.address().client().await.map_err(failed)?;
        let mut connection = client.get_multiplexed_async_connection_with_config(&config).await.map_err(failed)?;
        let server = server(&mut connection).await.map_err(failed)?;
        if has_no_functions(&server.version) {
            return Err(StoreError::Mismatch {
                reason: format!(
                    "this server is Redis {}, and the engine runs its steps as functions: it needs Redis 7.0 or later, or Valkey",
                    server.version
                ),
            });
        }
        // Read first: a server that takes no writes refuses a step that might write, and what is there can be looked at.
        let seen: Option<String> =
            redis::cmd("GET").arg(self.named("server-run")).query_async(&mut connection).await.map_err(failed)?;
        if seen.as_ref() != Some(&server.run_id) {
            let arguments = StepArgs::new().arg(server.run_id);
            step::OPEN.invoke(&self.preamble, &arguments, &mut connection).await.map_err(failed)?;
        }
        Ok(connection)
    }
}

/// Whether a server of this version is too old for functions. One that does not say its version is asked for what it cannot do.
fn has_no_functions(version: &str) -> bool {
    version.split('.').next().and_then(|major| major.parse::<u32>().ok()).is_some_and(|major| major < 7)
}

/// A reply as the type that its caller expects.
fn read<T: FromRedisValue>(reply: Value) -> Result<T, StoreError> {
    T::from_redis_value(reply).map_err(|error| refused(&error.into()))
}

async fn server(connection: &mut MultiplexedConnection) -> Result<Server, RedisError> {
    // Both sections in two commands: servers before 7.0 take one section a command, and are refused for their version.
    let mut read = redis::pipe();
    read.cmd("INFO").arg("server").cmd("INFO").arg("persistence");
    let (info, written): (String, String) = read.query_async(connection).await?;
    let field = |name: &str| {
        info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap_or("unknown").to_owned()
    };
    // Rented servers may refuse CONFIG: the engine then says that it does not know.
    let config: Vec<String> = redis::cmd("CONFIG")
        .arg("GET")
        .arg(&["maxmemory-policy", "appendonly", "appendfsync", "save"])
        .query_async(connection)
        .await
        .unwrap_or_default();
    let setting =
        |name: &str| config.chunks_exact(2).find(|pair| pair[0] == name).map_or("", |pair| pair[1].as_str()).to_owned();
    let persistence = match (setting("appendonly").as_str(), setting("appendfsync").as_str()) {
        ("", _) => Persistence::Unknown,
        ("yes", "always") => Persistence::AppendAlways,
        ("yes", _) => Persistence::AppendEverySecond,
        _ if setting("save").is_empty() => Persistence::None,
        _ => Persistence::Snapshots,
    };
    Ok(Server {
        version: field("redis_version"),
        run_id: field("run_id"),
        eviction: setting("maxmemory-policy"),
        persistence,
        append_fails: written.contains("aof_last_write_status:err"),
    })
}

#[cfg(test)]
mod tests {
    use super::has_no_functions;

    #[test]
    fn servers_before_7_have_no_functions() {
        let old = |version: &&str| has_no_functions(version);
        let versions = ["6.2.14", "5.0.0", "7.0.15", "7.2.4", "8.0.0", "10.1", "unknown", ""];
        assert_eq!(versions.iter().filter(|version| old(version)).collect::<Vec<_>>(), [&"6.2.14", &"5.0.0"]);
    }
}
