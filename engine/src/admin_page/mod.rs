//! `/admin`: the operators' page, on the operators' port. Its files are served as they are: nothing builds them and nothing is
//! fetched from elsewhere. It knows nothing but the HTTP API, and holds no secret: the key is typed in and stays in the tab.

use axum::Router;
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Each path with its media type and its text.
const FILES: [(&str, &str, &str); 12] = [
    ("/admin", HTML, include_str!("admin.html")),
    ("/admin/admin.css", CSS, include_str!("admin.css")),
    ("/admin/admin.js", SCRIPT, include_str!("admin.js")),
    ("/admin/actions.js", SCRIPT, include_str!("actions.js")),
    ("/admin/api.js", SCRIPT, include_str!("api.js")),
    ("/admin/dom.js", SCRIPT, include_str!("../play/dom.js")),
    ("/admin/icon.svg", "image/svg+xml", include_str!("../play/icon.svg")),
    ("/admin/panels.js", SCRIPT, include_str!("panels.js")),
    ("/admin/rows.js", SCRIPT, include_str!("rows.js")),
    ("/admin/sparkline.js", SCRIPT, include_str!("sparkline.js")),
    ("/admin/timeline.js", SCRIPT, include_str!("timeline.js")),
    ("/admin/units.js", SCRIPT, include_str!("units.js")),
];

/// The page may load and call what this server serves, and nothing else; nobody may frame it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The routes of the page.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let page = FILES.into_iter().fold(Router::new(), |router, (path, media_type, text)| {
        router.route(path, get(async move || file(media_type, text)))
    });
    page.route("/", get(async || Redirect::temporary("/admin")))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_page_is_small_and_each_script_that_it_imports_is_served() {
        let size: usize = FILES.iter().map(|(_, _, text)| text.len()).sum();
        assert!(size < 60_000, "the page has {size} bytes");
        for (path, _, text) in FILES {
            for import in text.lines().filter_map(|line| line.strip_prefix("import ")?.split('"').nth(1)) {
                let wanted = import.replacen('.', "/admin", 1);
                assert!(FILES.iter().any(|(served, ..)| *served == wanted), "{path} imports {import}");
            }
        }
    }
}
