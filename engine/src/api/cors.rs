//! Lets pages of other origins call the API from a browser, as far as the operator allows.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::config::Origins;

/// How long a browser may remember what it was allowed.
const MAX_AGE: Duration = Duration::from_hours(1);

/// Answers preflights, and lets pages of these origins read the answers. They send a key in the header: a cookie
/// is for the engine's own page.
pub(super) fn layer(origins: &Origins) -> CorsLayer {
    let allowed = if origins.allow_any() {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()))
    };
    let own = HeaderName::from_static;
    CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([Method::GET, Method::POST, Method::PATCH, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_MATCH,
            own("idempotency-key"),
            own("last-event-id"),
            own("traceparent"),
            own("x-user"),
        ])
        .expose_headers([
            header::ETAG,
            header::LOCATION,
            header::RETRY_AFTER,
            own("ratelimit"),
            own("ratelimit-policy"),
            own("x-request-id"),
        ])
        .max_age(MAX_AGE)
}
