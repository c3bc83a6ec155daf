//! The player's stories: found among many, named, and begun.

use fantoccini::Locator;
use fantoccini::key::Key;
use serde_json::json;

use crate::browser::Browser;
use crate::site::Site;

async fn listed(browser: &Browser, count: usize) {
    browser.until(&format!("document.querySelectorAll('#games > li').length === {count}")).await;
}

#[tokio::test]
async fn one_story_among_many_is_named_and_found() {
    let Some(browser) = Browser::start().await else { return };
    let site = Site::start().await;
    for _ in 0..21 {
        site.new_game().await;
    }
    let page = &browser.page;
    page.goto(&site.url("/play")).await.unwrap();
    listed(&browser, 20).await;
    page.find(Locator::Id("more")).await.unwrap().click().await.unwrap();
    listed(&browser, 21).await;
    assert!(!page.find(Locator::Id("more")).await.unwrap().is_displayed().await.unwrap(), "there are no more");

    browser.choose_in_menu("#games > li:last-child .menu", "Rename").await;
    browser.until("document.activeElement.closest('form.rename')").await;
    browser.press(&["Moonless".to_owned(), Key::Enter.to_string()]).await;
    browser.until("document.querySelector('#games > li:last-child strong')?.textContent === 'Moonless'").await;
    page.find(Locator::Id("search")).await.unwrap().send_keys("moonL").await.unwrap();
    listed(&browser, 1).await;
    // It is also found where it is not listed yet.
    page.refresh().await.unwrap();
    listed(&browser, 20).await;
    page.find(Locator::Id("search")).await.unwrap().send_keys("Moonless").await.unwrap();
    listed(&browser, 1).await;
    browser.end().await;
}

#[tokio::test]
async fn a_story_begins_with_the_character_the_rules_and_the_name_of_its_sheet() {
    let Some(browser) = Browser::start().await else { return };
    let site = Site::start().await;
    let page = &browser.page;
    page.goto(&site.url("/play")).await.unwrap();
    browser.until("document.querySelectorAll('#scenarios button').length > 0").await;
    let open = "[...document.querySelectorAll('#scenarios button')].find((card) => card.textContent.includes('Ferry')).click()";
    page.execute(open, vec![]).await.unwrap();
    browser.until("document.querySelector('#sheet')?.open").await;
    // A character that was written for another story is not offered.
    let people = "return [...document.querySelector('#sheet [name=character]').options].map((option) => option.value)";
    let people = page.execute(people, vec![]).await.unwrap();
    let people = people.as_array().unwrap();
    assert!(people.contains(&json!("classic")) && !people.contains(&json!("piano_tuner")), "{people:?}");
    let fill =
        "const [rules, name] = [document.querySelector('#sheet [name=rules]'), document.querySelector('#sheet input')];
        rules.value = 'relaxed'; name.value = 'Night boat'; document.querySelector('#sheet form').requestSubmit()";
    page.execute(fill, vec![]).await.unwrap();
    browser.until("document.activeElement.id === 'message'").await;
    assert_eq!(browser.text("title").await, "Night boat");
    let rules = "const [done] = arguments; fetch('/v1/gamestate/' + location.hash.slice(1))
        .then((answer) => answer.json()).then((game) => done(game.rules))";
    assert_eq!(page.execute_async(rules, vec![]).await.unwrap(), "relaxed");
    browser.end().await;
}

#[tokio::test]
async fn where_a_key_is_asked_for_a_player_signs_in_plays_and_signs_out() {
    let Some(browser) = Browser::start().await else { return };
    let key = format!("se_{}", "0123456789abcdef".repeat(3));
    let site = Site::locked(&key).await;
    let page = &browser.page;
    page.goto(&site.url("/play")).await.unwrap();
    browser.until("document.activeElement.id === 'key'").await;
    browser.press(&["se_wrong".to_owned(), Key::Enter.to_string()]).await;
    browser.until("document.getElementById('problem').textContent.startsWith('This key is not valid')").await;
    page.execute("document.getElementById('key').value = arguments[0]", vec![json!(key)]).await.unwrap();
    browser.press(&[Key::Enter.to_string()]).await;
    browser.until("document.querySelectorAll('#scenarios button').length > 0").await;
    assert!(!page.find(Locator::Id("notice")).await.unwrap().is_displayed().await.unwrap());
    page.find(Locator::Css("#scenarios button")).await.unwrap().click().await.unwrap();
    browser.until("document.querySelector('#sheet')?.open").await;
    browser.press(&[Key::Enter.to_string()]).await;
    browser.until("document.activeElement.id === 'message'").await;
    browser.say("I ring the bell").await;
    browser.story_ends_with("It rings.").await;
    // The next person at this browser cannot go on with it.
    page.find(Locator::Css("#settings summary")).await.unwrap().click().await.unwrap();
    page.find(Locator::Css("#choices button")).await.unwrap().click().await.unwrap();
    browser.until("document.activeElement.id === 'key'").await;
    page.refresh().await.unwrap();
    browser.until("document.activeElement.id === 'key'").await;
    assert!(page.find(Locator::Css("#choices button")).await.is_err(), "nobody is signed in");
    browser.end().await;
}
