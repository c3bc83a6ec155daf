//! Connections to servers of models: directly or through a proxy, with TLS where the address says so.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::Matcher;
use tower::{BoxError, Service};

use super::socket::Socket;

/// How long connecting may take, with everything up to the first byte of a call.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// After so much silence the system asks the other end whether it is still there.
const KEEPALIVE: Duration = Duration::from_secs(15);
/// How often it asks before the connection counts as broken.
const KEEPALIVE_RETRIES: u32 = 3;
/// How long what was sent may stay without an acknowledgement.
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);

type Connecting<T> = Pin<Box<dyn Future<Output = Result<T, BoxError>> + Send>>;

/// The connection to a server, or to the proxy before it.
type Link = MaybeHttpsStream<Socket>;

/// Connects to a server.
#[derive(Debug, Clone)]
pub(super) enum Connector {
    /// A server of this machine, without TLS: reading the machine's certificates takes longer than the rest of a start, and fails where there are none.
    Local(Tcp),
    Remote(HttpsConnector<Routed>),
}

/// Connects without TLS.
#[derive(Debug, Clone)]
pub(super) struct Tcp(HttpConnector);

/// Connects to the server, or to the proxy that the environment names for it.
#[derive(Debug, Clone)]
pub(super) struct Routed {
    proxies: Arc<Matcher>,
    direct: Tcp,
    to_proxy: HttpsConnector<Tcp>,
}

impl Connector {
    pub(super) fn local() -> Self {
        Self::Local(Tcp::new())
    }

    /// The error is about the machine's certificates.
    pub(super) fn remote(proxies: Arc<Matcher>) -> Result<Self, BoxError> {
        let secure = || HttpsConnectorBuilder::new().try_with_platform_verifier();
        let to_proxy = secure()?.https_or_http().enable_http1().wrap_connector(Tcp::new());
        let routed = Routed { proxies, direct: Tcp::new(), to_proxy };
        Ok(Self::Remote(secure()?.https_or_http().enable_http1().wrap_connector(routed)))
    }
}

impl Tcp {
    fn new() -> Self {
        let mut http = HttpConnector::new();
        // TLS comes on top.
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_keepalive(Some(KEEPALIVE));
        http.set_keepalive_interval(Some(KEEPALIVE));
        http.set_keepalive_retries(Some(KEEPALIVE_RETRIES));
        #[cfg(target_os = "linux")]
        http.set_tcp_user_timeout(Some(UNACKNOWLEDGED));
        Self(http)
    }
}

impl Service<Uri> for Tcp {
    type Response = Socket;
    type Error = BoxError;
    type Future = Connecting<Socket>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, server: Uri) -> Self::Future {
        let connecting = self.0.call(server);
        Box::pin(async move { Ok(Socket::new(connecting.await?.into_inner())) })
    }
}

impl Service<Uri> for Routed {
    type Response = Link;
    type Error = BoxError;
    type Future = Connecting<Link>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.direct.poll_ready(context)
    }

    fn call(&mut self, server: Uri) -> Self::Future {
        let Some(proxy) = self.proxies.intercept(&server) else {
            let connecting = self.direct.call(server);
            return Box::pin(async move { Ok(MaybeHttpsStream::Http(connecting.await?)) });
        };
        let at = proxy.uri().clone();
        if !matches!(at.scheme_str(), Some("http" | "https")) {
            let reason = format!("the proxy at {at} is of no kind that can be used; http and https are");
            return Box::pin(async move { Err(reason.into()) });
        }
        if server.scheme_str() != Some("https") {
            let connecting = self.to_proxy.call(at);
            return Box::pin(async move {
                let mut link = connecting.await?;
                match &mut link {
                    MaybeHttpsStream::Http(socket) => socket.leads_to_proxy(),
                    MaybeHttpsStream::Https(tls) => {
                        tls.inner_mut().get_mut().0.inner_mut().leads_to_proxy();
                    }
                }
                Ok(link)
            });
        }
        let mut tunnel = Tunnel::new(at, self.to_proxy.clone());
        if let Some(auth) = proxy.basic_auth() {
            tunnel = tunnel.with_auth(auth.clone());
        }
        Box::pin(async move { Ok(tunnel.call(server).await?) })
    }
}

impl Service<Uri> for Connector {
    type Response = MaybeHttpsStream<Link>;
    type Error = BoxError;
    type Future = Connecting<MaybeHttpsStream<Link>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        match self {
            Self::Local(tcp) => tcp.poll_ready(context),
            Self::Remote(secure) => secure.poll_ready(context),
        }
    }

    fn call(&mut self, server: Uri) -> Self::Future {
        let connecting: Self::Future = match self {
            Self::Local(tcp) => {
                let connecting = tcp.call(server);
                Box::pin(async move { Ok(MaybeHttpsStream::Http(MaybeHttpsStream::Http(connecting.await?))) })
            }
            Self::Remote(secure) => secure.call(server),
        };
        Box::pin(async move {
            let late = |_| io::Error::new(io::ErrorKind::TimedOut, format!("no connection within {CONNECT_TIMEOUT:?}"));
            tokio::time::timeout(CONNECT_TIMEOUT, connecting).await.map_err(late)?
        })
    }
}
