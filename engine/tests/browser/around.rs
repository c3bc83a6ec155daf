//! What is around the player, where they have been, and where the story ends.

use fantoccini::Locator;
use fantoccini::key::Key;
use serde_json::json;

use crate::browser::Browser;
use crate::site::Site;

/// A site where the player walks up to the lamp, and lights it.
pub(crate) async fn lighthouse() -> Site {
    let texts = [
        "You climb the path.",
        "You climb the stairs to the lamp.",
        "You would like some tea, but the kettle is elsewhere.",
        "You strike a match, and the lamp takes it.",
        "The ship turns, and finds the harbour.",
    ];
    let kettle = json!({ "item": "kettle", "action": "acquire", "from": { "type": "location", "name": "cottage" } });
    let effects = [
        ("I go north", json!({ "user_location": "path" })),
        ("I go up", json!({ "user_location": "lamp_room" })),
        ("I take the kettle", json!({ "item_events": [kettle] })),
        ("I light the lamp", json!({ "set_vars": [{ "name": "lamp_lit", "value": "true" }] })),
    ];
    Site::with_world(&texts, &effects).await
}

/// Says something, and returns once it is narrated.
pub(crate) async fn say(browser: &Browser, words: &str, end: &str) {
    browser.say(words).await;
    browser.story_ends_with(end).await;
    browser.until("document.querySelector('#story > li:last-child .tools')?.children.length > 0").await;
}

pub(crate) async fn climb(browser: &Browser) {
    say(browser, "I go north.", "the path.").await;
    say(browser, "I go up.", "the lamp.").await;
}

#[tokio::test]
async fn the_map_shows_where_the_player_has_been_and_says_it_in_words() {
    let Some(browser) = Browser::start().await else { return };
    let site = lighthouse().await;
    let game = site.new_game().await;
    browser.open(&site.url(""), &game).await;
    assert_eq!(browser.page.find_all(Locator::Css(".map")).await.unwrap().len(), 0, "one place is no map");

    climb(&browser).await;
    let rooms = "return [...document.querySelectorAll('.map .room')].map((room) => [
        [...room.querySelectorAll('text')].map((line) => line.textContent).join(' '), room.classList.contains('here'),
        Number(room.querySelector('rect').getAttribute('x')), Number(room.querySelector('rect').getAttribute('y')) ])";
    browser.until("document.querySelectorAll('.map .room').length === 3").await;
    let rooms: Vec<(String, bool, i64, i64)> =
        serde_json::from_value(browser.page.execute(rooms, vec![]).await.unwrap()).unwrap();
    let [lamp, landing, path] = &rooms[..] else { panic!("{rooms:?}") };
    assert_eq!(
        (lamp.0.as_str(), landing.0.as_str(), path.0.as_str()),
        ("Lamp Room at the Top of…", "Landing", "Cliff Path")
    );
    assert_eq!([lamp.1, landing.1, path.1], [true, false, false]);
    // North is up, and up is not north.
    assert!(path.2 == landing.2 && path.3 < landing.3 && lamp.2 > path.2 && lamp.3 < path.3, "{rooms:?}");

    let words = "return [...document.querySelectorAll('.map + details li')].map((place) => place.textContent)";
    assert_eq!(
        browser.page.execute(words, vec![]).await.unwrap(),
        json!([
            "Lamp Room at the Top of the Tower (you are here): down to Cliff Path",
            "Landing: north to Cliff Path, west",
            // The cottage has not been seen.
            "Cliff Path: east, south to Landing, up to Lamp Room at the Top of the Tower",
        ])
    );
    let role = "const map = document.querySelector('.map svg'); return [map.role, map.ariaLabel]";
    assert_eq!(browser.page.execute(role, vec![]).await.unwrap(), json!(["img", "Map of 3 places"]));
    browser.end().await;
}

#[tokio::test]
async fn what_a_player_could_do_is_suggested_and_only_written_not_said() {
    let Some(browser) = Browser::start().await else { return };
    let site = lighthouse().await;
    let game = site.new_game().await;
    browser.resize(390, 800).await;
    browser.open(&site.url(""), &game).await;
    let idea =
        "[...document.querySelectorAll('#ideas button')].find((idea) => idea.textContent === 'I go north.').click()";
    browser.page.execute(idea, vec![]).await.unwrap();
    browser.until("document.getElementById('message').value === 'I go north.'").await;
    browser.press(&[Key::Enter.to_string()]).await;
    browser.story_ends_with("the path.").await;
    // Elsewhere, something else can be done.
    browser.until("document.getElementById('ideas').textContent.includes('I go up.')").await;
    browser.end().await;
}

#[tokio::test]
async fn what_the_rules_refused_stands_below_its_turn_also_after_a_reload() {
    let Some(browser) = Browser::start().await else { return };
    let site = lighthouse().await;
    let game = site.new_game().await;
    browser.open(&site.url(""), &game).await;
    climb(&browser).await;
    say(&browser, "I take the kettle.", "is elsewhere.").await;
    let refused = "document.querySelector('#story > li:last-child .refused summary')?.textContent === 'The rules did not allow one thing'";
    browser.until(refused).await;
    browser.page.refresh().await.unwrap();
    browser.until(refused).await;
    browser.end().await;
}

#[tokio::test]
async fn a_story_ends_by_name_and_goes_back_to_before_its_end() {
    let Some(browser) = Browser::start().await else { return };
    let site = lighthouse().await;
    let game = site.new_game().await;
    browser.open(&site.url(""), &game).await;
    climb(&browser).await;
    say(&browser, "I take the kettle.", "is elsewhere.").await;
    say(&browser, "I light the lamp.", "the harbour.").await;
    browser.until("!document.getElementById('end').hidden && document.getElementById('say').hidden").await;
    let end = browser.text("end").await;
    assert!(end.contains("A Light on the Headland\nYou left the rope where it lay."), "{end}");

    browser.page.find(Locator::Id("before-end")).await.unwrap().click().await.unwrap();
    browser.until("document.getElementById('end').hidden && !document.getElementById('say').hidden").await;
    // What was said can be said again, or changed, and the end is taken back.
    browser.until("document.getElementById('message').value === 'I light the lamp.'").await;
    browser.story_ends_with("is elsewhere.").await;
    say(&browser, "I light the lamp.", "the harbour.").await;
    browser.until("!document.getElementById('end').hidden").await;
    browser.page.find(Locator::Id("again")).await.unwrap().click().await.unwrap();
    browser.until("document.querySelector('#sheet')?.open").await;
    browser.press(&[Key::Enter.to_string()]).await;
    browser.until("document.querySelectorAll('#story > li').length === 1").await;
    browser.end().await;
}

#[tokio::test]
async fn in_a_fight_the_panel_shows_how_everybody_is() {
    let Some(browser) = Browser::start().await else { return };
    let site = Site::start().await;
    let game = site.new_game().await;
    browser.open(&site.url(""), &game).await;
    let show = "const [done] = arguments;
        import('/play/panel.js').then(({ showPanel }) => {
            showPanel({
                exits: [], things: [], inventory: [], map: [], hit_points: { hp: 7, max_hp: 12 },
                people: [{ name: 'Odile', health: 'unhurt' }], creatures: [{ name: 'Eel', health: 'badly_hurt' }],
            }, () => {});
            const around = document.getElementById('around');
            done([around.innerText.includes('7 / 12'), ...[...around.querySelectorAll('.chip')].map((chip) => chip.textContent)]);
        })";
    let shown = browser.page.execute_async(show, vec![]).await.unwrap();
    assert_eq!(shown, json!([true, "Odile", "Eel · badly hurt"]));
    browser.end().await;
}
