//! The main screens of the page, as rules and pictures are held to them.

use fantoccini::Locator;
use serde_json::json;

use crate::around::{climb, lighthouse, say};
use crate::browser::Browser;
use crate::site::Site;

/// A screen that a player comes to, in the order in which they do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Screen {
    /// The list of stories.
    Menu,
    /// The sheet before a story begins.
    Sheet,
    /// A story in the middle, with what the rules refused.
    Game,
    /// What is around the player, as a sheet over the story where there is no room for it.
    Panel,
    /// A story that has ended.
    End,
}

impl Screen {
    pub(crate) const ALL: [Self; 5] = [Self::Menu, Self::Sheet, Self::Game, Self::Panel, Self::End];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Menu => "menu",
            Self::Sheet => "sheet",
            Self::Game => "game",
            Self::Panel => "panel",
            Self::End => "end",
        }
    }

    /// Goes on to this screen, from the one before it.
    pub(crate) async fn show(self, browser: &Browser, site: &Site) {
        let page = &browser.page;
        match self {
            Self::Menu => {
                page.goto(&site.url("/play")).await.unwrap();
                browser.until("document.querySelectorAll('#scenarios button').length > 0").await;
            }
            Self::Sheet => {
                page.find(Locator::Css("#scenarios button")).await.unwrap().click().await.unwrap();
                browser.until("document.querySelector('#sheet')?.open").await;
            }
            Self::Game => {
                page.execute("document.getElementById('sheet').close()", vec![]).await.unwrap();
                let game = site.new_game().await;
                page.execute("location.hash = arguments[0]", vec![json!(game)]).await.unwrap();
                browser.until("document.activeElement.id === 'message'").await;
                climb(browser).await;
                say(browser, "I take the kettle.", "is elsewhere.").await;
                browser.until("document.querySelectorAll('.map .room').length === 3").await;
            }
            Self::Panel => {
                page.execute("document.getElementById('look').click()", vec![]).await.unwrap();
                browser.until("document.getElementById('panel').classList.contains('open')").await;
            }
            Self::End => {
                page.execute("document.getElementById('look').click()", vec![]).await.unwrap();
                say(browser, "I light the lamp.", "the harbour.").await;
                browser.until("!document.getElementById('end').hidden").await;
            }
        }
    }
}

/// A site whose story has all of these screens.
pub(crate) async fn site() -> Site {
    lighthouse().await
}
