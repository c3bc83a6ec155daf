//! What a player meets when something goes wrong, and what the page offers them.

use fantoccini::Locator;
use fantoccini::key::Key;
use serde_json::json;

use crate::browser::Browser;
use crate::proxy::{self, Fault};
use crate::site::{GATE, Site};

#[tokio::test]
async fn where_events_are_held_back_the_page_asks_for_each_answer() {
    let Some(browser) = Browser::start().await else { return };
    let site = Site::start().await;
    site.model.admin().root().gates().open(GATE);
    let proxy = proxy::start(&site.url(""), Fault::HoldsEvents).await;
    let game = site.new_game().await;

    browser.open(&proxy, &game).await;
    browser.say("I ring the bell").await;
    // What was said is shown at once.
    assert_eq!(browser.state().await[0], "I ring the bell");
    browser.story_ends_with("over the dark water.").await;
    assert!(browser.text("link").await.contains("Live text does not get through here"));
    browser.say("I ring it again").await;
    browser.until("document.querySelectorAll('#story > li').length === 3").await;
    browser.story_ends_with("over the dark water.").await;
    browser.until("document.querySelector('#story > li:last-child').className === ''").await;
    assert_eq!(browser.state().await, ["I ring it again", "The bell rings out over the dark water.", ""]);
    browser.end().await;
}

#[tokio::test]
async fn what_happens_before_the_first_stream_comes_through_is_shown() {
    let Some(browser) = Browser::start().await else { return };
    let site = Site::start().await;
    site.model.admin().root().gates().open(GATE);
    let proxy = proxy::start(&site.url(""), Fault::RefusesTheFirstStream).await;
    let game = site.new_game().await;

    browser.open(&proxy, &game).await;
    // The page tries again after a second at the earliest.
    site.say(&game, "I ring the bell").await;
    site.until_narrated(&game, "The bell rings out over the dark water.").await;
    browser.story_ends_with("over the dark water.").await;
    assert_eq!(browser.state().await, ["I ring the bell", "The bell rings out over the dark water.", ""]);
    browser.end().await;
}

#[tokio::test]
async fn a_turn_that_was_taken_back_is_gone_although_the_game_could_not_be_read_at_first() {
    let Some(browser) = Browser::start().await else { return };
    let site = Site::start().await;
    site.model.admin().root().gates().open(GATE);
    let proxy = proxy::start(&site.url(""), Fault::RefusesAReadAfterAnUndo).await;
    let game = site.new_game().await;

    browser.open(&proxy, &game).await;
    browser.say("I ring the bell").await;
    browser.story_ends_with("over the dark water.").await;
    browser.until("document.querySelector('#story > li:last-child .tools').children.length > 0").await;
    browser.choose("Take back").await;
    browser.until("document.querySelectorAll('#story > li').length === 1").await;
    browser.until("document.getElementById('link').textContent === ''").await;
    browser.end().await;
}

#[tokio::test]
async fn a_lost_answer_keeps_nobody_from_going_on() {
    let Some(browser) = Browser::start().await else { return };
    let site = Site::start().await;
    site.model.admin().root().gates().open(GATE);
    let proxy = proxy::start(&site.url(""), Fault::LosesChatAnswers).await;
    let game = site.new_game().await;

    browser.open(&proxy, &game).await;
    browser.say("I ring the bell").await;
    browser.story_ends_with("over the dark water.").await;
    browser.say("I ring it again").await;
    browser.until("document.querySelectorAll('#story > li').length === 3").await;
    browser.story_ends_with("over the dark water.").await;
    browser.until("document.querySelector('#story > li:last-child').className === ''").await;
    assert_eq!(browser.state().await, ["I ring it again", "The bell rings out over the dark water.", ""]);

    // A draft survives a reload, and a message is not said again by it.
    browser.page.find(Locator::Id("message")).await.unwrap().send_keys("I wait for").await.unwrap();
    browser.page.refresh().await.unwrap();
    browser.until("document.getElementById('message').value === 'I wait for'").await;
    browser.until("document.querySelectorAll('#story > li').length === 3").await;
    browser.end().await;
}

#[tokio::test]
async fn a_turn_that_fails_says_so_where_it_is_read_and_can_be_tried_again() {
    let Some(browser) = Browser::start().await else { return };
    let refusal = json!({ "fault": { "status": 400, "message": "a vendor's words" } });
    let site = Site::narrating(&json!([refusal, { "text": "This time it rings." }])).await;
    let game = site.new_game().await;

    browser.open(&site.url(""), &game).await;
    browser.say("I ring the bell").await;
    browser.until("document.querySelector('#story > li:last-child').className === 'failed'").await;
    let note = "return document.querySelector('#story > li:last-child .state').firstChild.textContent";
    let note = browser.page.execute(note, vec![]).await.unwrap();
    assert_eq!(note, "This has not happened: the language model failed.");
    assert_eq!(browser.text("announcement").await, "This has not happened: the language model failed.", "not read out");
    // The history lacks it, and it is still there after a reload.
    browser.page.refresh().await.unwrap();
    browser.until("document.querySelector('#story > li:last-child')?.className === 'failed'").await;
    assert_eq!(browser.state().await, ["I ring the bell", "", "failed"]);
    browser.choose("Try again").await;
    browser.story_ends_with("This time it rings.").await;
    browser.until("document.querySelector('#story > li:last-child').className === ''").await;
    assert_eq!(browser.state().await, ["I ring the bell", "This time it rings.", ""]);
    // What was tried again is not shown a second time.
    browser.page.refresh().await.unwrap();
    browser.until("document.querySelectorAll('#story > li').length === 2").await;
    assert_eq!(browser.state().await, ["I ring the bell", "This time it rings.", ""]);
    browser.end().await;
}

#[tokio::test]
async fn the_narrator_can_be_stopped_and_the_message_edited() {
    let Some(browser) = Browser::start().await else { return };
    let site = Site::start().await;
    let game = site.new_game().await;

    browser.open(&site.url(""), &game).await;
    browser.say("I ring the bell").await;
    browser.story_ends_with("The bell rings out").await;
    browser.choose("Discard").await;
    browser.until("document.querySelector('#story > li:last-child').className === 'failed'").await;
    assert_eq!(browser.state().await, ["I ring the bell", "", "failed"]);
    browser.choose("Edit").await;
    browser.until("document.getElementById('message').value === 'I ring the bell'").await;
    browser.until("document.querySelectorAll('#story > li').length === 1").await;
    browser.end().await;
}

#[tokio::test]
async fn what_was_narrated_before_the_narrator_was_stopped_stays() {
    let Some(browser) = Browser::start().await else { return };
    let site = Site::start().await;
    let game = site.new_game().await;

    browser.open(&site.url(""), &game).await;
    browser.say("I ring the bell").await;
    browser.story_ends_with("The bell rings out").await;
    browser.press(&[Key::Escape.to_string()]).await;
    browser.until("document.querySelector('#story > li:last-child .tools button')").await;
    assert_eq!(browser.state().await, ["I ring the bell", "The bell rings out", ""]);
    browser.end().await;
}

#[tokio::test]
async fn a_story_that_is_deleted_says_so_and_leads_back() {
    let Some(browser) = Browser::start().await else { return };
    let site = Site::start().await;
    let game = site.new_game().await;

    browser.open(&site.url(""), &game).await;
    let record =
        "window.links = []; new MutationObserver(() => links.push(document.getElementById('link').textContent))
        .observe(document.getElementById('link'), { childList: true, characterData: true, subtree: true })";
    browser.page.execute(record, vec![]).await.unwrap();
    let delete = "fetch('/v1/gamestate/' + arguments[0], { method: 'DELETE' })";
    browser.page.execute(delete, vec![json!(game)]).await.unwrap();
    browser.until("document.getElementById('problem').textContent === 'This story has been deleted.'").await;
    let links = browser.page.execute("return links.filter((text) => text)", vec![]).await.unwrap();
    assert_eq!(links, json!([]), "it looks as if the connection were lost");
    let role = browser.page.find(Locator::Id("problem")).await.unwrap().attr("role").await.unwrap();
    assert_eq!(role.as_deref(), Some("alert"));
    let hidden = "return document.getElementById('say').hidden";
    assert_eq!(browser.page.execute(hidden, vec![]).await.unwrap(), true);
    // The way back has the focus.
    browser.press(&[Key::Enter.to_string()]).await;
    browser.until("document.querySelectorAll('#scenarios button').length > 0").await;
    // A bookmark of it leads here again.
    browser.page.goto(&site.url(&format!("/play#{game}"))).await.unwrap();
    browser.until("document.getElementById('problem').textContent.startsWith('There is no such story')").await;
    browser.end().await;
}

#[tokio::test]
async fn a_message_is_as_long_as_the_engine_counts_it() {
    let Some(browser) = Browser::start().await else { return };
    let site = Site::start().await;
    let game = site.new_game().await;

    browser.open(&site.url(""), &game).await;
    let write = "const message = document.getElementById('message'); message.value = 'é'.repeat(4097);
                 message.dispatchEvent(new Event('input'))";
    browser.page.execute(write, vec![]).await.unwrap();
    assert_eq!(browser.text("left").await, "-2 bytes left");
    browser.press(&[Key::Enter.to_string()]).await;
    browser.until("document.getElementById('problem').textContent.startsWith('This message has 8194 bytes')").await;
    // Seen where the player looks: between the story and the message.
    let seen = "const place = document.getElementById('problem').getBoundingClientRect();
                return place.top > 0 && place.bottom < innerHeight";
    assert_eq!(browser.page.execute(seen, vec![]).await.unwrap(), true);
    browser.press(&[Key::Backspace.to_string(), Key::Enter.to_string()]).await;
    browser.until("document.querySelectorAll('#story > li').length === 2").await;
    browser.end().await;
}
