//! `/admin` in a real browser: headless Chromium, driven over `WebDriver`, as in the tests of `/play`.
#![cfg(feature = "offline")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

#[path = "../browser/browser.rs"]
#[expect(dead_code, reason = "the tests of /play use the rest of it")]
mod browser;
mod site;

use fantoccini::Locator;
use fantoccini::key::Key;
use serde_json::{Value, json};

use crate::browser::{Browser, Scheme};
use crate::site::Site;

/// The texts of a list or of the body of a table, a line for each row.
async fn rows(browser: &Browser, id: &str) -> Vec<String> {
    let script = "return [...document.getElementById(arguments[0]).children].map((row) => row.innerText)";
    serde_json::from_value(browser.page.execute(script, vec![json!(id)]).await.unwrap()).unwrap()
}

/// Presses a button by its text.
async fn press(browser: &Browser, within: &str, text: &str) {
    let script = "[...document.getElementById(arguments[0]).querySelectorAll('button:not([hidden])')]
        .find((button) => button.textContent === arguments[1]).click()";
    browser.page.execute(script, vec![json!(within), json!(text)]).await.unwrap();
}

/// The same, and says yes.
async fn act(browser: &Browser, within: &str, text: &str) {
    press(browser, within, text).await;
    browser.until("document.getElementById('confirm').open").await;
    browser.page.find(Locator::Id("yes")).await.unwrap().click().await.unwrap();
}

/// Whether the page shows a button with this text in a part of it.
fn has(within: &str, text: &str) -> String {
    format!(
        "[...document.querySelectorAll('#{within} button:not([hidden])')].some((button) => button.textContent === '{text}')"
    )
}

async fn sign_in(browser: &Browser, key: &str) {
    browser.until("!document.getElementById('sign-in').hidden && document.activeElement.id === 'key'").await;
    browser.press(&[key.to_owned(), Key::Enter.to_string()]).await;
}

#[tokio::test]
async fn an_operator_sees_what_happens_and_steers_it() {
    let Some(browser) = Browser::start().await else { return };
    let site = Site::start(&[]).await;
    let page = &browser.page;
    page.goto(&site.url("/admin")).await.unwrap();

    browser.until("document.querySelectorAll('#causes th').length === 1").await;
    let causes = rows(&browser, "causes").await;
    assert!(causes[0].contains("model-failed") && causes[0].contains("the model hung up"), "{causes:?}");
    browser.until("document.querySelector('#workers .bar')").await;
    assert!(rows(&browser, "workers").await[0].contains("0 of 5"), "{:?}", rows(&browser, "workers").await);
    browser.until("document.querySelector('#depth polyline').getAttribute('points').split(' ').length > 1").await;

    act(&browser, "queue-actions", "Pause all").await;
    browser.until(&has("queue-actions", "Resume all")).await;
    let pauses = rows(&browser, "pauses").await;
    assert!(pauses[0].starts_with("Everything is paused by a caller without a key, "), "{pauses:?}");

    act(&browser, "causes", "Retry").await;
    browser.until("document.querySelector('#lanes .badge')?.textContent === 'paused'").await;
    assert_eq!(rows(&browser, "causes").await, ["None."]);
    page.execute("document.querySelector('#lanes button.id').click()", vec![]).await.unwrap();
    browser.until("document.querySelectorAll('#timeline-body li').length === 3").await;
    let moments = page.execute("return document.getElementById('timeline-body').innerText", vec![]).await.unwrap();
    let moments = moments.as_str().unwrap();
    for part in ["queued", "accepted at", "attempt 1 claimed by ada", "attempt 1 failed: the model hung up"] {
        assert!(moments.contains(part), "`{part}` is not in {moments}");
    }
    press(&browser, "timeline-body", "Prompt of the narration").await;
    browser.until("document.querySelector('#timeline-body pre').textContent.includes('=== user')").await;
    let prompt = page.execute("return document.querySelector('#timeline-body pre').innerText", vec![]).await.unwrap();
    let prompt = prompt.as_str().unwrap();
    for part in ["=== system\nYou narrate.", "=== 3 messages that are not kept", "What does the moon sing?"] {
        assert!(prompt.contains(part), "`{part}` is not in {prompt}");
    }
    press(&browser, "timeline-body", "Prompt of the delta").await;
    browser.until("document.querySelector('#timeline-body pre').textContent.includes('is not kept')").await;
    browser.press(&[Key::Escape.to_string()]).await;

    act(&browser, "lanes", "Cancel head").await;
    browser.until("document.querySelector('#lanes').innerText.includes('Nothing waits')").await;
    act(&browser, "queue-actions", "Resume all").await;
    browser.until("document.getElementById('pauses').hidden").await;
    browser.until("document.querySelectorAll('#audit li b').length === 4").await;
    let audit = rows(&browser, "audit").await.join("\n");
    for part in ["resumeQueue", "cancelQueued", "retryDeadLetter", "pauseQueue all by a caller without a key"] {
        assert!(audit.contains(part), "`{part}` is not in {audit}");
    }
    browser.end().await;
}

#[tokio::test]
async fn a_viewer_looks_and_an_operator_may_do_something_as_well() {
    let Some(browser) = Browser::start().await else { return };
    let site = Site::start(&["viewer", "operator", "player"]).await;
    let page = &browser.page;
    page.goto(&site.url("/admin")).await.unwrap();

    sign_in(&browser, "se_nonsense").await;
    browser.until("document.getElementById('problem').textContent.includes('unknown, was revoked')").await;
    sign_in(&browser, &site.keys["player"]).await;
    browser.until("document.getElementById('problem').textContent.includes('may not look')").await;
    sign_in(&browser, &site.keys["viewer"]).await;
    browser.until("document.getElementById('link').textContent.endsWith('read-only')").await;
    browser.until("document.querySelectorAll('#causes th').length === 1").await;
    let buttons = "return [...document.querySelectorAll('#panels button')].map((button) => button.className)";
    let buttons: Vec<String> = serde_json::from_value(page.execute(buttons, vec![]).await.unwrap()).unwrap();
    assert!(!buttons.is_empty() && buttons.iter().all(|class| class == "id"), "they only show timelines: {buttons:?}");
    page.execute("document.querySelector('#panels button.id').click()", vec![]).await.unwrap();
    browser.until("document.querySelectorAll('#timeline-body li').length === 4").await;
    let offered = page.execute("return document.querySelectorAll('#timeline-body button').length", vec![]).await;
    assert_eq!(offered.unwrap(), json!(0), "a viewer is offered no prompts");
    browser.press(&[Key::Escape.to_string()]).await;
    let kept = page.execute("return [localStorage.length, document.cookie]", vec![]).await.unwrap();
    assert_eq!(kept, json!([0, ""]), "the key stays in the tab");

    page.find(Locator::Id("sign-out")).await.unwrap().click().await.unwrap();
    sign_in(&browser, &site.keys["operator"]).await;
    browser.until(&has("queue-actions", "Pause all")).await;
    assert_eq!(rows(&browser, "tenants").await.len(), 1, "that of the player");
    act(&browser, "tenants", "Pause").await;
    browser.until(&has("tenants", "Resume")).await;
    let pauses = rows(&browser, "pauses").await;
    assert!(pauses[0].starts_with("The tenant ") && pauses[0].contains(" is paused by key "), "{pauses:?}");
    act(&browser, "tenants", "Resume").await;
    browser.until(&has("tenants", "Pause")).await;
    browser.end().await;
}

#[tokio::test]
async fn an_engine_that_is_gone_is_named_and_what_was_known_stays() {
    let Some(browser) = Browser::start().await else { return };
    let site = Site::start(&[]).await;
    browser.page.goto(&site.url("/admin")).await.unwrap();
    browser.until("document.querySelectorAll('#causes th').length === 1").await;
    drop(site);
    browser.until("document.getElementById('link').textContent === 'the engine cannot be reached; trying again'").await;
    browser.until("document.body.className === 'stale' && document.querySelectorAll('#causes th').length === 1").await;
    browser.end().await;
}

#[tokio::test]
async fn the_page_can_be_read_by_day_and_by_night_and_on_a_small_screen() {
    let Some(browser) = Browser::start().await else { return };
    let site = Site::start(&[]).await;
    let page = &browser.page;
    page.goto(&site.url("/admin")).await.unwrap();
    browser.until("document.querySelectorAll('#causes th').length === 1").await;

    let mut papers = Vec::new();
    for scheme in [Scheme::Light, Scheme::Dark] {
        browser.prefer(scheme).await;
        // WCAG 2.2, 1.4.3: the contrast of text with its background is at least 4.5.
        let contrasts = page.execute(include_str!("../browser/contrast.js"), vec![]).await.unwrap();
        for (text, contrast) in contrasts.as_object().unwrap() {
            assert!(contrast.as_f64().unwrap() >= 4.5, "{scheme:?}: `{text}` has a contrast of {contrast}");
        }
        papers.push(page.execute("return getComputedStyle(document.body).backgroundColor", vec![]).await.unwrap());
    }
    assert_ne!(papers[0], papers[1]);
    for width in [320, 390, 768, 1280] {
        browser.resize(width, 800).await;
        let wide: Value = page.execute("return document.documentElement.scrollWidth", vec![]).await.unwrap();
        assert!(wide.as_u64().unwrap() <= u64::from(width), "it is {wide} wide on a screen of {width}");
    }
    browser.end().await;
}
