//! `/v1/session`: a page exchanges a key for a cookie that no script can read, and gives it back.
//!
//! The cookie holds the key itself. A session of its own would need an end and a revocation of its own; so the key's are
//! the session's.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use protocol::{OpenSession, Problem};
use store::secret::SecretKind;
use tokio::time::Instant;

use super::Api;
use super::body::Body;
use super::caller::{COOKIE, Shown};
use super::error::{ApiError, unauthorized};

/// How long a browser keeps the cookie, in seconds; that of a token, no longer than the token is valid.
const KEPT: u32 = 30 * 86_400;
/// Browsers keep cookies of 4,096 bytes, with name and attributes.
const LONGEST_COOKIE: usize = 3900;

type Answer = (StatusCode, [(HeaderName, String); 1]);

/// Sets the cookie if the key is valid.
pub(super) async fn open(
    State(api): State<Api>,
    headers: HeaderMap,
    Body(OpenSession { key }): Body<OpenSession>,
) -> Result<Answer, ApiError> {
    let refused = || unauthorized("the key is unknown, was revoked or has expired");
    match Shown::read(key.trim()).map_err(|_| refused())? {
        Shown::Secret(secret) if secret.kind() == SecretKind::Key => {
            if api.auth.asks() {
                api.auth.grants(&api.store, &secret).await?.ok_or_else(refused)?;
            }
            Ok(set(&api, &headers, secret.reveal(), KEPT))
        }
        Shown::Secret(_) => Err(refused().into()),
        Shown::Token(token) if token.len() > LONGEST_COOKIE => {
            let detail = format!(
                "a browser keeps no cookie of more than {LONGEST_COOKIE} bytes: the token is too long for a page"
            );
            Err(Problem::field("/key", detail).into())
        }
        Shown::Token(token) => {
            let left = api.auth.identity(token).await?.valid.ends.saturating_duration_since(Instant::now()).as_secs();
            Ok(set(&api, &headers, token, u32::try_from(left).unwrap_or(KEPT).min(KEPT)))
        }
    }
}

/// Removes the cookie.
pub(super) async fn close(State(api): State<Api>, headers: HeaderMap) -> Answer {
    set(&api, &headers, "", 0)
}

fn set(api: &Api, headers: &HeaderMap, value: &str, seconds: u32) -> Answer {
    // The proxy that speaks TLS says so; without one the page itself came over plain HTTP.
    let behind_tls = api.trusted_proxies > 0
        && headers.get("x-forwarded-proto").is_some_and(|protocol| protocol.as_bytes().eq_ignore_ascii_case(b"https"));
    let secure = if behind_tls { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    (StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)])
}
