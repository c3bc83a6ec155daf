//! An engine for a client in the same process: it prints nothing, and it stops when the client has ended.

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{Announce, Role, ServeError, run_until};
use crate::config::Config;
use crate::telemetry::logs::Log;

/// A running engine. When it is dropped without [`InProcess::stop`], its turns go on from their checkpoints at the next start.
#[derive(Debug)]
pub struct InProcess {
    base: String,
    stop: CancellationToken,
    server: JoinHandle<Result<(), ServeError>>,
}

impl InProcess {
    /// Starts an API that works as well, and returns once it listens.
    pub async fn start(config: Config, log: &Log) -> Result<Self, ServeError> {
        let stop = CancellationToken::new();
        let (ready, listens) = oneshot::channel();
        let server = tokio::spawn(run_until(config, Role::Api, log.lost(), stop.clone(), Announce::Program(ready)));
        match listens.await {
            Ok(address) => Ok(Self { base: format!("http://{address}"), stop, server }),
            // It ended before it listened, and says why.
            Err(_) => Err(match server.await {
                Ok(Err(error)) => error,
                Ok(Ok(())) => ServeError::Io(std::io::Error::other("it ended before it listened")),
                Err(panicked) => ServeError::Io(std::io::Error::other(panicked)),
            }),
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base
    }

    /// Lets it finish its turns, and end.
    pub async fn stop(self) -> Result<(), ServeError> {
        self.stop.cancel();
        self.server.await.map_err(std::io::Error::other)?
    }
}
