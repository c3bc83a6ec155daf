//! A tenant or one of its users, and what the deployment keeps of them.

use std::fmt;

use protocol::{GameId, KeyInfo, Keys, Tenant, User, path};
use store::Owner;

use super::{OperateError, Places};
use crate::operate::listing::{self, Listing};

/// A tenant, or one of its users.
#[derive(Debug, Clone)]
pub(super) struct Whose {
    pub(super) tenant: Tenant,
    pub(super) user: Option<User>,
}

impl fmt::Display for Whose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.user {
            Some(user) => write!(f, "the user {user} of {}", self.tenant),
            None => write!(f, "{}", self.tenant),
        }
    }
}

impl Whose {
    pub(super) fn owns(&self, tenant: Option<&Tenant>, user: Option<&User>) -> bool {
        tenant == Some(&self.tenant) && self.user.as_ref().is_none_or(|own| user == Some(own))
    }

    /// Their games in the store.
    pub(super) async fn games(&self, places: &Places) -> Result<Listing, OperateError> {
        // A name may have characters that mean something in an address.
        let user = self.user.as_ref().map(|user| ("user", user.as_str()));
        let asked = [("tenant", self.tenant.as_str())].into_iter().chain(user);
        let of = url::Url::parse_with_params("http://localhost/", asked).ok();
        let of = of.as_ref().and_then(url::Url::query).unwrap_or_default().to_owned();
        listing::games(&places.games, &format!("&{of}")).await
    }

    /// Their games in the archive.
    pub(super) async fn archived(&self, places: &Places) -> Result<Vec<GameId>, OperateError> {
        let Some(archive) = &places.archive else { return Ok(Vec::new()) };
        let owned = archive.owned_by(|owner: &Owner| self.owns(Some(&owner.tenant), owner.user.as_ref())).await?;
        Ok(owned.into_iter().map(|game| game.id).collect())
    }

    /// Their keys in the store.
    pub(super) async fn keys(&self, places: &Places) -> Result<Vec<KeyInfo>, OperateError> {
        let Keys { mut keys } = places.operators.get(path::KEYS).await?;
        keys.retain(|key| self.owns(key.tenant.as_ref(), key.user.as_ref()));
        Ok(keys)
    }
}
