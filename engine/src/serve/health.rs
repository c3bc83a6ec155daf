//! `engine health`: asks a running process how it is, for a container's health check.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::{Role, ServeError};
use crate::config::{AdminListen, Config};
use crate::root_cause::root_cause;

/// How long the process may take to answer. One that is frozen does not answer at all.
const TIME_LIMIT: Duration = Duration::from_secs(3);

/// Asks the process of this configuration at its operators' port: an API whether it is ready, a worker whether it works. A
/// worker whose store is away works: it goes on by itself, and a restart would gain nothing.
pub async fn health(config: &Config, role: Role) -> Result<(), ServeError> {
    let AdminListen::At(address) = config.admin_listen else { return Err(ServeError::NothingToAsk) };
    let path = if role == Role::Worker { "/livez" } else { "/readyz" };
    let url = format!("http://{}{path}", reachable(address));
    let silent = |error: &reqwest::Error| ServeError::Silent { url: url.clone(), reason: root_cause(error) };
    let client = plain_client().timeout(TIME_LIMIT).build().map_err(|error| silent(&error))?;
    let response = client.get(&url).send().await.map_err(|error| silent(&error))?;
    let status = response.status();
    if status.is_success() {
        return Ok(());
    }
    let body = response.text().await.unwrap_or_default();
    Err(ServeError::Unhealthy { url, status, body })
}

/// A client for what listens on this machine without TLS: past any proxy, and without reading certificates, which takes most of
/// the time of a command and fails where there are none.
pub(crate) fn plain_client() -> reqwest::ClientBuilder {
    reqwest::Client::builder().no_proxy().tls_certs_only(std::iter::empty())
}

/// The address under which this machine reaches a process that listens on all of them.
pub(crate) fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = if listen.ip().is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { listen.ip() };
    SocketAddr::new(ip, listen.port())
}
