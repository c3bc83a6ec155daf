//! One HTTP client for all that the harness calls itself.

use std::error::Error;
use std::time::Duration;

/// A client that reaches what runs on this machine: no proxy, and a time-out to connect. Requests set their own limits.
pub fn client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder().no_proxy().connect_timeout(Duration::from_secs(5)).build()
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
