//! What no reader may see of an error, operators included: keys, accounts and addresses with credentials. Vendors repeat them, and
//! dead letters, logs and tickets are kept for long.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::ModelError;
use crate::config::ProviderConfig;

/// A shorter value is not searched for: it would be found in words.
const SHORTEST: usize = 6;

const HIDDEN: &str = "***";

/// What the engine itself sends, and no text may hold.
pub(super) struct Secrets(Vec<String>);

impl Secrets {
    /// The key, and what the configuration sends in headers and queries, where it is named as a secret or kept in a variable.
    pub(super) fn of(config: &ProviderConfig, key: Option<String>, headers: &[(String, String)]) -> Self {
        let is_secret = |name: &str| {
            let name = name.to_ascii_lowercase();
            config.extra_headers.get(&name).is_some_and(|value| value.starts_with('$'))
                || ["key", "token", "auth", "secret", "cookie"].iter().any(|word| name.contains(word))
        };
        let sent = headers.iter().map(|(name, value)| (name, value)).chain(&config.query);
        let sent = sent.filter(|(name, _)| is_secret(name)).map(|(_, value)| value.clone());
        Self::new(key.into_iter().chain(sent))
    }

    fn new(values: impl IntoIterator<Item = String>) -> Self {
        let mut values: Vec<_> = values.into_iter().filter(|value| value.len() >= SHORTEST).collect();
        // A value that holds another one is hidden as a whole.
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        Self(values)
    }

    /// The same error without secrets.
    pub(super) fn hide_in(&self, mut error: ModelError) -> ModelError {
        for text in std::iter::once(&mut error.detail).chain(&mut error.causes) {
            *text = self.hide(text);
        }
        error
    }

    fn hide(&self, text: &str) -> String {
        let text = self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret, HIDDEN));
        // Both patterns are constants, and a test shows that they are valid.
        let Some(ids) = IDS.as_ref() else { return HIDDEN.to_owned() };
        // Most errors have no address with credentials, and a process that compiles the pattern needs half a megabyte for it.
        let text = if text.contains('@') {
            let Some(credentials) = CREDENTIALS.as_ref() else { return HIDDEN.to_owned() };
            credentials.replace_all(&text, "$scheme***@")
        } else {
            text.into()
        };
        // A word with such a beginning is only an id if it has a digit, or stars where the vendor has hidden a part.
        let hide = |found: &Captures<'_>| match &found[2] {
            id if id.contains(|c: char| c.is_ascii_digit() || c == '*') => format!("{}{HIDDEN}", &found[1]),
            _ => found[0].to_owned(),
        };
        ids.replace_all(&text, hide).into_owned()
    }
}

/// User and password in an address.
static CREDENTIALS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?P<scheme>\b[a-z][a-z0-9+.-]*://)[^/\s@]+@").ok());

/// Keys, organisations, projects and accounts, as vendors begin them.
static IDS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let beginnings = "sk|pk|rk|gsk|xai|hf|r8|nvapi|org|proj|project|acct|account|team|user|key";
    let id = r"[A-Za-z0-9*_-]{6,}(?:\.[A-Za-z0-9*_-]+)*";
    Regex::new(&format!(r"(?i-u)\b((?:{beginnings})[-_]|bearer\s+|AIza)({id})")).ok()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_accounts_and_credentials_are_hidden_and_the_rest_is_left() {
        let secrets = Secrets::new(["my own key".to_owned(), "abc".to_owned()]);
        for (text, expected) in [
            ("Incorrect API key provided: sk-pro*****9xyz.", "Incorrect API key provided: sk-***."),
            (
                "Rate limit reached in organization org-abCd1234EfGh on tokens",
                "Rate limit reached in organization org-*** on tokens",
            ),
            ("The project `proj_a1b2c3d4` has no access", "The project `proj_***` has no access"),
            ("key AIzaSyA1234567890 is not valid", "key AIza*** is not valid"),
            ("cannot reach http://me:hunter2@gpu.lan:8000/v1", "cannot reach http://***@gpu.lan:8000/v1"),
            ("sent my own key and abc", "sent *** and abc"),
            ("Authorization: Bearer eyJ0eXAi1.x", "Authorization: Bearer ***"),
            (
                "model `org-chart` is unknown, user supplied nothing",
                "model `org-chart` is unknown, user supplied nothing",
            ),
            (
                "see https://example.com/docs@v2 for account settings",
                "see https://example.com/docs@v2 for account settings",
            ),
        ] {
            assert_eq!(secrets.hide(text), expected);
        }
    }
}
