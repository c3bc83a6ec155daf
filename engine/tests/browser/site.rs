//! The engine as it is shipped, with a scripted model that stops in the middle of a sentence until a gate is opened.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use client::{Client, Item, Since};
use futures::StreamExt as _;
use mock_llm::{MockLlm, Script};
use protocol::Event;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The gate in the middle of the sentence.
pub(crate) const GATE: &str = "middle";

/// The content of the small world of these tests.
const WORLD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/world");

/// A running engine. Dropping it ends the process.
pub(crate) struct Site {
    pub(crate) model: MockLlm,
    base: String,
    scenario: &'static str,
    engine: Child,
    _directory: TempDir,
}

impl Site {
    /// An engine whose model stops in the middle of its sentence.
    pub(crate) async fn start() -> Self {
        Self::narrating(&json!([{
            "text": "The bell rings out over the dark water.", "gate": { "name": GATE, "after_chunks": 4 },
        }]))
        .await
    }

    /// An engine for players with this key.
    pub(crate) async fn locked(key: &str) -> Self {
        let secret = TempDir::new().unwrap();
        let file = secret.path().join("key");
        std::fs::write(&file, key).unwrap();
        let keys = json!([{ "role": "player", "tenant": "acme", "user": "ada", "file": file }]);
        Self::run(&json!([{ "text": "It rings." }]), &[], json!({ "auth": { "mode": "keys", "keys": keys } })).await
    }

    /// An engine whose model narrates these replies, one after the other, and the last of them from then on.
    pub(crate) async fn narrating(replies: &Value) -> Self {
        Self::run(replies, &[], json!({})).await
    }

    /// An engine with the small world of these tests, which does not change when the shipped stories do. Its model narrates
    /// these texts, one after the other, and to these words of the player it answers with these effects.
    pub(crate) async fn with_world(texts: &[&str], effects: &[(&str, Value)]) -> Self {
        let replies = texts.iter().map(|text| json!({ "text": text })).collect();
        let mut site = Self::run(&replies, effects, json!({ "content": WORLD })).await;
        site.scenario = "lighthouse";
        site
    }

    async fn run(replies: &Value, effects: &[(&str, Value)], settings: Value) -> Self {
        let effect = |(words, effects): &(&str, Value)| {
            let said = json!({ "kind": "json", "user": { "regex": format!("<player>[^<]*{words}") } });
            json!({ "match": said, "reply": { "json": delta(effects) } })
        };
        let mut entries: Vec<_> = effects.iter().map(effect).collect();
        entries.push(json!({ "match": { "kind": "json" }, "reply": { "json": delta(&json!({})) } }));
        entries.push(json!({ "match": {}, "replies": replies }));
        let script = json!({ "speed": 0, "chunk": "word", "entries": entries });
        let script = Script::parse(&script.to_string(), "script.json").unwrap();
        let model = MockLlm::start(SocketAddr::from(([127, 0, 0, 1], 0)), script).await.unwrap();
        let directory = TempDir::new().unwrap();
        let provider = json!({ "adapter": "openai", "model": "mock", "base_url": format!("{}/v1/", model.base_url()) });
        let mut config = settings;
        config["data_dir"] = json!(directory.path().join("data"));
        config["providers"] = json!({ "mock": provider });
        let path = directory.path().join("engine.json");
        std::fs::write(&path, config.to_string()).unwrap();
        let mut engine = Command::new(env!("CARGO_BIN_EXE_engine"))
            .arg("--config")
            .arg(path)
            .args(["--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(engine.stdout.take().unwrap()).lines().map(Result::unwrap);
        let line = lines.find(|line| line.contains("listening on")).unwrap();
        // The engine must not stop at a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let base = line.split_whitespace().last().unwrap().trim_end_matches('/').to_owned();
        Self { model, base, scenario: "ferry_crossing", engine, _directory: directory }
    }

    /// Begins a game: in the small world of these tests, or of the shipped scenario with a bell in it. Returns its id.
    pub(crate) async fn new_game(&self) -> String {
        let request = reqwest::Client::builder().no_proxy().build().unwrap().post(self.url("/v1/gamestate"));
        let game: Value =
            request.json(&json!({ "scenario": self.scenario })).send().await.unwrap().json().await.unwrap();
        game["id"].as_str().unwrap().to_owned()
    }

    /// Says something in a game, from elsewhere than the page.
    pub(crate) async fn say(&self, game: &str, words: &str) {
        let request = reqwest::Client::builder().no_proxy().build().unwrap().post(self.url("/v1/chat"));
        let said = json!({ "game_state_id": game, "message": words });
        request.json(&said).send().await.unwrap().error_for_status().unwrap();
    }

    /// Returns once a turn of this game has been committed with this narration.
    pub(crate) async fn until_narrated(&self, game: &str, narration: &str) {
        let mut events = Client::new(&self.base).unwrap().game_events(game.parse().unwrap(), Since::Beginning);
        while let Some(item) = events.next().await {
            if let Item::Event { event: Event::RequestCompleted(completed), .. } = item
                && completed.result.message == narration
            {
                return;
            }
        }
        panic!("the events of the game end without {narration:?}");
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

/// A delta with these effects and no others.
fn delta(effects: &Value) -> Value {
    let mut delta = json!({
        "user_location": null, "scene_change": null, "item_events": [], "npc_events": [], "set_vars": [], "game_ended": false,
    });
    for (name, effect) in effects.as_object().unwrap() {
        delta[name] = effect.clone();
    }
    delta
}

impl Drop for Site {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.engine.kill();
        let _ = self.engine.wait();
    }
}
