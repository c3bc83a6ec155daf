//! Who may call and whose a game is, as the store keeps it: keys, owners and capabilities.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use protocol::{GameAccess, GameId, KeyId, Priority, RequestId, Role, Tenant, User};
use serde::{Deserialize, Serialize};

use crate::secret::SecretHash;

/// Who holds a key, and so what it may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "lowercase")]
pub enum Holder {
    /// One user of a tenant.
    Player {
        /// The tenant.
        tenant: Tenant,
        /// The user.
        user: User,
    },
    /// An application that acts for the users of its tenant.
    Service {
        /// The tenant.
        tenant: Tenant,
    },
    /// Somebody who watches the deployment.
    Viewer,
    /// Somebody who may do everything.
    Operator,
}

impl Holder {
    /// The holder of a role; what is missing or too much is named.
    pub fn new(role: Role, tenant: Option<Tenant>, user: Option<User>) -> Result<Self, HolderError> {
        match (role, tenant, user) {
            (Role::Player, Some(tenant), Some(user)) => Ok(Self::Player { tenant, user }),
            (Role::Service, Some(tenant), None) => Ok(Self::Service { tenant }),
            (Role::Viewer, None, None) => Ok(Self::Viewer),
            (Role::Operator, None, None) => Ok(Self::Operator),
            (Role::Player | Role::Service, None, _) => Err(HolderError::NoTenant(role)),
            (Role::Player, _, None) => Err(HolderError::NoUser),
            (Role::Viewer | Role::Operator, Some(_), _) => Err(HolderError::Tenant(role)),
            (_, _, Some(_)) => Err(HolderError::User(role)),
        }
    }

    /// What the holder may do.
    #[must_use]
    pub const fn role(&self) -> Role {
        match self {
            Self::Player { .. } => Role::Player,
            Self::Service { .. } => Role::Service,
            Self::Viewer => Role::Viewer,
            Self::Operator => Role::Operator,
        }
    }

    /// Whose games the key is for.
    #[must_use]
    pub const fn tenant(&self) -> Option<&Tenant> {
        match self {
            Self::Player { tenant, .. } | Self::Service { tenant } => Some(tenant),
            Self::Viewer | Self::Operator => None,
        }
    }

    /// Who plays with the key.
    #[must_use]
    pub const fn user(&self) -> Option<&User> {
        if let Self::Player { user, .. } = self { Some(user) } else { None }
    }
}

/// The role does not go with the tenant and the user that are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HolderError {
    /// The role needs a tenant.
    #[error("the role `{0}` needs a tenant")]
    NoTenant(Role),
    /// The role needs a user.
    #[error("the role `player` needs a user")]
    NoUser,
    /// The role has no tenant.
    #[error("the role `{0}` is for the whole deployment: leave the tenant out")]
    Tenant(Role),
    /// The role has no user.
    #[error("the role `{0}` belongs to no single user: leave the user out")]
    User(Role),
    /// The role has no priority.
    #[error("the role `viewer` sends no messages: leave the highest priority out")]
    Priority,
}

/// What a key gives: who its holder is, and how urgent their messages may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyGrants {
    /// Who holds it.
    #[serde(flatten)]
    pub holder: Holder,
    /// The highest priority that counts, if it is another one than that of the role. An earlier release skips it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_priority: Option<Priority>,
}

impl KeyGrants {
    /// What a key gives with this cap, or with that of its role.
    pub fn new(holder: Holder, max_priority: Option<Priority>) -> Result<Self, HolderError> {
        match (&holder, max_priority) {
            (Holder::Viewer, Some(_)) => Err(HolderError::Priority),
            _ => Ok(Self { holder, max_priority }),
        }
    }

    /// The highest priority that counts for the holder's messages.
    #[must_use]
    pub const fn max_priority(&self) -> Priority {
        match (self.max_priority, &self.holder) {
            (Some(priority), _) => priority,
            (None, Holder::Player { .. } | Holder::Viewer) => Priority::Normal,
            (None, Holder::Service { .. } | Holder::Operator) => Priority::High,
        }
    }
}

impl From<Holder> for KeyGrants {
    fn from(holder: Holder) -> Self {
        Self { holder, max_priority: None }
    }
}

/// A key that is to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    /// The hash of its text.
    pub hash: SecretHash,
    /// What it gives.
    pub grants: KeyGrants,
    /// How long it is valid; until it is deleted when not set.
    pub expires_in: Option<Duration>,
}

/// A key or a capability as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored<T> {
    /// The hash of its text.
    pub hash: SecretHash,
    /// Who holds the key, or what the capability allows.
    pub grants: T,
    /// When it was stored.
    pub created_at: Timestamp,
    /// When it ends to be valid.
    pub expires_at: Option<Timestamp>,
}

impl<T> Stored<T> {
    /// Its public name.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.hash.id()
    }

    /// Whether it is valid at a time of the store.
    pub(super) fn is_valid(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| end > now)
    }
}

/// A key as it is stored.
pub type StoredKey = Stored<KeyGrants>;
/// A capability as it is stored.
pub type StoredCapability = Stored<GameAccess>;

/// The outcome of storing a key or a capability.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddOutcome<T> {
    /// It is stored, by this try of the step or an earlier one.
    Done(T),
    /// There are as many as there may be.
    Full,
    /// No such game.
    UnknownGame,
}

/// Whose a game is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The tenant.
    pub tenant: Tenant,
    /// The user, unless the game is the tenant's own.
    pub user: Option<User>,
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.user {
            Some(user) => write!(f, "{}:{user}", self.tenant),
            None => write!(f, "{}", self.tenant),
        }
    }
}

/// The games that a list is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GamesOf {
    /// Every game.
    Everybody,
    /// The games of a tenant, with those of its users.
    Tenant(Tenant),
    /// The games of one user.
    User(Tenant, User),
}

/// A place in a list of games: behind the game that was changed then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GamesCursor {
    /// When the last game of the page before was changed.
    pub updated_at: Timestamp,
    /// That game.
    pub id: GameId,
}

impl fmt::Display for GamesCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.updated_at.as_millisecond(), self.id)
    }
}

/// The text is no [`GamesCursor`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the `next` of a page of games")]
pub struct GamesCursorError(String);

impl FromStr for GamesCursor {
    type Err = GamesCursorError;

    fn from_str(text: &str) -> Result<Self, GamesCursorError> {
        let parse = || {
            let (changed, id) = text.split_once('_')?;
            Some(Self { updated_at: Timestamp::from_millisecond(changed.parse().ok()?).ok()?, id: id.parse().ok()? })
        };
        parse().ok_or_else(|| GamesCursorError(text.to_owned()))
    }
}

/// What a call is about: a game, or a request of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A game.
    Game(GameId),
    /// A request, and so the game that it belongs to.
    Request(RequestId),
}

/// Who may use a game.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The game.
    pub game: GameId,
    /// Whose it is; nobody's if it was created without keys.
    pub owner: Option<Owner>,
    /// What the capability that was shown allows, if it is one of this game and valid.
    pub capability: Option<GameAccess>,
}

/// A capability that is to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCapability {
    /// The hash of its text.
    pub hash: SecretHash,
    /// What it allows.
    pub access: GameAccess,
    /// How long it is valid; until it is deleted when not set.
    pub expires_in: Option<Duration>,
}
