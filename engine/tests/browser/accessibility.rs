//! The main screens against the rules of axe-core, which finds what people with a screen reader or without a mouse would trip
//! over. It is no part of the repository: `ci/prepare` installs it, and without it this test says so and passes.

use std::path::Path;

use serde_json::{Value, json};

use crate::browser::{Browser, Scheme};
use crate::screens::{self, Screen};

const AXE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/axe/axe_playwright_python/axe.min.js");

#[tokio::test]
async fn axe_finds_nothing_on_any_main_screen() {
    let Some(browser) = Browser::start().await else { return };
    let Some(axe) = axe() else { return };
    let site = screens::site().await;
    for screen in Screen::ALL {
        browser.resize(if screen == Screen::Panel { 390 } else { 1280 }, 800).await;
        screen.show(&browser, &site).await;
        browser.page.execute(&axe, vec![]).await.unwrap();
        for scheme in [Scheme::Light, Scheme::Dark] {
            browser.prefer(scheme).await;
            let findings = "const [done] = arguments;
                axe.run({ resultTypes: ['violations'] }).then(({ violations }) => done(violations.map(
                    ({ id, help, nodes }) => ({ id, help, nodes: nodes.map(({ html, failureSummary }) => html + ': ' + failureSummary) }))))";
            let findings: Value = browser.page.execute_async(findings, vec![]).await.unwrap();
            assert_eq!(findings, json!([]), "{screen:?}, {scheme:?}: {findings:#}");
        }
    }
    browser.end().await;
}

fn axe() -> Option<String> {
    let required = std::env::var("STORY_ENGINE_REQUIRE_BROWSER").is_ok_and(|value| value == "1");
    let found = std::fs::read_to_string(Path::new(AXE)).ok();
    assert!(
        found.is_some() || !required,
        "{AXE} is missing; ci/prepare installs it, and STORY_ENGINE_REQUIRE_BROWSER=1 requires it"
    );
    if found.is_none() {
        eprintln!("skipped: {AXE} is missing; ci/prepare installs it");
    }
    found
}
