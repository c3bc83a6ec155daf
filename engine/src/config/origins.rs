//! Whose pages may call the API from a browser, as an operator writes it.

use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The origins of pages that may call: none but the engine's own, those that are named, or any.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Origins(Vec<Origin>);

impl Origins {
    /// Whether every page may call.
    #[must_use]
    pub(crate) fn allow_any(&self) -> bool {
        self.0.iter().any(|origin| origin.0 == "*")
    }

    /// The origins as browsers write them in the header `Origin`.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|origin| origin.0.as_str())
    }
}

/// `scheme://host[:port]`, or `*` for any.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
            // Browsers write origins in lower case, and compare them byte by byte.
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
