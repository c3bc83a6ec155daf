//! `/admin`: the operators' page, on the operators' port. Its files are served as they are: nothing builds them and nothing is
//! fetched from elsewhere. It knows nothing but the HTTP API, and holds no secret: the key is typed in and stays in the tab.

use axum::Router;
use axum::response::Redirect;
use axum::routing::get;

use crate::page::{self, CSS, File, HTML, SCRIPT};

/// Each path with its media type and its text.
const FILES: [File; 12] = [
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

/// The routes of the page.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    page::routes(&FILES).route("/", get(async || Redirect::temporary("/admin")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_page_is_small_and_each_script_that_it_imports_is_served() {
        let size = page::checked_size(&FILES, "/admin");
        assert!(size < 60_000, "the page has {size} bytes");
    }
}
