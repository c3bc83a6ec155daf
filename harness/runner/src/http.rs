//! One HTTP client for all that the harness calls itself.

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

/// How long it may take to connect.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// A client that reaches what runs on this machine: no proxy, and a time-out to connect. Requests set their own limits.
pub fn client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder().no_proxy().connect_timeout(CONNECT_LIMIT).build()
}

/// The same, with headers that every request sends unless it has its own. What is not `encrypted` needs no certificates: reading those of the
/// system costs more than a short case.
pub(crate) fn client_with(
    headers: &BTreeMap<String, String>,
    encrypted: bool,
) -> Result<reqwest::Client, Box<dyn Error>> {
    let mut defaults = HeaderMap::new();
    for (name, value) in headers {
        defaults.insert(name.parse::<HeaderName>()?, value.parse::<HeaderValue>()?);
    }
    let builder = reqwest::Client::builder().no_proxy().connect_timeout(CONNECT_LIMIT);
    let builder = if encrypted { builder } else { builder.tls_certs_only([]) };
    Ok(builder.default_headers(defaults).build()?)
}

/// What lies at the bottom of an error: "connection refused" instead of "error sending request".
#[must_use]
pub fn innermost(error: &dyn Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
