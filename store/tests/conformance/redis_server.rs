//! A `redis-server` of a test's own, on a Unix socket in a directory that is gone with it.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use tempfile::TempDir;
use tokio::time::Instant;

/// How long a server may take to come up before the test gives up on it.
const START: Duration = Duration::from_secs(20);

/// A running server; dropping it ends the process.
pub(crate) struct RedisServer {
    directory: TempDir,
    durable: bool,
    process: Child,
}

impl RedisServer {
    /// Starts a server that keeps nothing over a restart, or, if it is `durable`, everything. `None` where there is no
    /// `redis-server` and the environment does not insist on one.
    pub(crate) async fn start(durable: bool) -> Option<Self> {
        let directory = TempDir::new().unwrap();
        match spawn(&directory, durable) {
            Ok(process) => {
                let mut server = Self { directory, durable, process };
                server.answer().await;
                Some(server)
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                skip();
                None
            }
            Err(error) => panic!("redis-server cannot be started: {error}"),
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis+unix://{}", socket(&self.directory).display())
    }

    /// A connection behind the store's back.
    pub(crate) async fn connect(&self) -> MultiplexedConnection {
        redis::Client::open(self.url()).unwrap().get_multiplexed_async_connection().await.unwrap()
    }

    /// Kills the server, as a crash would, and starts it again on what it has written.
    pub(crate) async fn restart(&mut self) {
        self.kill();
        self.process = spawn(&self.directory, self.durable).unwrap();
        self.answer().await;
    }

    fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Returns once the server answers commands.
    async fn answer(&mut self) {
        let client = redis::Client::open(self.url()).unwrap();
        let deadline = Instant::now() + START;
        loop {
            if let Ok(mut connection) = client.get_multiplexed_async_connection().await
                && redis::cmd("PING").query_async::<()>(&mut connection).await.is_ok()
            {
                return;
            }
            assert!(self.process.try_wait().unwrap().is_none(), "redis-server ended at once");
            assert!(Instant::now() < deadline, "redis-server did not come up within {START:?}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Passes over a test for which there is no server, where the environment does not insist on one.
pub(crate) fn skip() {
    let required = std::env::var("STORY_ENGINE_REQUIRE_REDIS").is_ok_and(|value| value == "1");
    assert!(!required, "there is no redis-server in PATH, and STORY_ENGINE_REQUIRE_REDIS=1 requires one");
    eprintln!("skipped: there is no redis-server in PATH");
}

fn socket(directory: &TempDir) -> PathBuf {
    directory.path().join("redis.sock")
}

fn spawn(directory: &TempDir, durable: bool) -> std::io::Result<Child> {
    // A socket that a killed server has left behind would refuse connections until the next one is there.
    let _ = std::fs::remove_file(socket(directory));
    Command::new("redis-server")
        .args(["--port", "0", "--save", "", "--appendonly", if durable { "yes" } else { "no" }])
        .arg("--unixsocket")
        .arg(socket(directory))
        .arg("--dir")
        .arg(directory.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
}
