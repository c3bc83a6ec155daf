//! `/play`: a page to play on in a browser. Its files are served as they are: nothing builds them and nothing is fetched
//! from elsewhere, so the page works wherever the engine does. It knows nothing but the HTTP API.

use axum::Router;
use axum::http::{HeaderName, header};
use axum::response::IntoResponse;
use axum::routing::get;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Each path with its media type and its text.
const FILES: [(&str, &str, &str); 21] = [
    ("/play", HTML, include_str!("play.html")),
    ("/play/play.css", CSS, include_str!("play.css")),
    ("/play/play.js", SCRIPT, include_str!("play.js")),
    ("/play/api.js", SCRIPT, include_str!("api.js")),
    ("/play/composer.js", SCRIPT, include_str!("composer.js")),
    ("/play/cover.js", SCRIPT, include_str!("cover.js")),
    ("/play/dom.js", SCRIPT, include_str!("dom.js")),
    ("/play/feed.js", SCRIPT, include_str!("feed.js")),
    ("/play/games.js", SCRIPT, include_str!("games.js")),
    ("/play/map.js", SCRIPT, include_str!("map.js")),
    ("/play/markdown.js", SCRIPT, include_str!("markdown.js")),
    ("/play/outbox.js", SCRIPT, include_str!("outbox.js")),
    ("/play/panel.js", SCRIPT, include_str!("panel.js")),
    ("/play/settings.js", SCRIPT, include_str!("settings.js")),
    ("/play/sheet.js", SCRIPT, include_str!("sheet.js")),
    ("/play/story.js", SCRIPT, include_str!("story.js")),
    ("/play/text.js", SCRIPT, include_str!("text.js")),
    ("/play/tools.js", SCRIPT, include_str!("tools.js")),
    ("/play/turn.js", SCRIPT, include_str!("turn.js")),
    ("/play/manifest.webmanifest", "application/manifest+json", include_str!("manifest.webmanifest")),
    ("/play/icon.svg", "image/svg+xml", include_str!("icon.svg")),
];

/// The page may load and call what this server serves, and nothing else; nobody may frame it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
                      manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The routes of the page.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    FILES.into_iter().fold(Router::new(), |router, (path, media_type, text)| {
        router.route(path, get(async move || file(media_type, text)))
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_page_is_small_and_each_script_that_it_imports_is_served() {
        let size: usize = FILES.iter().map(|(_, _, text)| text.len()).sum();
        assert!(size < 100_000, "the page has {size} bytes");
        for (path, _, text) in FILES {
            for import in text.lines().filter_map(|line| line.strip_prefix("import ")?.split('"').nth(1)) {
                let wanted = import.replacen('.', "/play", 1);
                assert!(FILES.iter().any(|(served, ..)| *served == wanted), "{path} imports {import}");
            }
        }
    }

    #[test]
    fn every_language_says_everything() {
        let text = include_str!("text.js");
        let table = |language: &str| {
            let from = text.split_once(&format!("\n  {language}: {{\n")).unwrap().1;
            let keys = from.split_once("\n  },\n").unwrap().0.lines();
            keys.filter_map(|line| line.trim().split_once(": ").map(|(key, _)| key.to_owned())).collect::<Vec<_>>()
        };
        assert_eq!(table("en"), table("de"));
        assert!(table("en").len() > 60);
    }
}
