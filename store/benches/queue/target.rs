//! The stores that are measured: each figure has a server or a file of its own.

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use store::embedded::{EmbeddedStore, Synchronous};
use store::redis::RedisStore;
use store::{SharedStore, StoreOptions};
use tempfile::TempDir;

/// A kind of store.
#[derive(Debug, Clone, Copy)]
pub(crate) enum StoreTarget {
    Redis { append_only: bool },
    Embedded { synchronous: Synchronous },
}

/// A store that ends when this is dropped.
pub(crate) struct Open {
    pub(crate) store: SharedStore,
    url: Option<String>,
    server: Option<Child>,
    _directory: TempDir,
}

impl Open {
    /// A connection of its own to the server, where there is one.
    pub(crate) async fn connection(&self) -> Option<redis::aio::MultiplexedConnection> {
        let client = redis::Client::open(self.url.as_deref()?).unwrap();
        Some(client.get_multiplexed_async_connection().await.unwrap())
    }

    /// The time that the server's main thread has spent so far, and that part of it which was in scripts: what limits it,
    /// whatever else runs on the machine.
    pub(crate) async fn server_time(&self) -> Option<(Duration, Duration)> {
        let mut connection = self.connection().await?;
        let mut info = async |section: &str| -> String {
            redis::cmd("INFO").arg(section).query_async(&mut connection).await.unwrap()
        };
        let cpu = info("cpu").await;
        let spent = |name: &str| -> f64 {
            cpu.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap().trim().parse().unwrap()
        };
        let seconds = spent("used_cpu_user_main_thread") + spent("used_cpu_sys_main_thread");
        let commands = info("commandstats").await;
        let scripts =
            commands.lines().filter(|line| line.starts_with("cmdstat_eval") || line.starts_with("cmdstat_fcall"));
        let micros =
            scripts.filter_map(|line| line.split_once("usec=")?.1.split(',').next()?.parse::<u64>().ok()).sum();
        Some((Duration::from_secs_f64(seconds), Duration::from_micros(micros)))
    }
}

/// The time that this process has spent so far on all of its threads, where the system says.
pub(crate) fn own_time() -> Option<Duration> {
    let of = |thread: std::fs::DirEntry| -> Option<u64> {
        std::fs::read_to_string(thread.path().join("schedstat")).ok()?.split(' ').next()?.parse().ok()
    };
    let threads = std::fs::read_dir("/proc/self/task").ok()?;
    Some(Duration::from_nanos(threads.filter_map(|thread| of(thread.ok()?)).sum()))
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(server) = &mut self.server {
            // It may be gone already.
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

impl StoreTarget {
    pub(crate) fn all() -> Vec<Self> {
        let has_redis = Command::new("redis-server").arg("--version").stdout(Stdio::null()).status().is_ok();
        let redis = [false, true].map(|append_only| Self::Redis { append_only });
        let embedded = [Synchronous::Normal, Synchronous::Full].map(|synchronous| Self::Embedded { synchronous });
        redis.into_iter().filter(|_| has_redis).chain(embedded).collect()
    }

    /// The word that asks for it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Redis { append_only: false } => "redis",
            Self::Redis { append_only: true } => "append-only",
            Self::Embedded { synchronous: Synchronous::Normal } => "embedded",
            Self::Embedded { synchronous: Synchronous::Full } => "full-sync",
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Redis { append_only: false } => "Redis over TCP, no append-only file",
            Self::Redis { append_only: true } => "Redis over TCP, append-only file synced every second",
            Self::Embedded { synchronous: Synchronous::Normal } => "embedded store, synchronous = \"normal\"",
            Self::Embedded { synchronous: Synchronous::Full } => "embedded store, synchronous = \"full\"",
        }
    }

    /// Opens a store whose claims bring the usual part of a history.
    pub(crate) async fn open(self) -> Open {
        self.open_with_window(StoreOptions::default().history_window).await
    }

    /// Opens a store whose claims bring `history_window` messages.
    pub(crate) async fn open_with_window(self, history_window: usize) -> Open {
        let lease_ttl = Duration::from_mins(10);
        let options = StoreOptions { lease_ttl, history_window, ..StoreOptions::default() };
        let directory = TempDir::new().unwrap();
        let append_only = match self {
            Self::Redis { append_only } => append_only,
            Self::Embedded { synchronous } => {
                let store = Arc::new(EmbeddedStore::open(directory.path(), synchronous, options).unwrap());
                return Open { store, url: None, server: None, _directory: directory };
            }
        };
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--dir"])
            .arg(directory.path())
            // As the compose file sets it up.
            .args(["--zset-max-listpack-entries", "16"])
            .args(["--appendonly", if append_only { "yes" } else { "no" }])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let url = format!("redis://127.0.0.1:{port}");
        let store = loop {
            match RedisStore::connect(&url, "", 1, options.clone()).await {
                Ok(store) => break Arc::new(store),
                Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        };
        Open { store, url: Some(url), server: Some(server), _directory: directory }
    }
}
