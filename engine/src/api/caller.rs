//! Who calls: read from the header `Authorization`, from a page's cookie or from an event stream's ticket.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri, header};
use protocol::{GameId, KeyId, Priority, Problem, ProblemType, User};
use store::secret::{Secret, SecretHash, SecretKind};
use store::{GamesOf, Holder, KeyGrants, Owner, SharedStore, StoreError, Subject};
use tokio::time::{Instant, timeout};

use super::confirmed::{Confirmed, PATIENCE};
use super::error::{ApiError, unauthorized};
use super::jwt::{Identity, IdentityProvider, Validity};
use super::pace::Pace;

/// The cookie that holds a page's key.
pub(super) const COOKIE: &str = "story_engine_key";
/// The header in which an application says for which of its users it acts.
pub(super) const ACTS_FOR: &str = "x-user";

/// Whether callers need keys, the keys of the configuration, and whose tokens are as good as keys.
#[derive(Debug, Clone, Default)]
pub struct Auth {
    configured: Option<Arc<HashMap<KeyId, (SecretHash, KeyGrants)>>>,
    identities: Option<Arc<IdentityProvider>>,
    confirmed: Arc<Confirmed>,
    /// Whether a key of somebody who watches is believed for a time when the store cannot say.
    outlives_store: bool,
}

impl Auth {
    /// Nobody needs a key.
    #[must_use]
    pub fn open() -> Self {
        Self::default()
    }

    /// Every caller needs a key: one of these, or one that is stored.
    #[must_use]
    pub fn keys<T: Into<KeyGrants>>(configured: impl IntoIterator<Item = (SecretHash, T)>) -> Self {
        let configured = configured.into_iter().map(|(hash, grants)| (hash.id(), (hash, grants.into()))).collect();
        Self { configured: Some(Arc::new(configured)), ..Self::default() }
    }

    /// And tokens of this identity provider are valid too.
    #[must_use]
    pub(crate) fn with_identities(self, provider: IdentityProvider) -> Self {
        Self { identities: Some(Arc::new(provider)), ..self }
    }

    /// The same for scrapes: who watches must see that the store is away, also with a key that is stored there. All that such a key opens in this way is
    /// figures of the process.
    #[must_use]
    pub(super) fn that_outlives_the_store(self) -> Self {
        Self { outlives_store: true, ..self }
    }

    /// Whose a token is.
    pub(super) async fn identity(&self, token: &str) -> Result<Identity, Problem> {
        match &self.identities {
            Some(provider) => provider.identity(token).await,
            None => Err(not_a_key()),
        }
    }

    /// Whether the key of a token is withdrawn.
    async fn is_withdrawn(&self, valid: &Validity) -> bool {
        let Some(provider) = &self.identities else { return true };
        provider.is_withdrawn(valid).await
    }

    /// Whether callers need keys.
    #[must_use]
    pub const fn asks(&self) -> bool {
        self.configured.is_some()
    }

    /// What a key gives, and its id if it can be revoked. A key that is stored is looked up in every call, so that one which is
    /// revoked is refused at once.
    pub(super) async fn grants(
        &self,
        store: &SharedStore,
        key: &Secret,
    ) -> Result<Option<(KeyGrants, Option<KeyId>)>, ApiError> {
        let hash = key.hash();
        let configured = self.configured.as_ref().and_then(|keys| keys.get(&hash.id()));
        if let Some((_, grants)) = configured.filter(|(kept, _)| kept.is(&hash)) {
            return Ok(Some((grants.clone(), None)));
        }
        let id = hash.id();
        let known = if self.outlives_store { self.confirmed.find(&hash) } else { None };
        let stored = match known {
            None => store.key(&id).await?,
            Some(grants) => match timeout(PATIENCE, store.key(&id)).await {
                Err(_) | Ok(Err(StoreError::Unavailable { .. })) => return Ok(Some((grants, Some(id)))),
                Ok(answer) => answer?,
            },
        };
        let grants = stored.filter(|stored| stored.hash.is(&hash)).map(|stored| stored.grants);
        self.confirmed.note(&hash, grants.as_ref());
        Ok(grants.map(|grants| (grants, Some(id))))
    }
}

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Caller {
    /// Anybody: the server asks for no keys.
    Anyone,
    /// Somebody without a key.
    Nobody,
    /// The holder of a key.
    Holder {
        holder: Holder,
        /// The key's public name.
        id: KeyId,
        /// The same, if it is one that can be revoked.
        key: Option<KeyId>,
        /// How long the token is valid that was sent in place of a key.
        token: Option<Validity>,
        /// The user for whom an application acts in this call.
        acts_for: Option<User>,
        /// The highest priority that counts for its messages.
        max_priority: Priority,
    },
    /// Somebody with a capability. What it allows is found out together with the game that the call is about.
    Capability(SecretHash),
    /// The same, as the ticket of an event stream.
    Ticket(SecretHash),
}

impl Caller {
    /// Finds out who calls. A key that is not valid is an error; none at all is [`Caller::Nobody`].
    pub(super) async fn of(
        auth: &Auth,
        store: &SharedStore,
        headers: &HeaderMap,
        ticket: Option<&str>,
    ) -> Result<Self, ApiError> {
        if !auth.asks() {
            return Ok(Self::Anyone);
        }
        let secret = match shown(headers, ticket)? {
            None => return Ok(Self::Nobody),
            Some(Shown::Secret(secret)) => secret,
            Some(Shown::Token(token)) => {
                let Identity { holder, valid } = auth.identity(token).await?;
                let id = SecretHash::of(&format!("{:?} {:?}", holder.tenant(), holder.user())).id();
                let max_priority = KeyGrants::from(holder.clone()).max_priority();
                return Ok(Self::Holder { holder, id, key: None, token: Some(valid), acts_for: None, max_priority });
            }
        };
        match secret.kind() {
            SecretKind::Ticket => return Ok(Self::Ticket(secret.hash())),
            SecretKind::Capability => return Ok(Self::Capability(secret.hash())),
            SecretKind::Key => {}
        }
        let grants = auth.grants(store, &secret).await?;
        let (grants, key) = grants.ok_or_else(|| unauthorized("the key is unknown, was revoked or has expired"))?;
        let (max_priority, holder) = (grants.max_priority(), grants.holder);
        let acts_for = if let Holder::Service { .. } = holder { acts_for(headers)? } else { None };
        Ok(Self::Holder { holder, id: secret.hash().id(), key, token: None, acts_for, max_priority })
    }

    /// The capability that the caller shows.
    pub(super) const fn shows(&self) -> Option<&SecretHash> {
        if let Self::Capability(hash) | Self::Ticket(hash) = self { Some(hash) } else { None }
    }

    /// Returns when the caller may follow a game no longer: nothing announces that a key was revoked or withdrawn, so it is asked for.
    pub(super) async fn until_refused(self, auth: Auth, store: SharedStore, game: GameId, pace: Pace) {
        if let Self::Ticket(_) = self {
            // The ticket itself has expired long before.
            return tokio::time::sleep(pace.ticket).await;
        }
        let ends = if let Self::Holder { token: Some(valid), .. } = &self { Some(valid.ends) } else { None };
        loop {
            let next = Instant::now() + pace.keepalive;
            tokio::time::sleep_until(ends.map_or(next, |ends| next.min(ends))).await;
            if ends.is_some_and(|ends| ends <= Instant::now()) {
                return;
            }
            let is_refused = match &self {
                Self::Holder { token: Some(valid), .. } => auth.is_withdrawn(valid).await,
                Self::Holder { key: Some(key), .. } => matches!(store.key(key).await, Ok(None)),
                Self::Capability(hash) => {
                    let access = store.access(Subject::Game(game), Some(hash)).await;
                    access.is_ok_and(|access| access.is_none_or(|access| access.capability.is_none()))
                }
                _ => std::future::pending().await,
            };
            if is_refused {
                return;
            }
        }
    }

    /// Whether the caller may see what is hidden from players: variables, conditions, other rooms, what the model proposed.
    pub(super) const fn sees_hidden(&self) -> bool {
        match self {
            Self::Anyone => true,
            Self::Holder { holder, .. } => matches!(holder, Holder::Service { .. } | Holder::Operator),
            Self::Nobody | Self::Capability(_) | Self::Ticket(_) => false,
        }
    }

    /// Whether the caller may choose the id of an imported game. Statuses and keys of a game that was deleted are kept for a time under its id, so a caller who
    /// takes the id could read them.
    pub(super) const fn may_keep_ids(&self) -> bool {
        matches!(self, Self::Anyone | Self::Holder { holder: Holder::Operator, .. })
    }

    /// The priority that counts for a message of this caller who asks for another one. A guest with a capability is as a player.
    pub(super) fn priority(&self, asked: Priority) -> Priority {
        asked.min(match self {
            Self::Anyone => Priority::High,
            Self::Holder { max_priority, .. } => *max_priority,
            Self::Nobody | Self::Capability(_) | Self::Ticket(_) => Priority::Normal,
        })
    }

    /// The games that this caller lists: what [`super::rights`] would let it see.
    pub(super) fn games(&self) -> GamesOf {
        match self {
            Self::Holder { holder: Holder::Player { tenant, user }, .. }
            | Self::Holder { holder: Holder::Service { tenant }, acts_for: Some(user), .. } => {
                GamesOf::User(tenant.clone(), user.clone())
            }
            Self::Holder { holder: Holder::Service { tenant }, acts_for: None, .. } => GamesOf::Tenant(tenant.clone()),
            // The layer lets nobody else through to a list.
            Self::Anyone | Self::Nobody | Self::Capability(_) | Self::Ticket(_) | Self::Holder { .. } => {
                GamesOf::Everybody
            }
        }
    }

    /// Whose a game is that this caller creates. `user` is what the body says.
    pub(super) fn owner(&self, user: Option<User>) -> Result<Option<Owner>, Problem> {
        let not_for = |detail: &str| Problem::field("/user", detail);
        match self {
            Self::Holder { holder: Holder::Player { tenant, user: own }, .. } => match user {
                Some(other) if other != *own => Err(not_for("with a player's key, a game is that player's own")),
                _ => Ok(Some(Owner { tenant: tenant.clone(), user: Some(own.clone()) })),
            },
            Self::Holder { holder: Holder::Service { tenant }, acts_for, .. } => match (user, acts_for) {
                (Some(user), Some(other)) if user != *other => Err(not_for("the header `X-User` names another user")),
                (user, acts_for) => Ok(Some(Owner { tenant: tenant.clone(), user: user.or_else(|| acts_for.clone()) })),
            },
            _ if user.is_some() => Err(not_for("a game gets an owner from the key of a service or of a player")),
            _ => Ok(None),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        // Every operation has the layer that sets it. Without it, the caller is nobody.
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or(Self::Nobody))
    }
}

/// The value of `ticket` in a query. It is made of characters that are never escaped.
pub(super) fn ticket(uri: &Uri) -> Option<&str> {
    uri.query()?.split('&').find_map(|pair| pair.strip_prefix("ticket="))
}

/// What a call brings to show who calls.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Shown<'a> {
    /// A key or a capability; a ticket if it came in the address.
    Secret(Secret),
    /// What looks like a token of an identity provider.
    Token(&'a str),
}

impl<'a> Shown<'a> {
    /// Reads what was sent: a token has three parts with dots between them.
    pub(super) fn read(text: &'a str) -> Result<Self, Problem> {
        match text.parse::<Secret>() {
            Ok(secret) if secret.kind() == SecretKind::Ticket => Err(unauthorized(
                "a ticket opens event streams only, as `?ticket=` in their address; for all else a key is needed",
            )),
            Ok(secret) => Ok(Self::Secret(secret)),
            Err(_) if text.bytes().filter(|byte| *byte == b'.').count() == 2 => Ok(Self::Token(text)),
            Err(_) => Err(not_a_key()),
        }
    }
}

fn not_a_key() -> Problem {
    unauthorized("what was sent is not a key")
}

/// The key, capability or token that a call brings. A token never comes in the address, which ends up in logs.
fn shown<'a>(headers: &'a HeaderMap, ticket: Option<&'a str>) -> Result<Option<Shown<'a>>, Problem> {
    let not_one = not_a_key;
    let text = if let Some(value) = headers.get(header::AUTHORIZATION) {
        let value = value.to_str().map_err(|_| not_one())?;
        let (scheme, token) = value.split_once(' ').ok_or_else(not_one)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(not_one());
        }
        Some(token.trim())
    } else {
        match ticket {
            Some(ticket) => {
                // Keys and capabilities are valid for long, and addresses end up in logs and histories.
                let secret = ticket.parse::<Secret>().ok().filter(|secret| secret.kind() == SecretKind::Ticket);
                let refused = || {
                    unauthorized(
                        "`?ticket=` takes tickets only, from `POST /v1/gamestate/{id}/ticket`; for a key there is the header",
                    )
                };
                return Ok(Some(Shown::Secret(secret.ok_or_else(refused)?)));
            }
            None => cookie(headers),
        }
    };
    text.map(Shown::read).transpose()
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, value)| value).filter(|value| !value.is_empty())
}

fn acts_for(headers: &HeaderMap) -> Result<Option<User>, Problem> {
    let Some(value) = headers.get(ACTS_FOR) else { return Ok(None) };
    let invalid = |why: String| Problem::new(ProblemType::InvalidHeader, format!("`X-User`: {why}"));
    let text = value.to_str().map_err(|_| invalid("it holds more than printable ASCII".to_owned()))?;
    text.parse().map(Some).map_err(|error: protocol::IdError| invalid(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(headers: &[(&'static str, String)], ticket: Option<&str>) -> Result<Option<Secret>, u16> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        match shown(&map, ticket) {
            Ok(Some(Shown::Token(_))) => panic!("nobody has sent a token"),
            Ok(Some(Shown::Secret(secret))) => Ok(Some(secret)),
            Ok(None) => Ok(None),
            Err(problem) => Err(problem.status),
        }
    }

    #[test]
    fn a_key_comes_in_the_header_the_cookie_or_the_ticket_and_the_header_wins() {
        let [key, other] = [(); 2].map(|()| Secret::generate(SecretKind::Key).unwrap());
        let header = ("authorization", format!("bearer {}", key.reveal()));
        let cookie = ("cookie", format!("a=b; {COOKIE}={}", other.reveal()));
        assert_eq!(found(&[], None), Ok(None));
        assert_eq!(found(std::slice::from_ref(&cookie), None), Ok(Some(other.clone())));
        assert_eq!(found(&[cookie.clone(), header], None), Ok(Some(key)));
        let ticket: Secret = format!("st_{}", "0".repeat(48)).parse().unwrap();
        assert_eq!(found(&[cookie], Some(ticket.reveal())), Ok(Some(ticket)));
    }

    #[test]
    fn a_priority_above_the_cap_counts_as_the_cap() {
        let tenant = || "acme".parse().unwrap();
        let player = Holder::Player { tenant: tenant(), user: "ada".parse().unwrap() };
        let service = Holder::Service { tenant: tenant() };
        let holds = |holder: &Holder, max_priority| {
            let grants = KeyGrants::new(holder.clone(), max_priority).unwrap();
            let (max_priority, holder) = (grants.max_priority(), grants.holder);
            let id = "0123456789abcdef".parse().unwrap();
            Caller::Holder { holder, id, key: None, token: None, acts_for: None, max_priority }
        };
        let [low, normal, high] = Priority::ALL;
        let guest = Caller::Capability(Secret::generate(SecretKind::Capability).unwrap().hash());
        for (caller, counts) in [
            (Caller::Anyone, [low, normal, high]),
            (holds(&player, None), [low, normal, normal]),
            (holds(&player, Some(high)), [low, normal, high]),
            (holds(&player, Some(low)), [low, low, low]),
            (holds(&service, None), [low, normal, high]),
            (holds(&service, Some(normal)), [low, normal, normal]),
            (holds(&Holder::Operator, None), [low, normal, high]),
            (guest, [low, normal, normal]),
        ] {
            assert_eq!(Priority::ALL.map(|asked| caller.priority(asked)), counts, "{caller:?}");
        }
        assert!(KeyGrants::new(Holder::Viewer, Some(low)).is_err(), "a viewer sends nothing");
    }

    #[test]
    fn what_is_not_a_key_is_refused() {
        for value in ["Bearer", "Basic YTpi", "Bearer hunter2", "Bearer "] {
            assert_eq!(found(&[("authorization", value.to_owned())], None), Err(401), "{value}");
        }
        let [key, capability] = [SecretKind::Key, SecretKind::Capability].map(|kind| Secret::generate(kind).unwrap());
        for no_ticket in ["x", key.reveal(), capability.reveal()] {
            assert_eq!(found(&[], Some(no_ticket)), Err(401));
        }
    }

    #[test]
    fn a_ticket_is_found_in_a_query() {
        let of = |text: &'static str| ticket(Box::leak(Box::new(Uri::from_static(text))));
        assert_eq!(of("/v1/events?last_event_id=0&ticket=st_1"), Some("st_1"));
        assert_eq!(of("/v1/events?tickets=1"), None);
    }
}
