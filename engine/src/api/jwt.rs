//! Tokens of an identity provider (JSON Web Tokens): whose they are, found out by the provider's public keys.
//!
//! Only signatures with a private key are accepted: with a shared secret, everybody who can check a token could make one.
//! The keys are kept. They are read again by the first call that finds them old, and at once when a token names one that is not known.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, Validation, decode, decode_header};
use parking_lot::RwLock;
use protocol::{Problem, ProblemType, Tenant, User};
use reqwest::redirect::Policy;
use serde_json::{Map, Value};
use store::Holder;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::error::unauthorized;
use crate::config::JwtConfig;
use crate::outbound::client_for;
use crate::root_cause::root_cause;

/// How long a token may be, in bytes. It comes with every call.
const LONGEST: usize = 8 * 1024;
/// How large a set of keys may be, in bytes.
const KEYS_BYTES: usize = 256 * 1024;
/// How many keys of a set are used.
const MAX_KEYS: usize = 100;
/// How long reading the keys may take.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Unknown keys have the set read at most this often, so tokens of strangers cannot flood the identity provider.
const PAUSE: Duration = Duration::from_secs(10);
/// How long old keys are believed while they cannot be read again: an identity provider that is away for less stops nobody, and a key
/// that it has withdrawn meanwhile is not believed for ever.
const BELIEVED: Duration = Duration::from_hours(1);

/// An identity provider whose tokens are accepted.
#[derive(Debug)]
pub struct IdentityProvider {
    config: JwtConfig,
    client: reqwest::Client,
    kept: RwLock<Arc<CachedKeys>>,
    /// When the keys were last asked for. It is locked meanwhile, so one call asks for all that wait.
    asked: Mutex<Option<Instant>>,
}

/// The keys as they were last read.
#[derive(Debug, Default)]
struct CachedKeys {
    keys: Vec<Key>,
    read: Option<Instant>,
}

#[derive(Debug)]
struct Key {
    id: Option<String>,
    algorithms: Vec<Algorithm>,
    checks: DecodingKey,
}

/// Whose a token is, and how long it is valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) holder: Holder,
    pub(super) valid: Validity,
}

/// How long a token is valid: until a time, and as long as the identity provider lists its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Validity {
    pub(super) ends: Instant,
    key: Option<String>,
}

impl IdentityProvider {
    /// A provider whose keys are read when they are first needed: an engine starts without it.
    pub fn new(config: JwtConfig) -> Result<Self, String> {
        let client = client_for(&config.keys).timeout(TIMEOUT).redirect(Policy::none());
        let client = client.build().map_err(|error| error.to_string())?;
        Ok(Self { config, client, kept: RwLock::default(), asked: Mutex::default() })
    }

    /// Whose the token is. What is wrong with it is said without the token.
    pub(super) async fn identity(&self, token: &str) -> Result<Identity, Problem> {
        if token.len() > LONGEST {
            return Err(unauthorized(&format!("the token is longer than {LONGEST} bytes")));
        }
        let header = decode_header(token).map_err(|error| refused(&error))?;
        if header.crit.is_some() {
            // Who signed it wants it refused by those who do not know the extension (RFC 7515, 4.1.11). None is known here.
            return Err(unauthorized("the token asks for extensions (`crit`) that are not supported"));
        }
        let kept = self.kept_with(header.kid.as_deref()).await?;
        let Some(key) = find(&kept.keys, header.kid.as_deref()) else {
            return Err(unauthorized("the token is signed with a key that the identity provider does not list"));
        };
        if !key.algorithms.contains(&header.alg) {
            return Err(unauthorized("the token is signed in a way that its key is not for"));
        }
        let mut validation = Validation::new(header.alg);
        validation.set_issuer(&[&self.config.issuer]);
        validation.set_audience(&[&self.config.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        validation.validate_nbf = true;
        validation.leeway = self.config.leeway_seconds;
        let token = decode::<Map<String, Value>>(token, &key.checks, &validation).map_err(|error| refused(&error))?;
        // The library takes a list with the right issuer in it; a token has one issuer (RFC 7519, 4.1.1).
        if !token.claims.get("iss").is_some_and(Value::is_string) {
            return Err(unauthorized("the token's claim `iss` is not a text"));
        }
        self.read(&token.claims, header.kid)
    }

    /// Whether the key of a token is withdrawn. While that cannot be found out, it is not.
    pub(super) async fn is_withdrawn(&self, valid: &Validity) -> bool {
        let key = valid.key.as_deref();
        self.kept_with(key).await.is_ok_and(|kept| find(&kept.keys, key).is_none())
    }

    fn read(&self, claims: &Map<String, Value>, key: Option<String>) -> Result<Identity, Problem> {
        let text = |name: &str| {
            let claim = claims.get(name).and_then(Value::as_str);
            claim.ok_or_else(|| unauthorized(&format!("the token has no text in the claim `{name}`")))
        };
        let not_one =
            |name: &str, why: &dyn std::fmt::Display| unauthorized(&format!("the token's claim `{name}`: {why}"));
        let user_claim = &self.config.user_claim;
        let user = text(user_claim)?.parse::<User>().map_err(|why| not_one(user_claim, &why))?;
        let tenant = match (&self.config.tenant, &self.config.tenant_claim) {
            (Some(tenant), _) => tenant.clone(),
            (None, Some(claim)) => text(claim)?.parse::<Tenant>().map_err(|why| not_one(claim, &why))?,
            (None, None) => return Err(unauthorized("tokens of this identity provider belong to no tenant")),
        };
        // The library has checked that the time is a number, and not over.
        let leeway = Duration::from_secs(self.config.leeway_seconds).as_secs_f64();
        let ends = claims.get("exp").and_then(Value::as_f64).unwrap_or_default() + leeway;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        // A token that is valid for longer than a year has its stream asked to come again after that.
        let left = Duration::from_secs_f64((ends - now).clamp(0.0, 365.0 * 86_400.0));
        let valid = Validity { ends: Instant::now() + left, key };
        Ok(Identity { holder: Holder::Player { tenant, user }, valid })
    }

    /// The keys, with the one that is named if the provider lists it.
    async fn kept_with(&self, id: Option<&str>) -> Result<Arc<CachedKeys>, Problem> {
        let kept = Arc::clone(&self.kept.read());
        let is_older = |kept: &CachedKeys, age: Duration| kept.read.is_none_or(|read| read.elapsed() > age);
        // What is old may list a key that was withdrawn: the call waits until it is known.
        if find(&kept.keys, id).is_none() || is_older(&kept, self.config.refresh()) {
            self.refresh(PAUSE).await;
        }
        let kept = Arc::clone(&self.kept.read());
        if is_older(&kept, self.config.refresh() + BELIEVED) {
            let detail = "the identity provider's keys cannot be read at present; try again soon";
            return Err(Problem::new(ProblemType::IdentityUnavailable, detail));
        }
        Ok(kept)
    }

    /// Reads the keys again, unless that was tried within `pause`.
    async fn refresh(&self, pause: Duration) {
        let mut asked = self.asked.lock().await;
        if asked.is_some_and(|asked| asked.elapsed() < pause) {
            return;
        }
        match self.fetch().await {
            Ok(keys) => *self.kept.write() = Arc::new(CachedKeys { keys, read: Some(Instant::now()) }),
            Err(reason) => {
                tracing::warn!(place = %self.config.keys, reason, "the identity provider's keys cannot be read");
            }
        }
        *asked = Some(Instant::now());
    }

    async fn fetch(&self) -> Result<Vec<Key>, String> {
        let bytes = match self.config.file() {
            Some(file) => tokio::fs::read(file).await.map_err(|error| error.to_string())?,
            None => self.download().await?,
        };
        let set: JwkSet = serde_json::from_slice(&bytes).map_err(|error| format!("not a JSON Web Key Set: {error}"))?;
        let keys: Vec<Key> = set.keys.iter().filter_map(Key::of).take(MAX_KEYS).collect();
        if keys.is_empty() { Err("it holds no public key for signatures".to_owned()) } else { Ok(keys) }
    }

    async fn download(&self) -> Result<Vec<u8>, String> {
        let mut answer = self.client.get(self.config.keys.clone()).send().await.map_err(|error| root_cause(&error))?;
        if !answer.status().is_success() {
            return Err(format!("it answers {}", answer.status()));
        }
        let mut bytes = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(|error| root_cause(&error))? {
            bytes.extend_from_slice(&piece);
            if bytes.len() > KEYS_BYTES {
                return Err(format!("it is larger than {KEYS_BYTES} bytes"));
            }
        }
        Ok(bytes)
    }
}

impl Key {
    /// A key that can check signatures, if it is one.
    fn of(jwk: &Jwk) -> Option<Self> {
        if jwk.common.public_key_use.as_ref().is_some_and(|purpose| *purpose != PublicKeyUse::Signature) {
            return None;
        }
        let family = match &jwk.algorithm {
            AlgorithmParameters::RSA(_) => AlgorithmFamily::Rsa,
            AlgorithmParameters::EllipticCurve(_) => AlgorithmFamily::Ec,
            AlgorithmParameters::OctetKeyPair(_) => AlgorithmFamily::Ed,
            // A shared secret, or a kind that is not known.
            _ => return None,
        };
        let algorithms = match &jwk.common.key_algorithm {
            Some(one) => vec![Algorithm::try_from(*one).ok().filter(|one| one.family() == family)?],
            None => family.algorithms().to_vec(),
        };
        let checks = DecodingKey::from_jwk(jwk).ok()?;
        Some(Self { id: jwk.common.key_id.clone(), algorithms, checks })
    }
}

/// The key of an id; without one, the only key that there is.
fn find<'a>(keys: &'a [Key], id: Option<&str>) -> Option<&'a Key> {
    match (id, keys) {
        (Some(id), _) => keys.iter().find(|key| key.id.as_deref() == Some(id)),
        (None, [only]) => Some(only),
        (None, _) => None,
    }
}

fn refused(error: &jsonwebtoken::errors::Error) -> Problem {
    use jsonwebtoken::errors::ErrorKind;
    let what = match error.kind() {
        ErrorKind::ExpiredSignature => "the token has expired",
        ErrorKind::ImmatureSignature => "the token is not valid yet",
        ErrorKind::InvalidIssuer => "the token is of another issuer",
        ErrorKind::InvalidAudience => "the token is for another audience",
        ErrorKind::InvalidSignature => "the token's signature is wrong",
        // The name of a claim that the library knows, not a text of the token.
        ErrorKind::MissingRequiredClaim(name) | ErrorKind::InvalidClaimFormat(name) => {
            return unauthorized(&format!("the token's claim `{name}` is missing, or is none that can be read"));
        }
        _ => "what was sent is neither a key nor a token that can be read",
    };
    unauthorized(what)
}

#[cfg(test)]
mod tests;
