//! `/v1/keys`, `/v1/session` and a game's capabilities: who may call, and how access to one game is shared.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::schema::Time;
use crate::{GameId, IdError, Priority};

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $max:literal, $pattern:literal, $expected:literal, $allowed:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The name.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let allowed: fn(u8) -> bool = $allowed;
                if (1..=$max).contains(&text.len()) && text.bytes().all(allowed) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(IdError::new(text, $expected))
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({"type": "string", "pattern": $pattern})
            }
        }
    };
}

name! {
    /// An organisation whose games are kept apart from those of others. It has no colon, so that stores can put it before
    /// a user's name.
    Tenant, 64, "^[A-Za-z0-9._-]{1,64}$",
    "a tenant: 1 to 64 letters, digits, `.`, `_` or `-`",
    |byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)
}

name! {
    /// A player, as their tenant names them: a number, an address, anything that is printable ASCII without spaces.
    User, 128, "^[!-~]{1,128}$",
    "a user: 1 to 128 printable ASCII characters without spaces",
    |byte| byte.is_ascii_graphic()
}

name! {
    /// The public name of a key or of a capability: the beginning of its hash. It gives no access.
    KeyId, 16, "^[0-9a-f]{16}$",
    "the id of a key: 16 hexadecimal digits",
    |byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)
}

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Plays the games of one user.
    Player,
    /// An application: acts for all users of its tenant.
    Service,
    /// Reads what operators read.
    Viewer,
    /// Does everything.
    Operator,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Player => "player",
            Self::Service => "service",
            Self::Viewer => "viewer",
            Self::Operator => "operator",
        })
    }
}

/// `POST /v1/keys`: the key that is to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateKey {
    /// What it may do.
    pub role: Role,
    /// Whose games it is for; of a player and a service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<Tenant>,
    /// Who plays with it; of a player.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<User>,
    /// The highest priority that counts for its messages: `normal` for a player and `high` for others when left out. A viewer has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_priority: Option<Priority>,
    /// How long it is valid, in seconds; until it is revoked when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 3_153_600_000_u64))]
    pub expires_in_seconds: Option<u64>,
}

/// A key that was made. The text of the key is shown this once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeyCreated {
    /// The key itself: send it as `Authorization: Bearer …`. It is not stored and cannot be shown again.
    pub key: String,
    /// What is kept of it.
    #[serde(flatten)]
    pub info: KeyInfo,
}

/// A key, without its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeyInfo {
    /// Its name in lists and logs.
    pub id: KeyId,
    /// What it may do.
    pub role: Role,
    /// Whose games it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<Tenant>,
    /// Who plays with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<User>,
    /// The highest priority that counts for its messages; a viewer, who sends none, has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_priority: Option<Priority>,
    /// When it was made.
    #[schemars(with = "Time")]
    pub created_at: Timestamp,
    /// When it ends to be valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Time>")]
    pub expires_at: Option<Timestamp>,
}

/// `GET /v1/keys`: the keys that are stored, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Keys {
    /// All of them, also those that have expired.
    pub keys: Vec<KeyInfo>,
}

/// `POST /v1/session`: exchanges a key for a cookie, for pages in a browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenSession {
    /// The key. One that is empty or too long is as unknown as any other.
    pub key: String,
}

/// What a capability allows in its game.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum GameAccess {
    /// Read the game and follow it.
    Read,
    /// The same, and say or do something in it.
    Play,
}

impl GameAccess {
    /// Its name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Play => "play",
        }
    }
}

/// `POST /v1/gamestate/{id}/capabilities`: the capability that is to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateCapability {
    /// What it allows.
    pub access: GameAccess,
    /// How long it is valid, in seconds; until it is revoked when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 3_153_600_000_u64))]
    pub expires_in_seconds: Option<u64>,
}

/// A capability that was made. Its text is shown this once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CapabilityCreated {
    /// The capability itself: send it as `Authorization: Bearer …`.
    pub capability: String,
    /// What is kept of it.
    #[serde(flatten)]
    pub info: CapabilityInfo,
}

/// A capability, without its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CapabilityInfo {
    /// Its name in lists.
    pub id: KeyId,
    /// What it allows.
    pub access: GameAccess,
    /// When it was made.
    #[schemars(with = "Time")]
    pub created_at: Timestamp,
    /// When it ends to be valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Time>")]
    pub expires_at: Option<Timestamp>,
}

/// `GET /v1/gamestate/{id}/capabilities`: the capabilities that are valid, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Capabilities {
    /// The game.
    pub game_id: GameId,
    /// All of them.
    pub capabilities: Vec<CapabilityInfo>,
}

/// `POST /v1/gamestate/{id}/ticket`: a ticket for one event stream of the game.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ticket {
    /// Open the stream with `?ticket=…`: an `EventSource` cannot set a header.
    pub ticket: String,
    /// Until when a stream can be opened with it.
    #[schemars(with = "Time")]
    pub expires_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_where_they_come_in() {
        for text in ["acme", "Acme-2.eu_1"] {
            assert_eq!(text.parse::<Tenant>().unwrap().as_str(), text);
        }
        for text in ["", "a:b", "a b", "ä", &"x".repeat(65)] {
            assert!(text.parse::<Tenant>().is_err(), "{text}");
        }
        assert_eq!("ada@example.org".parse::<User>().unwrap().as_str(), "ada@example.org");
        for text in ["", "a b", "a\n", "ä", &"x".repeat(129)] {
            assert!(text.parse::<User>().is_err(), "{text}");
        }
    }
}
