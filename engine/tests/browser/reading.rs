//! How the page looks and reads: Markdown, small screens, the panel, and another language.

use fantoccini::Locator;
use fantoccini::key::Key;
use serde_json::json;

use crate::browser::Browser;
use crate::site::{GATE, Site};

#[tokio::test]
async fn a_models_markdown_is_shown_and_its_html_is_not() {
    let Some(browser) = Browser::start().await else { return };
    let text = "A **bold** word, an *odd* one, snake_case_word.\n\nIt says <img src=x onerror=\"alert(1)\">, and\n\
                a line.\n\n- a `*rope*`\n- an oar";
    let site = Site::narrating(&json!([{ "text": text }])).await;
    let game = site.new_game().await;

    browser.open(&site.url(""), &game).await;
    browser.say("I look").await;
    browser.story_ends_with("an oar").await;
    browser.until("document.querySelector('#story > li:last-child').className === ''").await;
    let html = "return document.querySelector('#story > li:last-child .narration').innerHTML.replaceAll(/ (dir|class)=\"\\w*\"/g, '')";
    let html = browser.page.execute(html, vec![]).await.unwrap();
    assert_eq!(
        html,
        "<p>A <strong>bold</strong> word, an <em>odd</em> one, snake_case_word.</p>\
         <p>It says &lt;img src=x onerror=”alert(1)”&gt;, and<br>a line.</p>\
         <ul><li>a <code>*rope*</code></li><li>an oar</li></ul>"
    );
    browser.end().await;
}

#[tokio::test]
async fn what_is_in_sight_writes_the_message_on_every_screen() {
    let Some(browser) = Browser::start().await else { return };
    let site = Site::start().await;
    let game = site.new_game().await;
    let page = &browser.page;

    for (width, is_sheet) in [(320, true), (800, true), (1280, false)] {
        browser.resize(width, 700).await;
        browser.open(&site.url(""), &game).await;
        let overflow = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
        assert_eq!(page.execute(overflow, vec![]).await.unwrap(), 0, "{width} px");
        let panel = page.find(Locator::Id("panel")).await.unwrap();
        assert_eq!(panel.is_displayed().await.unwrap(), !is_sheet, "{width} px");
        if is_sheet {
            page.find(Locator::Id("look")).await.unwrap().click().await.unwrap();
        }
        let text = panel.text().await.unwrap();
        assert!(text.contains("Landing") && text.contains("west: The causeway is under water"), "{text}");
        // Who and what is elsewhere is not shown.
        assert!(!text.contains("Odile") && !text.contains("tin mug"), "{text}");
        for chip in ["north", "brass lantern"] {
            let click =
                "[...document.querySelectorAll('.chip')].find((chip) => chip.textContent === arguments[0]).click()";
            page.execute(click, vec![json!(chip)]).await.unwrap();
        }
        browser.until("document.getElementById('message').value === 'Go north brass lantern'").await;
        page.execute("localStorage.clear(); location.hash = ''", vec![]).await.unwrap();
        browser.until("document.querySelectorAll('#scenarios button').length > 0").await;
        assert_eq!(page.execute(overflow, vec![]).await.unwrap(), 0, "{width} px");
    }
    browser.end().await;
}

#[tokio::test]
async fn a_reader_chooses_language_size_and_colours_and_they_stay() {
    let Some(browser) = Browser::start().await else { return };
    let site = Site::start().await;
    site.model.admin().root().gates().open(GATE);
    let page = &browser.page;

    page.goto(&site.url("/play")).await.unwrap();
    browser.until("document.querySelectorAll('#scenarios button').length > 0").await;
    for (name, value) in [("language", "de"), ("size", "huge"), ("theme", "dark"), ("motion", "reduced")] {
        let choose = "const select = document.getElementById('set-' + arguments[0]); select.value = arguments[1];
                      select.dispatchEvent(new Event('change'))";
        page.execute(choose, vec![json!(name), json!(value)]).await.unwrap();
    }
    page.refresh().await.unwrap();
    browser.until("document.querySelectorAll('#scenarios button').length > 0").await;
    assert_eq!(browser.text("begin").await, "Eine Geschichte beginnen");
    let root = "const { lang, dataset } = document.documentElement;
                return [lang, dataset.size, dataset.theme, dataset.motion, getComputedStyle(document.body).fontSize,
                        getComputedStyle(document.body).backgroundColor]";
    let root = page.execute(root, vec![]).await.unwrap();
    assert_eq!(root, json!(["de", "huge", "dark", "reduced", "25.875px", "rgb(23, 22, 26)"]));
    browser.end().await;
}

#[tokio::test]
async fn the_page_can_be_installed_as_an_app() {
    let Some(browser) = Browser::start().await else { return };
    let site = Site::start().await;
    browser.page.goto(&site.url("/play")).await.unwrap();
    browser.until("document.querySelectorAll('#scenarios button').length > 0").await;
    let reasons = browser.devtools("Page.getInstallabilityErrors", json!({})).await;
    assert_eq!(reasons["installabilityErrors"], json!([]));
    browser.end().await;
}

#[tokio::test]
async fn a_narration_is_read_aloud_when_it_is_whole_and_until_the_player_goes_on() {
    let Some(browser) = Browser::start().await else { return };
    let site = Site::narrating(&json!([{ "text": "A *bell* rings." }])).await;
    let game = site.new_game().await;
    browser.open(&site.url(""), &game).await;
    // Where there are no voices, nothing is read: so this one writes down what it is given.
    let voice = "window.read = [];
        speechSynthesis.speak = ({ text }) => read.push(text);
        speechSynthesis.cancel = () => read.push('-');
        const select = document.getElementById('set-speech'); select.value = 'on'; select.dispatchEvent(new Event('change'))";
    browser.page.execute(voice, vec![]).await.unwrap();
    browser.say("I wait").await;
    browser.until("document.querySelector('#story > li:last-child .tools')?.children.length > 0").await;
    browser.press(&[Key::Escape.to_string()]).await;
    browser.choose_in_menu("#story > li:last-child .menu", "Read aloud").await;
    let read = browser.page.execute("return window.read", vec![]).await.unwrap();
    assert_eq!(read, json!(["-", "-", "A bell rings.", "-", "-", "A bell rings."]));
    browser.end().await;
}
