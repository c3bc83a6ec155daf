//! HTTP clients for servers that the configuration names.

use std::net::IpAddr;

use reqwest::{Client, ClientBuilder, Url};

/// Whether a URL names this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(ip) => ip.is_loopback(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

/// A client for the server of a URL.
pub(crate) fn client_for(url: &Url) -> ClientBuilder {
    // A proxy is between this machine and others; it cannot reach what listens here.
    let client = if is_loopback(url) { Client::builder().no_proxy() } else { Client::builder() };
    // Reading the machine's certificates takes longer than the rest of a start, and fails where there are none. A proxy may ask for
    // them, so only a server of this machine does without.
    if is_loopback(url) && url.scheme() != "https" { client.tls_certs_only(std::iter::empty()) } else { client }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_known_by_its_addresses_and_names() {
        let is = |url: &str| is_loopback(&url.parse().unwrap());
        for url in
            ["http://localhost:1", "http://a.localhost", "https://127.0.0.1", "http://[::1]:4318", "http://127.9.9.9"]
        {
            assert!(is(url), "{url}");
        }
        for url in ["http://localhost.example", "http://10.0.0.1", "https://[2001:db8::1]", "file:///etc/keys.json"] {
            assert!(!is(url), "{url}");
        }
    }
}
