//! One adventure on every kind of server: whatever a server refuses and however it writes, each turn is narrated and committed.

use std::net::SocketAddr;

use engine::config::{Adapter, Config, ProviderConfig};
use mock_llm::{Ending, MockLlm, Profile, Record, Script};
use serde_json::json;

use crate::game::{Game, message};

/// So many turns are played; the history of so many does not fit a small window.
const TURNS: usize = 5;

/// So many calls may be refused before everything is learned, of a server with many rules and a window that it does not state.
const MOST_REFUSED: usize = 7;

/// What nobody may read: thoughts of models, words of servers, marks of templates.
const NOT_THE_STORY: [&str; 9] =
    ["thief", "think", "<|", "channel", "HTTP", "litellm", "tokens", "the script asks", "```"];

/// What the player reads in every turn: long enough to fill the window of a small server within the adventure.
fn narration() -> String {
    "You wait at the quay, and the tide turns without haste. ".repeat(24).trim_end().to_owned()
}

/// A model that narrates the same in every turn, on a server that is busy once, overloaded once and breaks off once.
fn script() -> Script {
    let asks_for_a_delta = json!({ "user": "Answer with the JSON object only" });
    let delta = json!({
        "user_location": null, "scene_change": null, "item_events": [], "npc_events": [], "set_vars": [],
        "game_ended": false
    });
    let overloaded = json!({ "fault": { "status": 503, "message": "The server is overloaded" } });
    let busy = json!({ "fault": { "status": 429, "retry_after_s": 0.2, "message": "Too many requests" } });
    let breaks_off =
        json!({ "text": narration(), "fault": { "error_after_frames": 2, "message": "an error of the script" } });
    let story = json!({ "text": narration() });
    let script = json!({ "speed": 0, "entries": [
        { "match": asks_for_a_delta, "replies": [{ "json": delta }, overloaded, { "json": delta }] },
        { "replies": [story, story, busy, story, breaks_off, story] },
    ] });
    Script::parse(&script.to_string(), "adventure").unwrap()
}

/// A provider for a server of this profile, with what an operator may have set and not every server knows.
fn provider(profile: &Profile) -> ProviderConfig {
    let adapter: Adapter = serde_json::from_value(profile.adapter().into()).unwrap();
    let mut provider = ProviderConfig::new(adapter, profile.model());
    provider.min_p = Some(0.05);
    provider.stop = vec!["THE END".to_owned()];
    provider.seed = Some(7);
    provider
}

/// Plays the adventure as this server, and returns what it was asked.
async fn play(name: &'static str, mut provider: ProviderConfig) -> Vec<Record> {
    let profile = Profile::load(name).unwrap();
    let (base_path, needs_key) = (profile.base_path().to_owned(), profile.needs_key());
    let mock = MockLlm::start_as(SocketAddr::from(([127, 0, 0, 1], 0)), script(), profile).await.unwrap();
    provider.base_url = Some(format!("{}{base_path}", mock.base_url()));
    // Any text is a key here.
    provider.api_key_env = needs_key.then(|| "HOME".to_owned());
    let mut config = Config::default();
    config.providers.insert("mock".to_owned(), provider);
    let game = Game::start(config).await;
    for turn in 1..=TURNS {
        let request = game.say("I wait on the quay.").await;
        let said = message(&request);
        assert_eq!(said, narration(), "{name}, turn {turn}");
        let result = request.result.as_ref().unwrap();
        assert!(result.rejections.is_empty() && !result.cut_short, "{name}, turn {turn}: {result:?}");
    }
    for text in game.shown().await {
        for word in NOT_THE_STORY {
            assert!(!text.contains(word), "{name}: a player read {word:?} in {text:?}");
        }
    }
    mock.admin().root().journal(0)
}

/// Calls that the profile refused, as opposed to faults of the script.
fn refused<'a>(name: &str, calls: &'a [Record]) -> Vec<&'a str> {
    let fault = |call: &'a Record| call.answer.fault.as_deref().filter(|_| call.ending == Ending::Fault);
    calls.iter().filter_map(fault).filter_map(|fault| fault.strip_prefix(name)).collect()
}

/// Plays on all these servers at once, and says which of them failed.
async fn play_all(plays: impl Iterator<Item = (&'static str, ProviderConfig)>) {
    let plays: Vec<_> = plays.map(|(name, provider)| (name, tokio::spawn(play(name, provider)))).collect();
    let mut failed = Vec::new();
    for (name, play) in plays {
        match play.await {
            Ok(calls) => {
                let refused = refused(name, &calls);
                // What a server refuses is learned, and not sent again.
                if refused.len() > MOST_REFUSED {
                    failed.push(format!("{name} refused {} calls: {refused:#?}", refused.len()));
                }
            }
            Err(panicked) => failed.push(format!("{name}: {panicked}")),
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_adventure_is_narrated_whole_and_clean_on_every_kind_of_server() {
    play_all(Profile::names().map(|name| (name, provider(&Profile::load(name).unwrap())))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_recipe_of_the_documentation_works_on_its_kind_of_server() {
    let documentation = include_str!("../../../docs/models.md");
    let recipes = documentation.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let mut recipes: Config = toml::from_str(recipes).unwrap();
    let servers = [
        ("local", "llama-cpp"),
        ("ollama", "ollama"),
        ("studio", "lm-studio"),
        ("vllm", "qwen"),
        ("router", "openrouter"),
        ("azure", "azure"),
        ("openai", "openai"),
        ("claude", "anthropic"),
        ("gemini", "gemini"),
        ("deepseek", "deepseek"),
        ("groq", "groq"),
        ("mistral", "mistral"),
        ("litellm", "litellm"),
    ];
    let plays = servers.map(|(recipe, server)| (server, recipes.providers.remove(recipe).unwrap()));
    assert!(recipes.providers.is_empty(), "recipes that nothing tries: {:?}", recipes.providers.keys());
    play_all(plays.into_iter()).await;
}
