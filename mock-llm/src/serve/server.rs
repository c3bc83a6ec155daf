//! A running mock: binding, serving, and a shutdown that does not wait for streams that are meant to hang.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use thiserror::Error;
use tokio::{net::TcpListener, task::JoinHandle, time::timeout};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{
    app::App,
    listen::{Listener, Peer},
    routes::router,
};
use crate::{namespace::Admin, profile::Profile, responder::Responder, script::Script};

/// How long a shutdown waits for connections that are cut to notice it.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(2);

/// Why the mock could not start.
#[derive(Debug, Error)]
#[error("cannot listen on {address}: {source}")]
pub struct StartError {
    /// Where it was to listen.
    pub address: SocketAddr,
    /// What the system said.
    pub source: io::Error,
}

/// A running mock. Dropping it stops it too, without waiting.
#[derive(Debug)]
pub struct MockLlm {
    address: SocketAddr,
    admin: Arc<Admin>,
    stopping: DropGuard,
    serving: JoinHandle<()>,
}

impl MockLlm {
    /// Starts a mock on the current runtime. Port 0 takes any free port.
    pub async fn start(listen: SocketAddr, script: Script) -> Result<Self, StartError> {
        Self::start_as(listen, script, Profile::default()).await
    }

    /// Starts a mock that behaves as the server of a profile.
    pub async fn start_as(listen: SocketAddr, script: Script, profile: Profile) -> Result<Self, StartError> {
        Self::serve(listen, script, profile, None).await
    }

    /// Starts a mock whose calls `responder` answers, without a script.
    pub async fn with_responder(listen: SocketAddr, responder: impl Responder) -> Result<Self, StartError> {
        Self::serve(listen, Script::echo(), Profile::default(), Some(Arc::new(responder))).await
    }

    async fn serve(
        listen: SocketAddr,
        script: Script,
        profile: Profile,
        responder: Option<Arc<dyn Responder>>,
    ) -> Result<Self, StartError> {
        let failed = |source| StartError { address: listen, source };
        let listener = Listener(TcpListener::bind(listen).await.map_err(failed)?);
        let address = listener.address().map_err(failed)?;
        let admin = Arc::new(Admin::new(script));
        let stopping = CancellationToken::new();
        let app = App { admin: Arc::clone(&admin), responder, profile: Arc::new(profile), stopping: stopping.clone() };
        let service = router(app).into_make_service_with_connect_info::<Peer>();
        let serve = axum::serve(listener, service).with_graceful_shutdown(stopping.clone().cancelled_owned());
        let serving = tokio::spawn(async move {
            if let Err(error) = serve.await {
                tracing::error!(%error, "the mock stopped serving");
            }
        });
        Ok(Self { address, admin, stopping: stopping.drop_guard(), serving })
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:1234`, without a slash at the end.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The base URL of a namespace: `http://127.0.0.1:1234/t/name`.
    #[must_use]
    pub fn namespace_url(&self, name: &str) -> String {
        format!("{}/t/{name}", self.base_url())
    }

    /// Scripts, gates and journal, in this process.
    #[must_use]
    pub fn admin(&self) -> &Admin {
        &self.admin
    }

    /// Stops listening, cuts the streams that are still open, and returns when all is closed.
    pub async fn shutdown(self) {
        let Self { stopping, mut serving, .. } = self;
        drop(stopping);
        if timeout(SHUTDOWN_TIMEOUT, &mut serving).await.is_err() {
            serving.abort();
        }
    }
}
