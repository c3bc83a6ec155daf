//! What an operator sets: one typed struct, from a file, the environment and flags, in this order.

mod amount;
mod auth;
mod check;
mod check_models;
mod fingerprint;
mod jwt;
mod layers;
mod limits;
mod listen;
mod metrics;
mod origins;
mod provider;
mod queue;
mod redis;
mod retention;
mod tiers;
mod traces;
mod turns;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::embedded::Synchronous;
use store::secret::SecretHash;
use store::{Limits, ProviderOptions, ProviderPolicy, StoreOptions, WorkerName};
use story::Language;

pub use amount::Amount;
pub use auth::{AuthConfig, AuthMode, ConfiguredKey};
pub use check_models::CheckModels;
pub use jwt::JwtConfig;
pub use layers::{ConfigError, Flags, load};
pub use limits::{LimitsConfig, LimitsOfTier};
pub use listen::AdminListen;
pub use metrics::MetricsConfig;
pub use origins::Origins;
pub use provider::{Adapter, Endpoint, Format, Price, ProviderConfig, Structured, Timeouts};
pub use queue::{QueueConfig, QueueOrder};
pub use redis::RedisConfig;
pub use retention::RetentionConfig;
pub use tiers::{DEFAULT_TIER, TierConfig};
pub use traces::TracesConfig;
pub use turns::TurnsConfig;

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
    /// How many versions of content a process keeps in memory (tens of kB each): what games share in the store. Others are read when a turn needs them.
    pub contents_cached: usize,
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
    /// How long games are kept that nobody plays.
    pub retention: RetentionConfig,
    /// How much `/metrics` says of tenants.
    pub metrics: MetricsConfig,
    /// Spans of requests, turns and model calls.
    pub traces: TracesConfig,
    /// Event streams.
    pub sse: SseConfig,
    /// Connections, and whose pages may call.
    pub http: HttpConfig,
    /// Who may call.
    pub auth: AuthConfig,
    /// How much a caller may do.
    pub limits: LimitsConfig,
    /// Tenants with providers, limits, a weight or a Redis of their own, by the name of their tier.
    pub tiers: BTreeMap<String, TierConfig>,
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
            contents_cached: 64,
            language: None,
            redis: RedisConfig::default(),
            embedded: EmbeddedConfig::default(),
            worker: WorkerConfig::default(),
            queue: QueueConfig::default(),
            turns: TurnsConfig::default(),
            retention: RetentionConfig::default(),
            metrics: MetricsConfig::default(),
            traces: TracesConfig::default(),
            sse: SseConfig::default(),
            http: HttpConfig::default(),
            auth: AuthConfig::default(),
            limits: LimitsConfig::default(),
            tiers: BTreeMap::new(),
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
    /// What a worker is called, also after its process was replaced: the new process ends the leases of the old one at once.
    /// Only one process at a time may have it. `{hostname}` stands for the name of the machine or container.
    pub name: Option<WorkerName>,
    /// The tiers whose games a worker process (`--worker`) plays, each with slots of its own; `all` for every one.
    pub tiers: Vec<String>,
    /// How many turns a worker process runs at once.
    pub concurrent_workers: usize,
    /// How many threads a worker process (`--worker`) runs its turns on. A turn waits for the model nearly all of its time: one thread serves
    /// hundreds of them, and what it need not share with others costs less.
    pub threads: usize,
    /// How soon an idle worker looks for work that no notification announced; then after twice as long each time, up to ten times this.
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
    /// How soon a turn asks again whose budget is only reserved by other turns.
    pub budget_delay_seconds: f64,
    /// How soon a story event asks again whose budget is used up, at the latest: a limit may have been raised.
    pub budget_delay_max_seconds: f64,
}

impl Default for WorkerConfig {
    fn default() -> Self {
        Self {
            name: None,
            tiers: vec![DEFAULT_TIER.to_owned()],
            concurrent_workers: 5,
            threads: 1,
            poll_interval_ms: 100,
            max_retries: 3,
            retry_delay_seconds: 5.0,
            game_lock_ttl_seconds: 5.0,
            shutdown_timeout_seconds: 30.0,
            give_up_after_seconds: 900.0,
            probe_delay_seconds: 2.0,
            probe_delay_max_seconds: 60.0,
            budget_delay_seconds: 2.0,
            budget_delay_max_seconds: 600.0,
        }
    }
}

/// `[sse]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SseConfig {
    /// A silent stream gets a comment this often, so that proxies keep it open.
    pub keepalive_seconds: f64,
    /// Text of the model is gathered this long before it costs an event; up to four times as long by a process that runs
    /// 12 narrations or more at once.
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
    /// How large a game may be that is imported, in bytes of JSON.
    pub import_max_bytes: usize,
    /// How many bytes of large answers may be on their way to one address, for IPv6 to one /64; more are answered 503.
    pub answers_max_bytes_per_address: usize,
    /// How many bytes of games that are being imported are held at once; a caller who finds no room waits.
    pub imports_max_bytes: usize,
    /// How many bytes of games are imported or branched in a second, in the long run: those of more than 256 KiB together, and the others together.
    pub imports_bytes_per_second: u64,
    /// How long an import waits for another of the same caller, for room, and for its turn, before it is answered 503.
    pub import_wait_seconds: f64,
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
            import_max_bytes: 4 * 1024 * 1024,
            answers_max_bytes_per_address: 64 * 1024 * 1024,
            imports_max_bytes: 256 * 1024 * 1024,
            imports_bytes_per_second: 8 * 1024 * 1024,
            import_wait_seconds: 10.0,
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
            ticket_lifetime: self.auth.ticket_lifetime(),
            max_pauses: self.queue.max_pauses,
            audit_kept: self.auth.audit_kept,
            events_kept: self.queue.events_kept,
            events_ttl: Duration::from_secs(self.queue.events_ttl_seconds),
            history_window: self.chat_history_limit,
            story_events: self.queue.story_events,
            story_event_batch: self.queue.story_event_batch,
            order: self.queue.order(self.weights()),
            providers: self.provider_options(),
            turns: self.turns.limits(),
            contents_cached: self.contents_cached,
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
        for redis in masked.tiers.values_mut().map(|tier| &mut tier.redis).chain([&mut masked.redis]) {
            redis.url = redis.url.take().map(|urls| urls.split(',').map(mask_url).collect::<Vec<_>>().join(","));
        }
        masked.traces.endpoint = masked.traces.endpoint.map(|url| provider::credentials::mask_query(&mask_url(&url)));
        masked.providers.values_mut().for_each(ProviderConfig::mask);
        for key in &mut masked.auth.keys {
            key.hash = key.hash.as_ref().map(SecretHash::masked);
        }
        // Every field is a plain value: there is nothing in it that TOML cannot say.
        toml::to_string(&masked).unwrap_or_default()
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
    fn a_password_in_the_url_of_the_collector_is_not_shown() {
        let mut config = Config::default();
        config.traces.endpoint = Some("https://team:hunter2@otlp.example".to_owned());
        let shown = config.masked();
        assert!(shown.contains("https://***@otlp.example") && !shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn of_a_keys_hash_its_public_beginning_is_shown() {
        let hash = format!("sha256:{}{}", "0123456789abcdef", "7".repeat(48));
        let shown =
            toml::from_str::<Config>(&format!("[[auth.keys]]\nrole = 'operator'\nhash = '{hash}'")).unwrap().masked();
        assert!(shown.contains("\"sha256:0123456789abcdef***\"") && !shown.contains("77777"), "{shown}");
    }

    #[test]
    fn a_provider_is_shown_with_everything_but_its_secrets() {
        let mut provider = ProviderConfig::example();
        provider.extra_headers = BTreeMap::from([
            ("authorization".to_owned(), "Bearer sk-1".to_owned()),
            ("x-key".to_owned(), "$KEY".to_owned()),
        ]);
        provider.query = BTreeMap::from([("key".to_owned(), "sk-2".to_owned())]);
        provider.base_url = Some("https://team:sk-3@models.example/v1?key=sk-4&version=sk-5&sk-6".to_owned());
        let body = serde_json::json!({"token": "sk-7", "top": {"keys": ["sk-8", 5]}});
        provider.extra_body = body.as_object().unwrap().clone();
        let mut config = Config::default();
        config.providers.insert("mock".to_owned(), provider);
        let shown = config.masked();
        assert!(!shown.contains("sk-"), "{shown}");
        assert!(shown.contains("https://***@models.example/v1?key=***&version=***&***"), "{shown}");
        assert!(shown.contains("\"$KEY\"") && shown.contains("call_timeout_seconds"), "{shown}");
    }
}
