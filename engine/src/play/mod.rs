//! `/play`: a page to play on in a browser. Its files are served as they are: nothing builds them and nothing is fetched
//! from elsewhere, so the page works wherever the engine does. It knows nothing but the HTTP API.

use axum::Router;

use crate::page::{self, CSS, File, HTML, SCRIPT};

/// Each path with its media type and its text.
const FILES: [File; 21] = [
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

/// The routes of the page.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    page::routes(&FILES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_page_is_small_and_each_script_that_it_imports_is_served() {
        let size = page::checked_size(&FILES, "/play");
        assert!(size < 100_000, "the page has {size} bytes");
    }

    #[test]
    fn every_language_says_everything() {
        let text = include_str!("text.js");
        let tables = text.split("\nconst ").filter(|part| part.contains(" = {\n")).collect::<Vec<_>>();
        assert_eq!(tables.len(), 2);
        let mut rows = 0;
        for table in tables {
            let rest = table.split_once("{\n").unwrap().1.split_once("\n};").unwrap().0;
            for row in rest.split("],\n  ").map(|row| row.split_once(": [").unwrap()) {
                let (key, texts) = row;
                assert_eq!(entries(texts.trim_end_matches(']')), 2, "{key} has not one text for each language");
                rows += 1;
            }
        }
        assert!(rows > 60, "{rows}");
    }

    /// How many entries a list has that is written without its brackets.
    fn entries(list: &str) -> usize {
        let (mut depth, mut quote, mut is_empty, mut count) = (0, None, true, 0);
        for c in list.chars() {
            match (quote, c) {
                (Some(open), c) => quote = Some(open).filter(|open| *open != c),
                (None, '"' | '`') => quote = Some(c),
                (None, '(' | '{' | '[') => depth += 1,
                (None, ')' | '}' | ']') => depth -= 1,
                (None, ',') if depth == 0 => {
                    is_empty = true;
                    continue;
                }
                _ => {}
            }
            if is_empty && !c.is_whitespace() {
                is_empty = false;
                count += 1;
            }
        }
        count
    }
}
