//! What model servers are known to send, one kind after the other, and what a player reads of it.

use std::net::SocketAddr;
use std::time::Duration;

use engine::config::{Adapter, Config, ProviderConfig};
use mock_llm::{Kind, MockLlm, Profile, Record, Script};
use serde_json::{Value, json};
use store::Request;

use crate::game::{Game, message};
use crate::server::DELTA;

/// A game whose model plays a script as the server of a profile.
struct Scripted {
    mock: MockLlm,
    game: Game,
}

impl Scripted {
    async fn start(script: Value) -> Self {
        Self::start_as("", script).await
    }

    async fn start_as(profile: &str, script: Value) -> Self {
        let script = Script::parse(&script.to_string(), "test").unwrap();
        let profile = if profile.is_empty() { Profile::default() } else { Profile::load(profile).unwrap() };
        let mock = MockLlm::start_as(SocketAddr::from(([127, 0, 0, 1], 0)), script, profile).await.unwrap();
        let mut provider = ProviderConfig::new(Adapter::OpenAi, "test-model");
        provider.base_url = Some(format!("{}/v1", mock.base_url()));
        let mut config = Config::default();
        config.providers.insert("mock".to_owned(), provider);
        Self { mock, game: Game::start(config).await }
    }

    async fn say(&self, message: &str) -> Request {
        self.game.say(message).await
    }

    fn calls(&self, kind: Kind) -> Vec<Record> {
        self.mock.admin().root().journal(0).into_iter().filter(|call| call.kind == kind).collect()
    }
}

/// A script with this narration and this answer to every question for a delta.
fn script(narration: &Value, delta: &Value) -> Value {
    json!({ "speed": 0, "entries": [
        { "match": { "kind": "json" }, "reply": delta },
        { "reply": narration },
    ] })
}

fn nothing_changed() -> Value {
    json!({ "json": serde_json::from_str::<Value>(DELTA).unwrap() })
}

#[tokio::test]
async fn nothing_that_is_not_the_story_is_shown_or_committed() {
    for (text, expected) in [
        ("<think>\nThe ferryman is the thief.\n</think>\n\nThe door is locked.", "The door is locked."),
        ("<think></think>The door is locked.", "The door is locked."),
        ("The ferryman is the thief. </think>The door is locked.", "The door is locked."),
        (
            "<|channel|>analysis<|message|>The ferryman is the thief.<|end|><|start|>assistant<|channel|>final<|message|>The door is locked.",
            "The door is locked.",
        ),
        ("You stand still.<|im_end|>\n<|im_start|>user\nI go north<|im_end|>", "You stand still."),
        (
            "You wait.\n\n<rules>\n- Nothing exists but this.\n</rules>\n\nAda Finch: I go north.\nYou go north.",
            "You wait.",
        ),
        ("<think>a <think>The thief.</think> b The thief.</think>\nThe door is locked.", "The door is locked."),
        (
            "Here is my thought process: The ferryman is the thief.\n\nHere is my response: The door is locked.",
            "The door is locked.",
        ),
        ("assistant\n\nThe door is locked.", "The door is locked."),
        ("The door is locked.assistant\n\nAda goes north.", "The door is locked."),
        ("The door is locked.\nuser\nI go north.", "The door is locked."),
        ("You \u{0}see\u{7} \u{1b}[31mred\u{1b}[0m \u{202e}evil.", "You see red evil."),
    ] {
        for chunk in ["word", "char"] {
            let play = Scripted::start(script(&json!({ "text": text, "chunk": chunk }), &nothing_changed())).await;
            let request = play.say("I wait.").await;
            assert_eq!(message(&request), expected, "{text:?} by {chunk}");
            assert_eq!(play.game.shown().await, [expected], "{text:?} by {chunk}");
        }
    }
}

#[tokio::test]
async fn a_delta_is_read_however_its_json_is_written() {
    let string_in_string = serde_json::to_string(DELTA).unwrap();
    for text in [
        DELTA.replace("\"game_ended\":false}", "\"game_ended\":false,}"),
        DELTA.replace('{', "{ // nothing changed\n"),
        DELTA.replace('"', "'"),
        DELTA.replace("null", "None").replace("false", "False"),
        DELTA.replace("\"user_location\"", "\u{201c}user_location\u{201d}"),
        DELTA.replace("\"scene_change\":null", "\"scene_change\":\"\n\""),
        string_in_string,
        format!(r#"{{"type":"object","properties":{DELTA}}}"#),
        DELTA
            .replace("\"user_location\":null", "\"user_location\":\"null\"")
            .replace("\"scene_change\":null", "\"scene_change\":\"None\""),
        format!("Here it is:\n```json\n{DELTA}\n```\nNothing changed."),
    ] {
        let reply = json!({ "text": text, "fault": "wrong_schema" });
        let play = Scripted::start(script(&json!("You wait."), &reply)).await;
        let request = play.say("I wait.").await;
        assert_eq!(message(&request), "You wait.", "{text}");
        let rejections = &request.result.as_ref().unwrap().rejections;
        assert!(!rejections.iter().any(|rejection| rejection.reason.contains("not known")), "{text}: {rejections:?}");
        assert_eq!(play.calls(Kind::Json).len(), 1, "{text}");
    }
}

#[tokio::test]
async fn a_delta_in_the_arguments_of_a_tool_is_read() {
    let delta: Value = serde_json::from_str(DELTA).unwrap();
    let tool = json!({ "tools": [{ "name": "delta", "arguments": delta }] });
    let play = Scripted::start(script(&json!("You wait."), &tool)).await;
    let request = play.say("I wait.").await;
    assert_eq!((message(&request), request.result.as_ref().unwrap().rejections.len()), ("You wait.", 0));
}

#[tokio::test]
async fn a_narration_that_minds_no_limit_does_not_block_the_game() {
    let long = "You walk on and on, and the tide turns. ".repeat(650);
    let narrations = json!({ "replies": [long, "You rest."] });
    let delta = json!({ "match": { "kind": "json" }, "reply": nothing_changed() });
    let play = Scripted::start_as("vllm-4k", json!({ "speed": 0, "entries": [delta, narrations] })).await;
    let first = play.say("I walk on.").await;
    assert!(message(&first).len() < 10_000 && first.result.as_ref().unwrap().cut_short);
    for _ in 0..3 {
        let request = play.say("I rest.").await;
        assert_eq!((message(&request), request.attempt.0), ("You rest.", 1));
    }
}

#[tokio::test]
async fn every_call_has_one_system_message_and_then_alternates() {
    let delta = json!({ "match": { "user": "Answer with the JSON object only" }, "reply": nothing_changed() });
    let script = json!({ "speed": 0, "entries": [delta, { "reply": "You wait at the quay." }] });
    let play = Scripted::start(script).await;
    for _ in 0..3 {
        message(&play.say("I wait.").await);
    }
    for call in play.mock.admin().root().journal(0) {
        let roles: Vec<&str> = call.messages.iter().map(|message| message.role.name()).collect();
        let (first, spoken) = roles.split_first().unwrap();
        let expected = ["user", "assistant"].into_iter().cycle().take(spoken.len());
        assert!(*first == "system" && spoken.iter().copied().eq(expected), "{roles:?}");
        assert_eq!(spoken.last(), Some(&"user"));
    }
}

#[tokio::test]
async fn an_error_in_a_delta_with_a_status_of_success_costs_neither_turn_nor_attempt() {
    let broke =
        json!({ "fault": { "status": 200, "body": { "error": { "message": "Insufficient credits", "code": 402 } } } });
    let script = json!({ "speed": 0, "entries": [
        { "match": { "kind": "json" }, "replies": [broke, nothing_changed()] },
        { "reply": "You wait." },
    ] });
    let play = Scripted::start(script).await;
    let request = play.say("I wait.").await;
    assert_eq!((message(&request), request.attempt.0), ("You wait.", 1));
    assert_eq!(play.calls(Kind::Text).len(), 1, "the narration is kept");
}

#[tokio::test]
async fn a_fact_that_has_left_the_history_is_in_the_summary() {
    let fact = "The moon was pawned for eleven crowns.";
    let summary = json!({ "match": { "system": "You keep the memory" }, "reply": fact });
    let delta = json!({ "match": { "user": "Answer with the JSON object only" }, "reply": nothing_changed() });
    let long = "You walk on and on, and the tide turns. ".repeat(40);
    let script = json!({ "speed": 0, "entries": [delta, summary, { "replies": [fact, long] }] });
    let play = Scripted::start_as("vllm-4k", script).await;
    for _ in 0..10 {
        message(&play.say("I walk on.").await);
    }
    let last = play.calls(Kind::Text).into_iter().rfind(|call| call.stream).unwrap();
    let prompt: String = last.messages.iter().map(|message| message.text.as_str()).collect();
    assert!(prompt.contains(fact), "{prompt}");
}

#[test]
fn a_local_server_has_minutes_for_its_first_token() {
    let mut provider = ProviderConfig::new(Adapter::OpenAi, "m");
    provider.base_url = Some("http://127.0.0.1:8080/v1".to_owned());
    assert_eq!(provider.timeouts().first_token, Duration::from_mins(5));
    provider.base_url = Some("https://api.example.com/v1".to_owned());
    assert_eq!(provider.timeouts().first_token, Duration::from_mins(1));
}
