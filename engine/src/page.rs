//! A page whose files are in the binary as they are written, and served with headers that let it load and call nothing but this
//! server.

use axum::Router;
use axum::http::{HeaderName, header};
use axum::response::IntoResponse;
use axum::routing::get;

pub(crate) const HTML: &str = "text/html; charset=utf-8";
pub(crate) const CSS: &str = "text/css; charset=utf-8";
pub(crate) const SCRIPT: &str = "text/javascript; charset=utf-8";

/// A path with its media type and its text.
pub(crate) type File = (&'static str, &'static str, &'static str);

/// The page may load and call what this server serves, and nothing else; no other page may frame it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
                      manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The routes of a page.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(files: &[File]) -> Router<S> {
    files.iter().fold(Router::new(), |router, &(path, media_type, text)| {
        router.route(path, get(async move || file(media_type, text)))
    })
}

fn file(media_type: &'static str, text: &'static str) -> impl IntoResponse {
    let headers: [(HeaderName, &str); 5] = [
        (header::CONTENT_TYPE, media_type),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        // Another version of the engine brings another page.
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, text)
}

/// The size of a page, whose scripts import only what is served below `base`.
#[cfg(test)]
pub(crate) fn checked_size(files: &[File], base: &str) -> usize {
    for (path, _, text) in files {
        for import in text.lines().filter_map(|line| line.strip_prefix("import ")?.split('"').nth(1)) {
            let wanted = import.replacen('.', base, 1);
            assert!(files.iter().any(|(served, ..)| *served == wanted), "{path} imports {import}");
        }
    }
    files.iter().map(|(_, _, text)| text.len()).sum()
}
