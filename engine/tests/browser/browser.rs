//! Headless Chromium behind a chromedriver of a test's own.

use std::error::Error;
use std::io::{BufRead, BufReader, ErrorKind};
use std::process::{Child, Command, Stdio};
use std::str::FromStr;

use axum::http::Method;
use fantoccini::actions::{InputSource as _, KeyAction, KeyActions};
use fantoccini::key::Key;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use url::Url;

/// A browser window. Dropping it ends the driver.
pub(crate) struct Browser {
    pub(crate) page: Client,
    _driver: Driver,
}

struct Driver(Child);

impl Driver {
    /// Starts a driver; none where there is none and the environment does not insist on one.
    fn spawn() -> Option<Self> {
        let spawned = Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        match spawned {
            Ok(driver) => Some(Self(driver)),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let required = std::env::var("STORY_ENGINE_REQUIRE_BROWSER").is_ok_and(|value| value == "1");
                assert!(!required, "there is no chromedriver on PATH, and STORY_ENGINE_REQUIRE_BROWSER=1 requires one");
                eprintln!("skipped: there is no chromedriver on PATH");
                None
            }
            Err(error) => panic!("chromedriver cannot be started: {error}"),
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// How often it is tried to start Chrome, each time by a driver of its own. On a busy machine Chrome now and then ends before its driver has
/// found it, and a driver finds its port taken; neither says anything of the page.
const STARTS: u32 = 4;

/// What a reader prefers.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Scheme {
    Light,
    Dark,
}

impl Browser {
    /// Opens a window; none where there is no browser and the environment does not insist on one.
    pub(crate) async fn start() -> Option<Self> {
        let mut tries = 1;
        loop {
            let driver = Driver::spawn()?;
            match Self::open_window(driver).await {
                Ok(browser) => return Some(browser),
                Err(error) if tries < STARTS => eprintln!("no window opens, trying again: {error}"),
                Err(error) => panic!("no window opens: {error}"),
            }
            tries += 1;
        }
    }

    async fn open_window(mut driver: Driver) -> Result<Self, Box<dyn Error>> {
        let mut lines = BufReader::new(driver.0.stdout.take().unwrap()).lines();
        let mut said = String::new();
        let port: u16 = loop {
            let Some(line) = lines.next() else { return Err(format!("chromedriver ends: {said}").into()) };
            let line = line?;
            if let Some((_, port)) = line.split_once("successfully on port ") {
                break port.trim_end_matches('.').parse()?;
            }
            said = said + &line + "\n";
        };
        // The driver must not stop at a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let options = json!({
            "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-proxy-server", "--hide-scrollbars"],
        });
        let capabilities = serde_json::Map::from_iter([("goog:chromeOptions".to_owned(), options)]);
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities);
        let page = builder.connect(&format!("http://127.0.0.1:{port}")).await?;
        Ok(Self { page, _driver: driver })
    }

    /// Returns once a condition holds: looked at whenever the page has changed, not again and again.
    pub(crate) async fn until(&self, condition: &str) {
        let script = format!(
            "const [done] = arguments;
             let looking = false;
             const look = () => {{
                 // A condition that presses a button may move the focus, and must not look again from within.
                 if (looking) return;
                 looking = true;
                 if ({condition}) {{ watch.disconnect(); removeEventListener('focusin', look); done(); }} else looking = false;
             }};
             const watch = new MutationObserver(look);
             watch.observe(document, {{ subtree: true, childList: true, characterData: true, attributes: true }});
             addEventListener('focusin', look);
             look();"
        );
        if let Err(error) = self.page.execute_async(&script, vec![]).await {
            let text = self.page.execute("return document.body.innerText", vec![]).await.unwrap();
            panic!("`{condition}` does not come true: {error}\n{text}");
        }
    }

    /// Returns once the last paragraph of the story ends so.
    pub(crate) async fn story_ends_with(&self, end: &str) {
        let last = "[...document.querySelectorAll('#story .narration')].at(-1)?.textContent.trim()";
        self.until(&format!("{last}?.endsWith({})", json!(end))).await;
    }

    /// The last turn as it is shown: what was said, what is narrated, and its stage.
    pub(crate) async fn state(&self) -> [String; 3] {
        let script = "const turn = document.querySelector('#story > li:last-child');
            return [turn.querySelector('.message').textContent, turn.querySelector('.narration').textContent, turn.className]";
        serde_json::from_value(self.page.execute(script, vec![]).await.unwrap()).unwrap()
    }

    /// Presses keys, wherever the focus is.
    pub(crate) async fn press(&self, keys: &[String]) {
        for key in keys.iter().flat_map(|text| text.chars()) {
            let actions = KeyActions::new("keyboard".to_owned())
                .then(KeyAction::Down { value: key })
                .then(KeyAction::Up { value: key });
            self.page.perform_actions(actions).await.unwrap();
        }
    }

    /// Presses a key with Alt in the message, by the key's place.
    pub(crate) async fn press_with_alt(&self, code: &str) {
        let script = "document.getElementById('message').dispatchEvent(
            new KeyboardEvent('keydown', { altKey: true, code: arguments[0], bubbles: true, cancelable: true }))";
        self.page.execute(script, vec![json!(code)]).await.unwrap();
    }

    /// Sets what the reader prefers.
    pub(crate) async fn prefer(&self, scheme: Scheme) {
        let value = match scheme {
            Scheme::Light => "light",
            Scheme::Dark => "dark",
        };
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": value }] });
        self.devtools("Emulation.setEmulatedMedia", features).await;
    }

    /// One of Chrome's own commands, which `WebDriver` does not have.
    pub(crate) async fn devtools(&self, command: &'static str, parameters: Value) -> Value {
        self.page.issue_cmd(Devtools(command, parameters)).await.unwrap()
    }

    /// Gives the page a screen of this size: a window cannot be as narrow as a telephone.
    pub(crate) async fn resize(&self, width: u32, height: u32) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// Opens a game and returns once the player can write.
    pub(crate) async fn open(&self, base: &str, game: &str) {
        self.page.goto(&format!("{base}/play#{game}")).await.unwrap();
        self.until("document.activeElement.id === 'message'").await;
    }

    /// Writes a message and presses Enter.
    pub(crate) async fn say(&self, words: &str) {
        self.page.find(Locator::Id("message")).await.unwrap().send_keys(words).await.unwrap();
        self.press(&[Key::Enter.to_string()]).await;
    }

    /// Presses the button with this text in the last turn.
    pub(crate) async fn choose(&self, text: &str) {
        self.press_button("#story > li:last-child button", text).await;
    }

    /// Presses the first of these buttons with this text, as soon as there is one: a turn gets its buttons after its text.
    async fn press_button(&self, buttons: &str, text: &str) {
        let button = format!(
            "[...document.querySelectorAll({})].find((button) => button.textContent === {})",
            json!(buttons),
            json!(text)
        );
        // One script looks and presses: between two of them, the page might draw the button again.
        self.until(&format!("(button => button && (button.click(), true))({button})")).await;
    }

    /// Opens a menu and presses the button with this text in it.
    pub(crate) async fn choose_in_menu(&self, menu: &str, text: &str) {
        self.until(&format!("document.querySelector({})", json!(menu))).await;
        let script = "const [menu, text, done] = arguments;
            const details = document.querySelector(menu);
            details.addEventListener('toggle', () => {
                [...details.querySelectorAll('button')].find((button) => button.textContent === text).click();
                done();
            }, { once: true });
            details.open = true;";
        self.page.execute_async(script, vec![json!(menu), json!(text)]).await.unwrap();
    }

    /// Presses the button with this text in the notice above the message.
    pub(crate) async fn answer(&self, text: &str) {
        self.press_button("#remedies button", text).await;
    }

    /// The text of an element as it is seen.
    pub(crate) async fn text(&self, id: &str) -> String {
        self.page.find(Locator::Id(id)).await.unwrap().text().await.unwrap()
    }

    pub(crate) async fn end(self) {
        self.page.clone().close().await.unwrap();
    }
}

#[derive(Debug)]
struct Devtools(&'static str, Value);

impl WebDriverCompatibleCommand for Devtools {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, <Url as FromStr>::Err> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        let command = json!({ "cmd": self.0, "params": self.1 });
        (Method::POST, Some(command.to_string()))
    }
}
