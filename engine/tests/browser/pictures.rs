//! Pictures of the main screens, at two widths, by day and by night, against those in `pictures/`.
//!
//! Two machines with other fonts break lines elsewhere, so their pictures differ everywhere. The page is therefore shown in a
//! font of these tests, in which every character is the same box. What is left is what a picture is for: where things are,
//! how large they are and what colour they have. Boxes of elements alone were the other choice; they see no colour, no border
//! and nothing that covers another thing.
//!
//! `PICTURES=renew cargo nextest run -p engine --test browser pictures` renews them.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::browser::{Browser, Scheme};
use crate::screens::{self, Screen};

const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/pictures");
/// Where pictures go that differ, for a person to look at.
const DIFFERENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/pictures");

/// How large a share of a picture may have another colour: edges are smoothed differently by other versions of a browser.
const TOLERANCE: f64 = 0.002;

#[tokio::test]
async fn the_main_screens_look_as_in_their_pictures() {
    let Some(browser) = Browser::start().await else { return };
    let site = screens::site().await;
    let renew = std::env::var("PICTURES").is_ok_and(|value| value == "renew");
    let mut wrong = Vec::new();
    for screen in Screen::ALL {
        screen.show(&browser, &site).await;
        use_boxes(&browser).await;
        for (width, height) in [(390, 844), (1280, 800)] {
            if screen == Screen::Panel && width > 1000 {
                continue;
            }
            browser.resize(width, height).await;
            for scheme in [Scheme::Light, Scheme::Dark] {
                browser.prefer(scheme).await;
                let name = format!("{}-{width}-{}.png", screen.name(), format!("{scheme:?}").to_lowercase());
                let kept = Path::new(KEPT).join(&name);
                let taken = browser.page.screenshot().await.unwrap();
                let compared = compare(&browser, &taken, std::fs::read(&kept).ok()).await;
                let share = compared["share"].as_f64().unwrap();
                if share > TOLERANCE {
                    let to = if renew { kept } else { write_to(DIFFERENT, &name) };
                    std::fs::write(to, bytes(&compared["small"])).unwrap();
                    wrong.push(format!("{name}: {:.2} % of it differ", share * 100.0));
                }
            }
        }
    }
    assert!(
        renew || wrong.is_empty(),
        "{}\nThe new ones are in {DIFFERENT}. If they are right: PICTURES=renew, and look at them.",
        wrong.join("\n")
    );
    browser.end().await;
}

/// Shows the page in a font of boxes, without a cursor that blinks.
async fn use_boxes(browser: &Browser) {
    let script = "const [font, done] = arguments;
        const face = new FontFace('Boxes', Uint8Array.from(font).buffer, { weight: '100 900' });
        document.fonts.add(face);
        for (const name of ['--serif', '--sans']) document.documentElement.style.setProperty(name, 'Boxes');
        const still = new CSSStyleSheet();
        still.replaceSync('* { caret-color: transparent !important; animation: none !important; }');
        document.adoptedStyleSheets = [still];
        face.load().then(() => requestAnimationFrame(() => requestAnimationFrame(() => done())))";
    let font = include_bytes!("pictures/box.ttf").to_vec();
    browser.page.execute_async(script, vec![json!(font)]).await.unwrap();
}

/// The picture at a fifth of its size, and the share of it that has another colour than the one that is kept. The browser
/// reads and writes the pictures, so that the tests need no crate for that.
async fn compare(browser: &Browser, taken: &[u8], kept: Option<Vec<u8>>) -> Value {
    let script = include_str!("pictures/compare.js");
    browser.page.execute_async(script, vec![json!(taken), json!(kept)]).await.unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    serde_json::from_value(value.clone()).unwrap()
}

fn write_to(directory: &str, name: &str) -> PathBuf {
    std::fs::create_dir_all(directory).unwrap();
    Path::new(directory).join(name)
}
