//! Whose pages may call the API from a browser.

use std::str::FromStr;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Method, header};
use serde::{Deserialize, Serialize};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// How long a browser may remember what it was allowed.
const REMEMBERED: Duration = Duration::from_hours(1);

/// The origins of pages that may call: none but the engine's own, those that are named, or any.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Origins(Vec<Origin>);

/// `scheme://host[:port]`, or `*` for any.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Origin(String);

impl FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_origin = text.split_once("://").is_some_and(|(scheme, host)| {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-.:[]+".contains(c);
            !scheme.is_empty() && !host.is_empty() && scheme.chars().chain(host.chars()).all(plain)
        });
        if text == "*" || is_origin {
            // A browser writes it in small letters, and compares to the letter.
            return Ok(Self(text.to_ascii_lowercase()));
        }
        Err(format!("`{text}` is not an origin: write `https://host`, with a port if it is not the usual one, or `*`"))
    }
}

impl TryFrom<String> for Origin {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> Self {
        origin.0
    }
}

/// Answers preflights, and lets pages of these origins read the answers. Cookies play no part in this API.
pub(super) fn layer(origins: &Origins) -> CorsLayer {
    let allowed = if origins.0.iter().any(|origin| origin.0 == "*") {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(origins.0.iter().filter_map(|origin| HeaderValue::from_str(&origin.0).ok()))
    };
    let own = HeaderName::from_static;
    CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([Method::GET, Method::POST, Method::PATCH, Method::DELETE])
        .allow_headers([header::CONTENT_TYPE, header::IF_MATCH, own("idempotency-key"), own("last-event-id")])
        .expose_headers([header::ETAG, header::LOCATION, header::RETRY_AFTER])
        .max_age(REMEMBERED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_a_scheme_and_a_host() {
        for text in ["*", "https://play.example", "http://localhost:5173", "HTTP://[::1]:80"] {
            assert!(text.parse::<Origin>().is_ok(), "{text}");
        }
        for text in ["", "play.example", "https://", "https://host/path", "https://a, https://b", "null"] {
            let error = text.parse::<Origin>().unwrap_err();
            assert!(error.starts_with(&format!("`{text}` is not an origin")), "{error}");
        }
    }
}
