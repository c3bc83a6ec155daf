//! `/play`: a page to play on in a browser. Three files, as they are: nothing builds them and nothing is fetched from
//! elsewhere, so the page works wherever the engine does. It knows nothing but the HTTP API.

use axum::Router;
use axum::http::{HeaderName, header};
use axum::response::IntoResponse;
use axum::routing::get;

const PAGE: &str = include_str!("play.html");
const STYLE: &str = include_str!("play.css");
const SCRIPT: &str = include_str!("play.js");

/// The page may load and call what this server serves, and nothing else; nobody may frame it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The routes of the page.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/play", get(async || file("text/html; charset=utf-8", PAGE)))
        .route("/play/play.css", get(async || file("text/css; charset=utf-8", STYLE)))
        .route("/play/play.js", get(async || file("text/javascript; charset=utf-8", SCRIPT)))
}

fn file(media_type: &'static str, text: &'static str) -> impl IntoResponse {
    let headers: [(HeaderName, &str); 4] = [
        (header::CONTENT_TYPE, media_type),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Another version of the engine brings another page.
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, text)
}
