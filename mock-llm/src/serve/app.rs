//! What all handlers share, and how they find the namespace of a request.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::{
    namespace::{Admin, Namespace},
    profile::Profile,
    responder::Responder,
};

/// What all handlers share.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) admin: Arc<Admin>,
    pub(crate) responder: Option<Arc<dyn Responder>>,
    pub(crate) profile: Arc<Profile>,
    pub(crate) stopping: CancellationToken,
}

/// The namespace that a request's path names, or the key that it comes with: not every client can be given a path.
pub(crate) struct At(pub(crate) Arc<Namespace>);

impl FromRequestParts<App> for At {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let params = RawPathParams::from_request_parts(parts, app).await.map_err(IntoResponse::into_response)?;
        let name = params.iter().find(|(key, _)| *key == "namespace").map(|(_, name)| name);
        match name.or_else(|| key_name(&parts.headers)) {
            None => Ok(Self(Arc::clone(app.admin.root()))),
            Some(name) => app
                .admin
                .namespace(name)
                .map(Self)
                .map_err(|error| problem(StatusCode::NOT_FOUND, &error.to_string()).into_response()),
        }
    }
}

/// A key `t/NAME` names a namespace, in whichever header a vendor's client puts keys.
fn key_name(headers: &HeaderMap) -> Option<&str> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    [bearer, header("x-api-key")].into_iter().flatten().find_map(|key| key.strip_prefix("t/"))
}

/// An error of a control call (RFC 9457).
pub(crate) fn problem(status: StatusCode, detail: &str) -> impl IntoResponse + use<> {
    let body = json!({ "title": status.canonical_reason(), "status": status.as_u16(), "detail": detail });
    (status, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string())
}
