//! Where a call comes from.

use std::convert::Infallible;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};

use super::Api;

/// Whose stream it is: an address, or for IPv6 the network that one customer is given (a /64).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Client(pub(super) IpAddr);

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

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
    // A caller may send bytes that are no text before what a proxy appends to the same line: that stays an entry all the same.
    let lines = headers.get_all("x-forwarded-for").iter().map(|line| String::from_utf8_lossy(line.as_bytes()));
    let lines: Vec<_> = lines.collect();
    let entries: Vec<&str> = lines.iter().flat_map(|line| line.split(',')).collect();
    let at = entries.len().checked_sub(trusted_proxies).filter(|_| trusted_proxies > 0)?;
    parsed(entries[at].trim())
}

/// An address, as proxies write it: some with a port, and IPv6 in brackets then.
fn parsed(entry: &str) -> Option<IpAddr> {
    let alone = || entry.strip_prefix('[').and_then(|entry| entry.strip_suffix(']')).unwrap_or(entry).parse().ok();
    entry.parse().ok().map(|with_port: SocketAddr| with_port.ip()).or_else(alone)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn client(address: &str) -> Client {
        address.parse::<IpAddr>().unwrap().into()
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

    #[test]
    fn an_entry_may_have_a_port_and_stand_behind_what_is_no_text() {
        let seen = |line: &[u8]| {
            let mut headers = HeaderMap::new();
            headers.append("x-forwarded-for", HeaderValue::from_bytes(line).unwrap());
            forwarded(&headers, 1).map(|address| address.to_string())
        };
        for (line, expected) in [
            (&b"1.1.1.1:8080"[..], Some("1.1.1.1")),
            (b"[2001:db8::1]:443", Some("2001:db8::1")),
            (b"[2001:db8::1]", Some("2001:db8::1")),
            (b"\xff, 1.1.1.1", Some("1.1.1.1")),
            (b"1.1.1.1:port", None),
            (b"nobody", None),
        ] {
            assert_eq!(seen(line).as_deref(), expected);
        }
    }
}
