//! `/v1/session`: a page exchanges a key for a cookie that no script can read, and gives it back.
//!
//! The cookie holds the key itself. A session of its own would need an end and a revocation of its own; so the key's are
//! the session's.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use protocol::OpenSession;

use super::Api;
use super::body::Body;
use super::caller::{COOKIE, unauthorized};
use super::error::ApiError;
use crate::secret::{Secret, SecretKind};

/// How long a browser keeps the cookie, in seconds.
const KEPT: u32 = 30 * 86_400;

type Answer = (StatusCode, [(HeaderName, String); 1]);

/// Sets the cookie if the key is valid.
pub(super) async fn open(
    State(api): State<Api>,
    headers: HeaderMap,
    Body(OpenSession { key }): Body<OpenSession>,
) -> Result<Answer, ApiError> {
    let refused = || unauthorized("the key is unknown, was revoked or has expired");
    let secret = key.trim().parse::<Secret>().map_err(|_| refused())?;
    if secret.kind() != SecretKind::Key {
        return Err(refused().into());
    }
    if api.auth.asks() {
        api.auth.holder(&api.store, &secret).await?.ok_or_else(refused)?;
    }
    Ok(set(&api, &headers, secret.reveal(), KEPT))
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
