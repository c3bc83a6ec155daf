//! The peer's program: where it is, and how it is started.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use harness_runner::model::Model;
use harness_runner::services::{Launch, Process};

use super::{ChatPeer, Options};
use crate::{BenchEnvironment, BenchError};

/// How long it may take to be ready: `LangGraph` alone imports for seconds, and Postgres makes its files.
const READY_WITHIN: Duration = Duration::from_mins(1);
/// How long it may take to its end.
const STOPS_WITHIN: Duration = Duration::from_secs(10);

/// A program that was found.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) peer: ChatPeer,
    path: PathBuf,
}

/// One that runs.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) address: SocketAddr,
    process: Process,
    model: Model,
}

impl Program {
    /// As named, or where `ci/peers/build` puts it, which is next to the directory of this program.
    pub(super) fn find(peer: ChatPeer, named: Option<&Path>) -> Result<Self, BenchError> {
        let path = named.map_or_else(
            || {
                let exe = std::env::current_exe().unwrap_or_default();
                exe.parent().unwrap_or(Path::new(".")).join("../peers").join(peer.name()).join("peer")
            },
            Path::to_owned,
        );
        if path.is_file() {
            return Ok(Self { peer, path });
        }
        let advice = match peer {
            ChatPeer::Saq => "`ci/peers/build saq` makes it, or say where it is with --peer",
            ChatPeer::Dbos => "`ci/peers/build dbos` makes it, or say where it is with --peer",
            ChatPeer::Langgraph => "`ci/peers/build langgraph` makes it, or say where it is with --peer",
        };
        Err(BenchError::NoPeer { what: path.display().to_string(), advice })
    }

    /// Starts it with as many workers as the engine has, and the model that it calls.
    pub(super) async fn start(
        &self,
        options: &Options,
        script: &str,
        env: &BenchEnvironment<'_>,
    ) -> Result<Running, BenchError> {
        let model = Model::new(env.http.clone(), format!("{}/t/{}", env.services.mock_url, self.peer.name()));
        model.load(script).await?;
        let dir = env.subdir("peer")?;
        let args = self.arguments(options, env, &dir);
        let mut launch = Launch::new(self.peer.name(), &self.path, args, env.dir, "peer listening on");
        launch.ready_within = READY_WITHIN;
        let (process, line) = Process::start(launch, env.programs).await?;
        let address = line.rsplit("http://").next().and_then(|address| address.trim().parse().ok());
        let address = address.ok_or_else(|| BenchError::Server {
            server: "the peer",
            what: "say where it listens",
            reason: format!("it says `{line}`"),
        })?;
        Ok(Running { address, process, model })
    }

    fn arguments(&self, options: &Options, env: &BenchEnvironment<'_>, dir: &Path) -> Vec<String> {
        let model = format!("{}/t/{}", env.services.mock_url, self.peer.name());
        let (workers, slots) = (options.workers.to_string(), options.slots.to_string());
        let mut args = vec!["--model".to_owned(), model, "--workers".to_owned(), workers, "--slots".to_owned(), slots];
        match self.peer {
            ChatPeer::Saq => {
                let redis = env.services.redis_url.as_deref().map(python_url).unwrap_or_default();
                args.extend(["--redis".to_owned(), redis]);
            }
            ChatPeer::Dbos => {}
            ChatPeer::Langgraph => args.extend(["--dir".to_owned(), dir.display().to_string()]),
        }
        args
    }
}

/// A URL of Redis as its Python client has it.
fn python_url(url: &str) -> String {
    url.strip_prefix("redis+").unwrap_or(url).to_owned()
}

impl Running {
    /// Ends it, and waits for its end.
    pub(super) async fn stop(self) {
        // How it ends is not measured.
        let _ = self.process.terminate(STOPS_WITHIN).await;
        self.process.ended().await;
        self.model.forget().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_that_is_not_there_is_missed_with_what_makes_it() {
        let error = Program::find(ChatPeer::Saq, Some(Path::new("/nowhere"))).unwrap_err().to_string();
        assert!(error.contains("/nowhere") && error.contains("ci/peers/build saq"), "{error}");
    }

    #[test]
    fn a_socket_is_named_as_python_names_it() {
        assert_eq!(python_url("redis+unix:///tmp/redis.sock"), "unix:///tmp/redis.sock");
        assert_eq!(python_url("redis://127.0.0.1:6379"), "redis://127.0.0.1:6379");
    }
}
