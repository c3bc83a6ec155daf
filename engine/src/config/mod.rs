//! What an operator sets: one typed struct, from a file, the environment and flags, in this order.

mod auth;
mod check_models;
mod layers;
mod limits;
mod listen;
mod origins;
mod provider;
mod turns;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use story::Language;

pub use auth::{AuthConfig, AuthMode, ConfiguredKey};
pub use check_models::CheckModels;
pub use layers::{ConfigError, Flags, load};
pub use limits::LimitsConfig;
pub use listen::AdminListen;
pub use origins::Origins;
pub use provider::{Adapter, Endpoint, Format, Price, ProviderConfig, Structured, Timeouts};
pub use turns::TurnsConfig;

use crate::store::embedded::Synchronous;
use crate::store::{Limits, ProviderOptions, ProviderPolicy, StoreOptions, StoryEventPlacement};

/// Where operators ask how a process is, unless they say otherwise. It may be taken by another process of this machine; the
/// engine then listens on a free port and prints it.
pub(crate) const DEFAULT_ADMIN_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8081);

/// Everything that can be set. Unknown keys are errors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the API listens.
    pub listen: SocketAddr,
    /// Where operators ask how the process is.
    pub admin_listen: AdminListen,
    /// The directory of scenarios, PCs, narrators, monsters and NPCs; the shipped content when not set.
    pub content: Option<PathBuf>,
    /// Where the embedded store keeps its file.
    pub data_dir: PathBuf,
    /// The provider of games that name none; may be left out when there is only one.
    pub default_provider: Option<String>,
    /// Whether providers are checked while a process starts: `off`, `list` or `calls`.
    pub check_models: CheckModels,
    /// How many messages of a game's history go into a prompt.
    pub chat_history_limit: usize,
    /// The language of stories for which neither game nor scenario names one; without it, the model chooses.
    pub language: Option<Language>,
    /// The Redis server; the embedded store is used when it has no URL.
    pub redis: RedisConfig,
    /// The embedded store.
    pub embedded: EmbeddedConfig,
    /// How workers work.
    pub worker: WorkerConfig,
    /// The queue.
    pub queue: QueueConfig,
    /// What is kept of turns.
    pub turns: TurnsConfig,
    /// Event streams.
    pub sse: SseConfig,
    /// Connections, and whose pages may call.
    pub http: HttpConfig,
    /// Who may call.
    pub auth: AuthConfig,
    /// How much a caller may do.
    pub limits: LimitsConfig,
    /// Language models, by name. With none, the offline narrator is used.
    pub providers: BTreeMap<String, ProviderConfig>,
    /// The offline narrator.
    pub offline: OfflineConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            admin_listen: AdminListen::At(DEFAULT_ADMIN_LISTEN),
            content: None,
            data_dir: PathBuf::from("data"),
            default_provider: None,
            check_models: CheckModels::default(),
            chat_history_limit: 80,
            language: None,
            redis: RedisConfig::default(),
            embedded: EmbeddedConfig::default(),
            worker: WorkerConfig::default(),
            queue: QueueConfig::default(),
            turns: TurnsConfig::default(),
            sse: SseConfig::default(),
            http: HttpConfig::default(),
            auth: AuthConfig::default(),
            limits: LimitsConfig::default(),
            providers: BTreeMap::new(),
            offline: OfflineConfig::default(),
        }
    }
}

/// `[offline]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OfflineConfig {
    /// How fast the offline narrator writes; 0 for at once.
    pub words_per_second: f64,
}

impl Default for OfflineConfig {
    fn default() -> Self {
        Self { words_per_second: 28.0 }
    }
}

/// `[redis]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RedisConfig {
    /// `redis://[user:password@]host[:port][/db]`; of a cluster, one node or several, separated by commas.
    pub url: Option<String>,
    /// Put before every key, so that several deployments can share a server.
    pub prefix: String,
    /// Over how many shards games are spread, each with an order of arrival of its own. It cannot be changed once there are
    /// games.
    pub shards: usize,
}

impl Default for RedisConfig {
    fn default() -> Self {
        Self { url: None, prefix: String::new(), shards: 1 }
    }
}

/// `[embedded]`
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EmbeddedConfig {
    /// What a commit waits for: `normal` survives the death of the process, `full` power loss too.
    pub synchronous: Synchronous,
}

/// `[worker]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WorkerConfig {
    /// How many turns a worker process runs at once.
    pub concurrent_workers: usize,
    /// How often an idle worker looks for work that no notification announced.
    pub poll_interval_ms: u64,
    /// How often a failed request is tried again.
    pub max_retries: u32,
    /// The back-off before the first retry; it doubles with each further one.
    pub retry_delay_seconds: f64,
    /// How long a lease holds without a heartbeat, and so how long recovery from a dead worker takes.
    pub game_lock_ttl_seconds: f64,
    /// How long running turns may go on once the process is asked to stop.
    pub shutdown_timeout_seconds: f64,
    /// How long a request may wait for a provider that is not ready before it becomes a dead letter; 0 means no limit.
    pub give_up_after_seconds: f64,
    /// How soon a paused provider is tried again; it doubles with each try that fails.
    pub probe_delay_seconds: f64,
    /// The longest wait between two tries, unless the provider asks for more.
    pub probe_delay_max_seconds: f64,
}

impl Default for WorkerConfig {
    fn default() -> Self {
        Self {
            concurrent_workers: 5,
            poll_interval_ms: 100,
            max_retries: 3,
            retry_delay_seconds: 5.0,
            game_lock_ttl_seconds: 5.0,
            shutdown_timeout_seconds: 30.0,
            give_up_after_seconds: 900.0,
            probe_delay_seconds: 2.0,
            probe_delay_max_seconds: 60.0,
        }
    }
}

/// `[queue]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct QueueConfig {
    /// How long the status of a finished request can be read.
    pub status_ttl_seconds: u64,
    /// How many events of a game are kept, at least.
    pub events_kept: usize,
    /// Where story events are queued: `tail`, or `next` ahead of the same game's waiting messages.
    pub story_events: StoryEventPlacement,
    /// How many requests may be queued, of all games (of each shard's, with several shards). A message beyond that is
    /// refused with 429.
    pub max_depth: u64,
    /// How many unfinished requests a game may have before a message to it is refused with 429.
    pub max_depth_per_game: u64,
    /// How long an idempotency key is kept once its request has ended.
    pub idempotency_ttl_seconds: u64,
}

impl Default for QueueConfig {
    fn default() -> Self {
        Self {
            status_ttl_seconds: 3600,
            events_kept: 10_000,
            story_events: StoryEventPlacement::Tail,
            max_depth: 100_000,
            max_depth_per_game: 1000,
            idempotency_ttl_seconds: 86_400,
        }
    }
}

/// `[sse]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SseConfig {
    /// A silent stream gets a comment this often, so that proxies keep it open.
    pub keepalive_seconds: f64,
    /// Text of the model is gathered this long before it costs an event.
    pub chunk_ms: u64,
    /// How soon a client reconnects after its stream has ended.
    pub retry_ms: u64,
    /// How many streams may be open at once.
    pub max_streams: usize,
    /// How many of them one client, by its address, may have.
    pub max_streams_per_client: usize,
}

impl Default for SseConfig {
    fn default() -> Self {
        Self {
            keepalive_seconds: 30.0,
            chunk_ms: 30,
            retry_ms: 1000,
            max_streams: 10_000,
            max_streams_per_client: 1000,
        }
    }
}

/// `[http]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HttpConfig {
    /// Pages of these origins may call from a browser: `https://host`, or `*` for any.
    pub cors_origins: Origins,
    /// Names that a server on loopback answers to, besides `localhost`, addresses and names without a dot.
    pub hosts: Vec<String>,
    /// How many proxies are in front: that many last entries of `X-Forwarded-For` are believed.
    pub trusted_proxies: usize,
    /// How many connections may be open at once.
    pub max_connections: usize,
    /// How many of them one address may have; without meaning behind a trusted proxy.
    pub max_connections_per_address: usize,
    /// A client that does not say what it wants for this long is dropped, also between two requests.
    pub header_timeout_seconds: f64,
    /// The body of a request must have come within this time.
    pub body_timeout_seconds: f64,
    /// A client that reads nothing of what it is sent for this long is dropped.
    pub write_timeout_seconds: f64,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            cors_origins: Origins::default(),
            hosts: Vec::new(),
            trusted_proxies: 0,
            max_connections: 12_000,
            max_connections_per_address: 2000,
            header_timeout_seconds: 30.0,
            body_timeout_seconds: 20.0,
            write_timeout_seconds: 30.0,
        }
    }
}

impl Config {
    /// What the store needs to know.
    #[must_use]
    pub fn store_options(&self) -> StoreOptions {
        StoreOptions {
            lease_ttl: Duration::from_secs_f64(self.worker.game_lock_ttl_seconds),
            max_attempts: self.worker.max_retries + 1,
            status_ttl: Duration::from_secs(self.queue.status_ttl_seconds),
            key_ttl: Duration::from_secs(self.queue.idempotency_ttl_seconds),
            limits: Limits { queued: self.queue.max_depth, lane: self.queue.max_depth_per_game },
            max_keys: self.auth.max_keys,
            max_capabilities: self.auth.max_capabilities_per_game,
            events_kept: self.queue.events_kept,
            history_window: self.chat_history_limit,
            story_events: self.queue.story_events,
            providers: self.provider_options(),
            turns: self.turns.limits(),
            ..StoreOptions::default()
        }
    }

    fn provider_options(&self) -> ProviderOptions {
        let policy = |provider: &ProviderConfig| ProviderPolicy {
            max_concurrent: provider.max_concurrent,
            fallback: provider.fallback.clone(),
        };
        ProviderOptions {
            policies: self.providers.iter().map(|(name, provider)| (name.clone(), policy(provider))).collect(),
            probe_delay: Duration::from_secs_f64(self.worker.probe_delay_seconds),
            probe_delay_max: Duration::from_secs_f64(self.worker.probe_delay_max_seconds),
            give_up_after: Duration::from_secs_f64(self.worker.give_up_after_seconds),
        }
    }

    /// The JSON Schema of a configuration file: published for editors, and for programs that check one.
    #[must_use]
    pub fn schema() -> serde_json::Value {
        schemars::schema_for!(Self).to_value()
    }

    /// The configuration as TOML, with secrets masked.
    #[must_use]
    pub fn masked(&self) -> String {
        let mut masked = self.clone();
        masked.redis.url = masked.redis.url.map(|urls| urls.split(',').map(mask_url).collect::<Vec<_>>().join(","));
        masked.providers.values_mut().for_each(ProviderConfig::mask);
        // Every field is a plain value: there is nothing in it that TOML cannot say.
        toml::to_string(&masked).unwrap_or_default()
    }

    /// Values that make no sense, each with its key and what to do.
    fn check(&self) -> Result<(), ConfigError> {
        let invalid = |key: &str, reason: String| Err(ConfigError::Invalid { key: key.to_owned(), reason });
        let positive = |key: &str, value: f64| {
            if value.is_finite() && (0.001..=86_400.0).contains(&value) {
                Ok(())
            } else {
                invalid(key, format!("`{value}` is not a number of seconds from 0.001 to 86400"))
            }
        };
        positive("worker.game_lock_ttl_seconds", self.worker.game_lock_ttl_seconds)?;
        positive("worker.retry_delay_seconds", self.worker.retry_delay_seconds)?;
        positive("worker.probe_delay_seconds", self.worker.probe_delay_seconds)?;
        positive("worker.probe_delay_max_seconds", self.worker.probe_delay_max_seconds)?;
        positive("sse.keepalive_seconds", self.sse.keepalive_seconds)?;
        positive("http.header_timeout_seconds", self.http.header_timeout_seconds)?;
        positive("http.body_timeout_seconds", self.http.body_timeout_seconds)?;
        positive("http.write_timeout_seconds", self.http.write_timeout_seconds)?;
        if !(0.0..=86_400.0).contains(&self.worker.shutdown_timeout_seconds) {
            return invalid("worker.shutdown_timeout_seconds", "it is not a number of seconds from 0 to 86400".into());
        }
        if !(0.0..=31_536_000.0).contains(&self.worker.give_up_after_seconds) {
            return invalid("worker.give_up_after_seconds", "it is not a number of seconds from 0 to a year".into());
        }
        for (key, value, largest) in [
            ("worker.max_retries", u64::from(self.worker.max_retries), 10_000),
            ("worker.concurrent_workers", self.worker.concurrent_workers as u64, 10_000),
            ("worker.poll_interval_ms", self.worker.poll_interval_ms, 60_000),
            ("queue.status_ttl_seconds", self.queue.status_ttl_seconds, 10 * 365 * 86_400),
            ("queue.idempotency_ttl_seconds", self.queue.idempotency_ttl_seconds, 10 * 365 * 86_400),
            ("queue.events_kept", self.queue.events_kept as u64, 1_000_000_000),
            ("turns.records_kept", self.turns.records_kept as u64, 1_000_000_000),
            ("turns.record_max_bytes", self.turns.record_max_bytes as u64, 1_000_000_000),
            ("turns.tries_kept", self.turns.tries_kept as u64, 1000),
            ("queue.max_depth", self.queue.max_depth, 1_000_000_000),
            ("queue.max_depth_per_game", self.queue.max_depth_per_game, 1_000_000_000),
            ("redis.shards", self.redis.shards as u64, 1024),
            ("sse.chunk_ms", self.sse.chunk_ms, 10_000),
            ("sse.retry_ms", self.sse.retry_ms, 600_000),
            ("sse.max_streams", self.sse.max_streams as u64, 10_000_000),
            ("sse.max_streams_per_client", self.sse.max_streams_per_client as u64, 10_000_000),
            ("http.max_connections", self.http.max_connections as u64, 10_000_000),
            ("http.max_connections_per_address", self.http.max_connections_per_address as u64, 10_000_000),
            ("auth.max_keys", self.auth.max_keys as u64, 1_000_000),
            ("auth.max_capabilities_per_game", self.auth.max_capabilities_per_game as u64, 10_000),
            ("auth.ticket_seconds", self.auth.ticket_seconds, 86_400),
            ("auth.ticket_stream_seconds", self.auth.ticket_stream_seconds, 7 * 86_400),
            ("chat_history_limit", self.chat_history_limit as u64, 10_000),
        ] {
            if value > largest {
                return invalid(key, format!("`{value}` is more than {largest}"));
            }
        }
        for (key, value, why) in [
            (
                "worker.concurrent_workers",
                self.worker.concurrent_workers as u64,
                "a worker that runs no turn does nothing",
            ),
            ("worker.poll_interval_ms", self.worker.poll_interval_ms, "polling without a pause burns a core"),
            ("queue.events_kept", self.queue.events_kept as u64, "without a log nobody can follow a game"),
            ("queue.max_depth", self.queue.max_depth, "a queue that holds nothing accepts nothing"),
            ("queue.max_depth_per_game", self.queue.max_depth_per_game, "a lane that holds nothing accepts nothing"),
            ("redis.shards", self.redis.shards as u64, "games are kept in a shard"),
            ("http.max_connections", self.http.max_connections as u64, "a server without connections serves nobody"),
            (
                "http.max_connections_per_address",
                self.http.max_connections_per_address as u64,
                "a client without a connection is served nothing",
            ),
        ] {
            if value == 0 {
                return invalid(key, format!("{why}: set at least 1"));
            }
        }
        let operators = if let AdminListen::At(address) = self.admin_listen { Some(address) } else { None };
        for (key, address) in [("listen", Some(self.listen)), ("admin_listen", operators)] {
            if let Some(address) = address.filter(|address| !address.ip().is_loopback())
                && self.auth.mode == AuthMode::Local
            {
                let reason = format!(
                    "other machines can reach {address}, and everybody there could read, change and delete every game: ask \
                     for keys with `auth.mode = \"keys\"`, listen on 127.0.0.1, or allow it with `auth.mode = \"open\"`"
                );
                return invalid(key, reason);
            }
        }
        for (key, value) in self.limits.each() {
            if value > 1_000_000_000 {
                return invalid(key, format!("`{value}` is more than 1000000000; 0 is no limit"));
            }
        }
        self.auth.check()?;
        self.check_providers()
    }

    fn check_providers(&self) -> Result<(), ConfigError> {
        let names = || self.providers.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        let invalid = |key: String, reason: String| Err(ConfigError::Invalid { key, reason });
        match &self.default_provider {
            Some(name) if !self.providers.contains_key(name) => {
                invalid("default_provider".into(), format!("there is no provider `{name}`; configured: {}", names()))
            }
            None if self.providers.len() > 1 => invalid(
                "default_provider".into(),
                format!("there are several providers ({}): say which one games use that name none", names()),
            ),
            _ => self.providers.iter().try_for_each(|(name, provider)| {
                let others = provider.fallback.iter().map(|other| ("fallback", other));
                let others = others.chain(provider.backend_provider.iter().map(|other| ("backend_provider", other)));
                for (key, other) in others {
                    if !self.providers.contains_key(other) {
                        let reason = format!("there is no provider `{other}`; configured: {}", names());
                        return invalid(format!("providers.{name}.{key}"), reason);
                    }
                }
                provider.check().or_else(|(key, reason)| invalid(format!("providers.{name}.{key}"), reason))
            }),
        }
    }
}

/// A URL without its password.
fn mask_url(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme + 3 => format!("{}://***@{}", &url[..scheme], &url[at + 1..]),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_schema_is_that_of_the_types() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/engine-config.schema.json");
        let published: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        assert!(published == Config::schema(), "`engine config --schema > docs/engine-config.schema.json` renews it");
    }

    #[test]
    fn a_password_in_the_redis_url_is_not_shown() {
        let mut config = Config::default();
        config.redis.url = Some("redis://user:hunter2@db:6379/1".to_owned());
        let shown = config.masked();
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("redis://***@db:6379/1"), "{shown}");
    }

    #[test]
    fn a_provider_is_shown_with_everything_but_its_secrets() {
        let mut provider = ProviderConfig::example();
        provider.extra_headers = BTreeMap::from([
            ("authorization".to_owned(), "Bearer sk-1".to_owned()),
            ("x-key".to_owned(), "$KEY".to_owned()),
        ]);
        provider.query = BTreeMap::from([("key".to_owned(), "sk-2".to_owned())]);
        let mut config = Config::default();
        config.providers.insert("mock".to_owned(), provider);
        let shown = config.masked();
        assert!(!shown.contains("sk-1") && !shown.contains("sk-2"), "{shown}");
        assert!(shown.contains("\"$KEY\"") && shown.contains("call_timeout_seconds"), "{shown}");
    }
}
