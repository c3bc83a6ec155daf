//! Who makes a change, in the words in which it is written down.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::caller::Caller;

/// Who makes a change. As an extension of a request it is a local command. `key 0f3a… (operator)`, `local command (ada)`. It holds no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Actor(pub(crate) String);

impl Actor {
    /// A command that works on the store itself: anyone who may open the store may run it.
    pub(crate) fn local_command() -> Self {
        let user = ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok()).filter(|name| !name.is_empty());
        Self(user.map_or_else(|| "local command".to_owned(), |user| format!("local command ({user})")))
    }

    fn of(caller: &Caller) -> Self {
        Self(match caller {
            Caller::Holder { holder, id, .. } => format!("key {id} ({})", holder.role()),
            Caller::Capability(hash) | Caller::Ticket(hash) => format!("capability {}", hash.id()),
            Caller::Anyone | Caller::Nobody => "a caller without a key".to_owned(),
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Actor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        if let Some(named) = parts.extensions.get::<Self>() {
            return Ok(named.clone());
        }
        Ok(Self::of(parts.extensions.get::<Caller>().unwrap_or(&Caller::Nobody)))
    }
}
