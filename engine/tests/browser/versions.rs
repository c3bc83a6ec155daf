//! Several versions of one turn: by buttons, by keys and by a finger.

use fantoccini::key::Key;
use serde_json::json;

use crate::browser::Browser;
use crate::site::{GATE, Site};

/// How many parts the tools of the last turn have.
const TOOLS: &str = "(document.querySelector('#story > li:last-child .tools')?.children.length ?? 0)";

const PLACE: &str = "document.querySelector('#story > li:last-child .pager')?.textContent";

/// A game with three versions of its first turn.
async fn narrated_three_times(browser: &Browser, site: &Site) {
    let game = site.new_game().await;
    browser.open(&site.url(""), &game).await;
    browser.say("I wait").await;
    for version in ["First.", "Second.", "Third."] {
        browser.story_ends_with(version).await;
        browser.until(&format!("{TOOLS} > 0")).await;
        if version != "Third." {
            browser.choose("Tell it again").await;
        }
    }
    shows(browser, "Third.", 3).await;
}

/// Returns once this version is shown, as the one at this place.
async fn shows(browser: &Browser, version: &str, place: usize) {
    browser.until(&format!("{PLACE} === '‹{place} / 3›'")).await;
    browser.story_ends_with(version).await;
}

async fn site() -> Site {
    Site::narrating(&json!([{ "text": "First." }, { "text": "Second." }, { "text": "Third." }])).await
}

#[tokio::test]
async fn versions_keep_their_order_while_a_reader_goes_through_them() {
    let Some(browser) = Browser::start().await else { return };
    let site = site().await;
    narrated_three_times(&browser, &site).await;
    browser.page.execute("document.getElementById('earlier').focus()", vec![]).await.unwrap();
    for (version, place) in [("Second.", 2), ("First.", 1)] {
        browser.press(&[Key::Enter.to_string()]).await;
        shows(&browser, version, place).await;
        // The next press goes on: the focus stays on the button that was pressed.
        browser.until("document.activeElement.id === 'earlier'").await;
        browser.until(&format!("document.getElementById('announcement').textContent === '{version}'")).await;
    }
    assert_eq!(browser.page.execute("return document.activeElement.ariaDisabled", vec![]).await.unwrap(), "true");
    browser.end().await;
}

#[tokio::test]
async fn a_version_that_is_committed_while_the_page_reads_the_game_gets_its_tools() {
    let Some(browser) = Browser::start().await else { return };
    let site = Site::narrating(&json!([{ "text": "First." }, { "text": "Second.", "gate": { "name": GATE } }])).await;
    let game = site.new_game().await;
    browser.open(&site.url(""), &game).await;
    browser.say("I wait").await;
    browser.story_ends_with("First.").await;
    browser.until(&format!("{TOOLS} > 0")).await;
    // From now on the page gets no answer about the game until the new version is there.
    let hold = "const original = window.fetch;
        const held = new Promise((release) => { window.release = release; });
        window.fetch = async (path, options) => {
          if (!path.includes('view=player')) return original(path, options);
          document.body.dataset.asked = 'yes';
          await held;
          return original(path, options);
        };";
    browser.page.execute(hold, vec![]).await.unwrap();
    browser.choose("Tell it again").await;
    browser.until("document.body.dataset.asked === 'yes'").await;
    site.model.admin().root().gates().open(GATE);
    site.until_narrated(&game, "Second.").await;
    browser.page.execute("window.release()", vec![]).await.unwrap();
    browser.story_ends_with("Second.").await;
    browser.until(&format!("{TOOLS} > 0")).await;
    browser.end().await;
}

#[tokio::test]
async fn arrow_keys_turn_versions_where_nothing_is_written() {
    let Some(browser) = Browser::start().await else { return };
    let site = site().await;
    narrated_three_times(&browser, &site).await;
    browser.page.execute("document.getElementById('message').focus()", vec![]).await.unwrap();
    browser.press(&[Key::Left.to_string()]).await;
    shows(&browser, "Second.", 2).await;
    browser.press(&[Key::Right.to_string()]).await;
    shows(&browser, "Third.", 3).await;
    // In a text they move the cursor.
    browser.press(&["ab".to_owned(), Key::Left.to_string(), "c".to_owned()]).await;
    browser.until("document.getElementById('message').value === 'acb'").await;
    shows(&browser, "Third.", 3).await;
    browser.end().await;
}

#[tokio::test]
async fn a_finger_turns_versions() {
    let Some(browser) = Browser::start().await else { return };
    let site = site().await;
    narrated_three_times(&browser, &site).await;
    let swipe = "const [from, to] = arguments;
        const turn = document.querySelector('#story > li:last-child .narration');
        const touch = (clientX) => new Touch({ identifier: 1, target: turn, clientX, clientY: 200 });
        turn.dispatchEvent(new TouchEvent('touchstart', { bubbles: true, touches: [touch(from)], changedTouches: [touch(from)] }));
        turn.dispatchEvent(new TouchEvent('touchend', { bubbles: true, touches: [], changedTouches: [touch(to)] }));";
    browser.page.execute(swipe, vec![json!(100), json!(220)]).await.unwrap();
    shows(&browser, "Second.", 2).await;
    browser.page.execute(swipe, vec![json!(220), json!(100)]).await.unwrap();
    shows(&browser, "Third.", 3).await;
    browser.end().await;
}
