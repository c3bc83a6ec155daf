//! How many event streams may be open, in all and for one client.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};
use metrics::{counter, gauge};
use parking_lot::Mutex;
use protocol::{Problem, ProblemType};

use super::Api;

/// The open streams.
#[derive(Debug)]
pub struct StreamLimits {
    max: usize,
    max_per_client: usize,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    total: usize,
    clients: HashMap<Client, usize>,
}

impl StreamLimits {
    /// At most `max` streams, at most `max_per_client` of them for one client.
    #[must_use]
    pub fn new(max: usize, max_per_client: usize) -> Self {
        Self { max, max_per_client, open: Mutex::default() }
    }

    /// Counts a stream for as long as what comes back is held.
    pub(super) fn open(self: &Arc<Self>, client: Client) -> Result<OpenStream, Problem> {
        let mut open = self.open.lock();
        let refuse = |whose: &str, max: usize, key: &str| {
            counter!("story_engine_event_streams_refused_total").increment(1);
            let detail =
                format!("{whose} {max} event streams open, as many as `sse.{key}` allows: close one, or come back");
            Err(Problem::new(ProblemType::TooManyStreams, detail))
        };
        if open.total >= self.max {
            return refuse("the server has", self.max, "max_streams");
        }
        let of_client = open.clients.entry(client).or_default();
        if *of_client >= self.max_per_client {
            return refuse("this client has", self.max_per_client, "max_streams_per_client");
        }
        *of_client += 1;
        open.total += 1;
        gauge!("story_engine_event_streams").increment(1);
        Ok(OpenStream { limits: Arc::clone(self), client })
    }
}

/// One stream that counts.
#[derive(Debug)]
pub(super) struct OpenStream {
    limits: Arc<StreamLimits>,
    client: Client,
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        let mut open = self.limits.open.lock();
        open.total -= 1;
        if let Some(of_client) = open.clients.get_mut(&self.client) {
            *of_client -= 1;
            if *of_client == 0 {
                open.clients.remove(&self.client);
            }
        }
        gauge!("story_engine_event_streams").decrement(1);
    }
}

/// Whose stream it is: an address, or for IPv6 the network that one customer is given (a /64).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Client(IpAddr);

impl From<IpAddr> for Client {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => {
                let network = u128::from(address) >> 64 << 64;
                Ipv6Addr::from(network).into()
            }
            address @ IpAddr::V4(_) => address,
        })
    }
}

impl FromRequestParts<Api> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Infallible> {
        let address = address(&parts.headers, &parts.extensions, api.trusted_proxies);
        // Only a server without connections, as in a test, knows no peer.
        Ok(address.unwrap_or_else(|| Ipv6Addr::UNSPECIFIED.into()).into())
    }
}

/// Where a request comes from: what the trusted proxies say, or the peer.
pub(super) fn address(headers: &HeaderMap, extensions: &Extensions, trusted_proxies: usize) -> Option<IpAddr> {
    let peer = || extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    forwarded(headers, trusted_proxies).or_else(peer)
}

/// The address that the outermost trusted proxy saw: each appends the one that it was called from.
fn forwarded(headers: &HeaderMap, trusted_proxies: usize) -> Option<IpAddr> {
    let entries: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    let at = entries.len().checked_sub(trusted_proxies).filter(|_| trusted_proxies > 0)?;
    entries[at].trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(address: &str) -> Client {
        address.parse::<IpAddr>().unwrap().into()
    }

    #[test]
    fn a_client_has_its_own_limit_within_the_servers() {
        let limits = Arc::new(StreamLimits::new(3, 2));
        let (a, b) = (client("10.0.0.1"), client("10.0.0.2"));
        let _first = limits.open(a).unwrap();
        let second = limits.open(a).unwrap();
        assert!(limits.open(a).unwrap_err().detail.contains("max_streams_per_client"));
        let _third = limits.open(b).unwrap();
        assert!(limits.open(b).unwrap_err().detail.contains("max_streams"));
        drop(second);
        limits.open(a).unwrap();
    }

    #[test]
    fn clients_that_have_left_are_forgotten() {
        let limits = Arc::new(StreamLimits::new(3, 2));
        drop(limits.open(client("10.0.0.1")).unwrap());
        assert_eq!(limits.open.lock().clients.len(), 0);
    }

    #[test]
    fn a_customers_ipv6_network_is_one_client() {
        assert_eq!(client("2001:db8::1"), client("2001:db8::ffff:2"));
        assert_ne!(client("2001:db8::1"), client("2001:db8:0:1::1"));
        assert_eq!(client("::ffff:10.0.0.1"), client("10.0.0.1"));
    }

    #[test]
    fn only_what_a_trusted_proxy_has_added_is_believed() {
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", "1.1.1.1, 2.2.2.2".parse().unwrap());
        headers.append("x-forwarded-for", "3.3.3.3".parse().unwrap());
        let seen = |trusted| forwarded(&headers, trusted).map(|address| address.to_string());
        assert_eq!(seen(0), None);
        assert_eq!(seen(1).as_deref(), Some("3.3.3.3"));
        assert_eq!(seen(2).as_deref(), Some("2.2.2.2"));
        assert_eq!(seen(4), None);
    }
}
