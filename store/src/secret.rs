//! Keys and capabilities as texts: made from random bytes, and known to the store by their hash alone.
//!
//! The hash is plain SHA-256. Slow hashes protect what people choose; these texts have 192 random bits, and nobody can
//! try them all.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand;
use protocol::KeyId;
use serde::{Deserialize, Serialize};

/// How many random bytes a text has.
const BYTES: usize = 24;

/// What a text is for. Its beginning says so, for people and for scanners of repositories.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretKind {
    /// A key of a person or of an application.
    Key,
    /// Access to one game.
    Capability,
    /// Access to the event streams of one game, for a moment.
    Ticket,
}

impl SecretKind {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Key => "se_",
            Self::Capability => "sg_",
            Self::Ticket => "st_",
        }
    }
}

/// A key, a capability or a ticket as its holder has it. It is neither logged nor stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    kind: SecretKind,
    text: String,
}

impl Secret {
    /// A new one; none if the system gives no random bytes.
    #[must_use]
    pub fn generate(kind: SecretKind) -> Option<Self> {
        let mut bytes = [0; BYTES];
        rand::fill(&mut bytes).ok()?;
        Some(Self { kind, text: format!("{}{}", kind.prefix(), hex(&bytes)) })
    }

    /// What it is for.
    #[must_use]
    pub const fn kind(&self) -> SecretKind {
        self.kind
    }

    /// The text, for its holder.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// What the store knows of it.
    #[must_use]
    pub fn hash(&self) -> SecretHash {
        SecretHash::of(&self.text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}…", self.kind.prefix())
    }
}

/// The text is no key and no capability.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "it is not a key: keys begin with `se_`, capabilities with `sg_`, tickets with `st_`, and 48 hexadecimal digits follow"
)]
pub struct NotASecret;

impl FromStr for Secret {
    type Err = NotASecret;

    fn from_str(text: &str) -> Result<Self, NotASecret> {
        let kind = [SecretKind::Key, SecretKind::Capability, SecretKind::Ticket]
            .into_iter()
            .find(|kind| text.strip_prefix(kind.prefix()).is_some_and(|rest| is_hex(rest, 2 * BYTES)));
        Ok(Self { kind: kind.ok_or(NotASecret)?, text: text.to_owned() })
    }
}

/// The SHA-256 of a [`Secret`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SecretHash(String);

impl SecretHash {
    /// The hash of any other text that names somebody.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(hex(digest(&SHA256, text.as_bytes()).as_ref()))
    }

    /// Its beginning, by which it is looked up.
    #[must_use]
    pub fn id(&self) -> KeyId {
        // A hash is made of hexadecimal digits, so its beginning is an id.
        self.0[..16].parse().unwrap_or_else(|_| unreachable!("a hash is hexadecimal"))
    }

    /// Whether both are the same, in a time that does not depend on how much of them is the same.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        verify_slices_are_equal(self.0.as_bytes(), other.0.as_bytes()).is_ok()
    }

    /// Its id alone, which is public, in place of the whole.
    #[must_use]
    pub fn masked(&self) -> Self {
        Self(format!("{}***", &self.0[..16]))
    }

    /// As it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for SecretHash {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let digits = text.strip_prefix("sha256:").unwrap_or(&text);
        if is_hex(digits, 64) {
            Ok(Self(digits.to_owned()))
        } else {
            Err("it is not the hash of a key: write `sha256:` and 64 hexadecimal digits in lower case".to_owned())
        }
    }
}

impl From<SecretHash> for String {
    fn from(hash: SecretHash) -> Self {
        format!("sha256:{}", hash.0)
    }
}

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let nibbles = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    nibbles.map(|nibble| char::from(DIGITS[usize::from(nibble)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_was_made_and_no_two_are_the_same() {
        for kind in [SecretKind::Key, SecretKind::Capability] {
            let (one, other) = (Secret::generate(kind).unwrap(), Secret::generate(kind).unwrap());
            assert_eq!(one.reveal().parse::<Secret>().unwrap(), one);
            assert_eq!(one.hash(), one.reveal().parse::<Secret>().unwrap().hash());
            assert!(!one.hash().is(&other.hash()) && one.hash().is(&one.hash()));
        }
    }

    #[test]
    fn what_is_not_a_key_is_refused_and_a_key_is_not_shown() {
        let key = Secret::generate(SecretKind::Key).unwrap();
        for text in ["", "se_", "hunter2", &key.reveal()[1..], &format!("{}0", key.reveal()), "se_\u{e9}"] {
            assert_eq!(text.parse::<Secret>(), Err(NotASecret), "{text}");
        }
        assert_eq!(format!("{key:?}"), "se_…");
    }

    #[test]
    fn the_hash_is_that_which_other_programs_compute() {
        let key: Secret = format!("se_{}", "0".repeat(48)).parse().unwrap();
        // printf se_000000000000000000000000000000000000000000000000 | sha256sum
        assert_eq!(String::from(key.hash()), format!("sha256:{}", key.hash().as_str()));
        assert_eq!(key.hash().as_str(), EXPECTED);
    }

    const EXPECTED: &str = "fe3612030c929d82eb30b40502d9666b8e27a3b001b0d7b7f23c4759fc49509c";
}
