//! `/play` in a real browser: headless Chromium, driven over `WebDriver`.
//!
//! The client is fantoccini: the protocol and little else, on hyper, which the engine is built on. thirtyfour knows more
//! than is needed here, and brings a second way to do HTTP, a driver download and a component macro with it. Without
//! chromium and chromedriver on PATH the tests say so and pass, unless `STORY_ENGINE_REQUIRE_BROWSER=1`.
#![cfg(feature = "offline")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

mod accessibility;
mod around;
mod browser;
mod faults;
mod games;
mod pictures;
mod proxy;
mod reading;
mod rewriting;
mod screens;
mod site;
mod versions;

use fantoccini::Locator;
use fantoccini::key::Key;
use serde_json::json;

use crate::browser::{Browser, Scheme};
use crate::site::{GATE, Site};

#[tokio::test]
async fn a_story_survives_a_reload_in_the_middle_of_a_sentence() {
    let Some(browser) = Browser::start().await else { return };
    let site = Site::start().await;
    let page = &browser.page;

    page.goto(&site.url("/play")).await.unwrap();
    browser.until("document.querySelectorAll('#scenarios button').length > 0").await;
    page.find(Locator::Css("#scenarios button")).await.unwrap().click().await.unwrap();
    // The sheet that is filled in before has a good value everywhere.
    browser.until("document.querySelector('#sheet')?.open").await;
    browser.press(&[Key::Enter.to_string()]).await;
    browser.until("document.activeElement.id === 'message'").await;
    browser.say("I ring the bell").await;

    browser.story_ends_with("The bell rings out").await;
    assert_eq!(browser.state().await, ["I ring the bell", "The bell rings out", "writing"]);
    page.refresh().await.unwrap();
    browser.story_ends_with("The bell rings out").await;
    assert_eq!(browser.state().await, ["I ring the bell", "The bell rings out", "writing"]);

    site.model.admin().root().gates().open(GATE);
    browser.story_ends_with("over the dark water.").await;
    browser.until("!document.querySelector('#story > li:last-child').className").await;
    let whole = ["I ring the bell", "The bell rings out over the dark water.", ""];
    assert_eq!(browser.state().await, whole);
    page.refresh().await.unwrap();
    browser.story_ends_with("over the dark water.").await;
    assert_eq!(browser.state().await, whole);
    browser.end().await;
}

#[tokio::test]
async fn a_player_who_sees_no_screen_and_has_no_mouse_can_play() {
    let Some(browser) = Browser::start().await else { return };
    let site = Site::start().await;
    site.model.admin().root().gates().open(GATE);
    let page = &browser.page;

    page.goto(&site.url("/play")).await.unwrap();
    browser.until("document.querySelectorAll('#scenarios button').length > 0").await;
    page.execute("document.querySelector('#settings summary').focus()", vec![]).await.unwrap();
    browser.press(&[Key::Tab.to_string(), Key::Enter.to_string()]).await;
    browser.until("document.querySelector('#sheet')?.open && document.activeElement.textContent === 'Begin'").await;
    browser.press(&[Key::Enter.to_string()]).await;
    browser.until("document.activeElement.id === 'message'").await;
    browser.press(&["I ring the bell".to_owned(), Key::Enter.to_string()]).await;
    // Announced as one piece, in a region that is read out.
    browser
        .until("document.getElementById('announcement').textContent === 'The bell rings out over the dark water.'")
        .await;
    let said = "return [document.getElementById('announcement').ariaLive, document.documentElement.lang, \
                document.activeElement.labels[0].textContent, document.activeElement.value]";
    let labels = page.execute(said, vec![]).await.unwrap();
    assert_eq!(labels, json!(["polite", "en", "What do you do?", ""]));
    browser.end().await;
}

#[tokio::test]
async fn text_can_be_read_by_day_and_by_night() {
    let Some(browser) = Browser::start().await else { return };
    let site = Site::start().await;
    let page = &browser.page;
    page.goto(&site.url("/play")).await.unwrap();
    browser.until("document.querySelectorAll('#scenarios button').length > 0").await;

    let mut papers = Vec::new();
    for scheme in [Scheme::Light, Scheme::Dark] {
        browser.prefer(scheme).await;
        // WCAG 2.2, 1.4.3: the contrast of text with its background is at least 4.5.
        let contrasts = page.execute(include_str!("contrast.js"), vec![]).await.unwrap();
        for (text, contrast) in contrasts.as_object().unwrap() {
            assert!(contrast.as_f64().unwrap() >= 4.5, "{scheme:?}: `{text}` has a contrast of {contrast}");
        }
        papers.push(page.execute("return getComputedStyle(document.body).backgroundColor", vec![]).await.unwrap());
    }
    assert_ne!(papers[0], papers[1]);
    browser.end().await;
}
