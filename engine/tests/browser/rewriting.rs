//! What has happened can be taken back, narrated again, edited, and branched.

use fantoccini::Locator;
use fantoccini::key::Key;
use serde_json::json;

use crate::browser::Browser;
use crate::site::{GATE, Site};

/// Condition: nothing is under way, and the player's last message is this one, with these words behind it.
fn settled(message: &str, narration: &str) -> String {
    format!(
        "(() => {{
            const turn = [...document.querySelectorAll('#story > li')].findLast((turn) => turn.querySelector('.message').textContent);
            return !document.querySelector('#story > li:is(.sending, .waiting, .writing)')
                && turn?.querySelector('.message').textContent === {}
                && turn.querySelector('.narration').textContent === {}
                && turn.querySelector('.tools').children.length > 0;
        }})()",
        json!(message),
        json!(narration)
    )
}

/// Condition: the player's line holds this.
fn written(words: &str) -> String {
    format!("document.getElementById('message').value === {}", json!(words))
}

/// A game in which two messages were said.
async fn narrated(browser: &Browser, site: &Site) {
    let game = site.new_game().await;
    browser.open(&site.url(""), &game).await;
    browser.say("I wait").await;
    browser.until(&settled("I wait", "First.")).await;
    browser.say("I ring the bell").await;
    browser.until(&settled("I ring the bell", "Second.")).await;
}

async fn site() -> Site {
    Site::narrating(&json!([{ "text": "First." }, { "text": "Second." }, { "text": "Third." }])).await
}

#[tokio::test]
async fn a_turn_is_taken_back_on_every_page_of_the_game() {
    let Some(browser) = Browser::start().await else { return };
    let Some(other) = Browser::start().await else { return };
    let site = site().await;
    narrated(&browser, &site).await;
    let address = browser.page.current_url().await.unwrap();
    other.page.goto(address.as_str()).await.unwrap();
    other.until(&settled("I ring the bell", "Second.")).await;

    browser.choose("Take back").await;
    browser.until(&settled("I wait", "First.")).await;
    other.until(&settled("I wait", "First.")).await;
    // What was said can be sent again, or changed.
    browser.until(&written("I ring the bell")).await;
    other.end().await;
    browser.end().await;
}

#[tokio::test]
async fn while_something_is_unfinished_undo_takes_back_the_newest_message_alone() {
    let Some(browser) = Browser::start().await else { return };
    let gated = json!({ "text": "The bell rings out.", "gate": { "name": GATE, "after_chunks": 2 } });
    let site = Site::narrating(&json!([{ "text": "First." }, gated])).await;
    let game = site.new_game().await;
    browser.open(&site.url(""), &game).await;
    browser.say("I wait").await;
    browser.until(&settled("I wait", "First.")).await;
    browser.say("I ring the bell").await;
    browser.until("document.querySelector('#story > li:last-child.writing')").await;
    browser.say("I call").await;
    browser.until("document.querySelector('#story > li:last-child.waiting')").await;

    // What has happened stays as it is, whatever is asked for.
    for code in ["KeyR", "KeyR"] {
        browser.press_with_alt(code).await;
        browser
            .until("document.getElementById('problem').textContent.startsWith('The narrator is still at work.')")
            .await;
    }
    browser.press_with_alt("KeyU").await;
    browser.until(&written("I call")).await;
    assert_eq!(browser.state().await[0], "I ring the bell");
    browser.press_with_alt("KeyU").await;
    browser.until(&written("I ring the bell\nI call")).await;
    browser.until(&settled("I wait", "First.")).await;
    // Not on the page alone.
    browser.page.refresh().await.unwrap();
    browser.until(&settled("I wait", "First.")).await;
    browser.end().await;
}

#[tokio::test]
async fn undo_and_retry_after_a_failed_turn_are_about_the_failed_message() {
    let Some(browser) = Browser::start().await else { return };
    let refusal = json!({ "fault": { "status": 400, "message": "no" } });
    let site = Site::narrating(&json!([{ "text": "First." }, refusal, { "text": "Second." }, refusal])).await;
    let failed = "document.querySelector('#story > li:last-child').className === 'failed'";
    let game = site.new_game().await;
    browser.open(&site.url(""), &game).await;
    browser.say("I wait").await;
    browser.until(&settled("I wait", "First.")).await;
    browser.say("I ring the bell").await;
    browser.until(failed).await;
    browser.press_with_alt("KeyR").await;
    browser.until(&settled("I ring the bell", "Second.")).await;
    assert_eq!(browser.page.find_all(Locator::Css("#story > li")).await.unwrap().len(), 3, "an opening and two turns");

    for key in ["KeyU", "ArrowUp"] {
        browser.say("I call").await;
        browser.until(failed).await;
        match key {
            "KeyU" => browser.press_with_alt(key).await,
            _ => browser.press(&[Key::Up.to_string()]).await,
        }
        browser.until(&written("I call")).await;
        browser.until(&settled("I ring the bell", "Second.")).await;
        let clear = "const field = document.getElementById('message'); field.value = ''; field.dispatchEvent(new Event('input'))";
        browser.page.execute(clear, vec![]).await.unwrap();
    }
    browser.end().await;
}

#[tokio::test]
async fn a_message_is_narrated_again_and_the_earlier_narration_comes_back() {
    let Some(browser) = Browser::start().await else { return };
    let site = site().await;
    narrated(&browser, &site).await;
    browser.choose("Tell it again").await;
    browser.until(&settled("I ring the bell", "Third.")).await;
    browser.choose("‹").await;
    browser.until(&settled("I ring the bell", "Second.")).await;
    browser.end().await;
}

#[tokio::test]
async fn a_button_that_is_pressed_twice_acts_once() {
    let Some(browser) = Browser::start().await else { return };
    let site = site().await;
    narrated(&browser, &site).await;
    browser.choose("Tell it again").await;
    browser.until(&settled("I ring the bell", "Third.")).await;
    let press_twice = "
        const { fetch } = window;
        let calls = 0;
        window.fetch = (path, options) => {
            if (path.endsWith('/choose')) calls += 1;
            return fetch(path, options);
        };
        const earlier = document.getElementById('earlier');
        earlier.click();
        earlier.click();
        return calls;";
    assert_eq!(browser.page.execute(press_twice, vec![]).await.unwrap(), 1);
    browser.until(&settled("I ring the bell", "Second.")).await;
    browser.end().await;
}

#[tokio::test]
async fn what_was_said_is_changed_where_it_stands_with_the_keyboard_alone() {
    let Some(browser) = Browser::start().await else { return };
    let site = site().await;
    narrated(&browser, &site).await;
    browser.press(&[Key::Up.to_string()]).await;
    browser.until("document.activeElement.closest('form.rewrite')").await;
    browser.press(&[" twice".to_owned(), Key::Enter.to_string()]).await;
    browser.until(&settled("I ring the bell twice", "Third.")).await;
    browser.end().await;
}

#[tokio::test]
async fn a_story_goes_another_way_and_the_first_one_stays() {
    let Some(browser) = Browser::start().await else { return };
    let site = site().await;
    narrated(&browser, &site).await;
    let first = browser.page.current_url().await.unwrap();
    browser.choose_in_menu("#story .menu", "Go another way from here").await;
    browser.until(&settled("I wait", "First.")).await;
    assert_ne!(browser.page.current_url().await.unwrap(), first);
    browser.page.goto(first.as_str()).await.unwrap();
    browser.until(&settled("I ring the bell", "Second.")).await;
    browser.end().await;
}

#[tokio::test]
async fn a_story_is_deleted_only_after_a_moment_to_think_better_of_it() {
    let Some(browser) = Browser::start().await else { return };
    let site = site().await;
    site.new_game().await;
    let page = &browser.page;
    page.goto(&site.url("/play")).await.unwrap();
    browser.until("document.querySelectorAll('#games > li').length === 1").await;
    browser.choose_in_menu("#games .menu", "Delete").await;
    browser.until("document.querySelectorAll('#games > li').length === 0").await;
    browser.answer("Keep it").await;
    browser.until("document.querySelectorAll('#games > li').length === 1").await;
    page.refresh().await.unwrap();
    browser.until("document.querySelectorAll('#games > li').length === 1").await;
    // A page that is left before the time is over deletes nothing.
    browser.choose_in_menu("#games .menu", "Delete").await;
    browser.until("document.querySelectorAll('#games > li').length === 0").await;
    page.refresh().await.unwrap();
    browser.until("document.querySelectorAll('#games > li').length === 1").await;
    browser.end().await;
}

#[tokio::test]
async fn a_story_that_was_saved_as_a_file_comes_back_as_a_new_one() {
    let Some(browser) = Browser::start().await else { return };
    let site = site().await;
    narrated(&browser, &site).await;
    let address = browser.page.current_url().await.unwrap();
    let export = site.url(&format!("/v1/gamestate/{}/export", address.fragment().unwrap()));
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let saved = client.get(export).send().await.unwrap().bytes().await.unwrap();
    let file = tempfile::Builder::new().suffix(".json").tempfile().unwrap();
    std::fs::write(file.path(), saved).unwrap();

    browser.page.goto(&site.url("/play")).await.unwrap();
    browser.until("document.querySelectorAll('#games > li').length === 1").await;
    let chosen = browser.page.find(Locator::Id("import")).await.unwrap();
    chosen.send_keys(file.path().to_str().unwrap()).await.unwrap();
    browser.until(&settled("I ring the bell", "Second.")).await;
    assert_ne!(browser.page.current_url().await.unwrap(), address);
    browser.end().await;
}

#[tokio::test]
async fn a_file_that_is_no_saved_story_is_refused_beside_the_button() {
    let Some(browser) = Browser::start().await else { return };
    let site = site().await;
    browser.page.goto(&site.url("/play")).await.unwrap();
    browser.until("document.querySelectorAll('#scenarios button').length > 0").await;
    for text in ["{ \"name\": \"a recipe\" }", "null", "no JSON"] {
        let file = tempfile::Builder::new().suffix(".json").tempfile().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let empty = "document.getElementById('import-problem').textContent = ''";
        browser.page.execute(empty, vec![]).await.unwrap();
        let chosen = browser.page.find(Locator::Id("import")).await.unwrap();
        chosen.send_keys(file.path().to_str().unwrap()).await.unwrap();
        browser.until("document.getElementById('import-problem').textContent === 'This is no saved story.'").await;
    }
    browser.end().await;
}

#[tokio::test]
async fn a_narration_is_changed_where_it_stands() {
    let Some(browser) = Browser::start().await else { return };
    let site = site().await;
    narrated(&browser, &site).await;
    browser.choose_in_menu("#story > li:last-child .menu", "Change the narration").await;
    browser.until("document.activeElement.closest('form.rewrite')").await;
    browser.press(&[" Or so.".to_owned(), Key::Enter.to_string()]).await;
    browser.until(&settled("I ring the bell", "Second. Or so.")).await;
    browser.end().await;
}

#[tokio::test]
async fn several_turns_are_taken_back_only_after_a_question() {
    let Some(browser) = Browser::start().await else { return };
    let site = site().await;
    narrated(&browser, &site).await;
    // The opening is no turn, and the first turn has its menu.
    browser.choose_in_menu("#story .menu", "Back to here").await;
    browser.until("document.getElementById('problem').textContent === 'Take back one turn?'").await;
    browser.answer("Take back").await;
    browser.until(&settled("I wait", "First.")).await;
    browser.end().await;
}
