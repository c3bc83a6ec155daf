//! Whole turns against servers with quirks: what a worker commits, and how often it asks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use engine::config::{Adapter, Config, ProviderConfig};
use engine::preview::Preview;
use protocol::{PromptPurpose, RequestId, RequestStatus};
use serde_json::json;
use store::Request;

use crate::game::{Game, TIMEOUT, message};
use crate::server::{self, Answer, Asked, DELTA, Server, events, good, whole};

/// A game that is played against a server.
pub(crate) struct Play {
    server: Server,
    game: Game,
}

impl Play {
    pub(crate) async fn start(answer: impl Fn(&Asked, usize) -> Answer + Send + Sync + 'static) -> Self {
        Self::with(answer, |_| {}).await
    }

    pub(crate) async fn with(
        answer: impl Fn(&Asked, usize) -> Answer + Send + Sync + 'static,
        set: impl FnOnce(&mut Config),
    ) -> Self {
        let server = Server::start(answer).await;
        let mut provider = ProviderConfig::new(Adapter::OpenAi, "test-model");
        provider.base_url = Some(format!("http://{}/v1", server.address));
        let mut config = Config::default();
        config.providers.insert("mock".to_owned(), provider);
        set(&mut config);
        Self { server, game: Game::start(config).await }
    }

    pub(crate) async fn say(&self, message: &str) -> Request {
        self.game.say(message).await
    }

    pub(crate) async fn used(&self) -> u64 {
        self.game.used().await
    }

    async fn send(&self, message: &str) -> RequestId {
        self.game.send(message).await
    }

    async fn ended(&self, id: RequestId) -> Request {
        self.game.ended(id).await
    }

    /// The model calls, without what else the server was asked.
    pub(crate) fn calls(&self) -> Vec<Asked> {
        self.server.asked().into_iter().filter(|asked| !asked.body.is_null()).collect()
    }
}

/// A narration that ends for this reason.
pub(crate) fn narration(text: &str, finish: &str) -> Answer {
    let said = json!({ "choices": [{ "delta": { "content": text }, "finish_reason": null }] });
    let end = json!({ "choices": [{ "delta": {}, "finish_reason": finish }] });
    events(&format!("data: {said}\n\ndata: {end}\n\ndata: [DONE]\n\n"))
}

#[tokio::test]
async fn a_narration_ends_where_the_player_would_speak_and_a_delta_has_the_names_of_the_world() {
    let play = Play::start(|asked, _| good(asked)).await;
    play.say("I wait.").await;
    let [narration, delta] = &play.calls()[..] else { panic!() };
    let stops = narration.body["stop"].as_array().unwrap();
    assert!(stops.len() <= 4 && stops[0].as_str().unwrap().ends_with(':'), "{stops:?}");
    assert_eq!(delta.body["stop"], serde_json::Value::Null);
    let schema = &delta.body["response_format"]["json_schema"]["schema"]["properties"];
    let places = schema["user_location"]["anyOf"][0]["enum"].to_string();
    assert!(places.contains("quay") && places.contains("wreck_hold"), "{places}");
    assert!(schema.to_string().len() < 12_000, "{}", schema.to_string().len());
    assert_eq!(schema["item_events"]["maxItems"], 16);
}

#[tokio::test]
async fn what_is_previewed_is_what_is_sent() {
    let play = Play::start(|asked, _| good(asked)).await;
    play.say("I wait.").await;
    let asked = Preview { message: Some("I look around.".to_owned()), history: 80, ..Preview::default() };
    let shown = play.game.preview(&asked).await;
    assert!(shown.tokens > 500 && shown.parts.iter().any(|part| part.name == "world_state"), "{:?}", shown.parts);
    let asked = Preview { purpose: PromptPurpose::Extract, ..asked };
    let extraction = play.game.preview(&asked).await;

    play.say("I look around.").await;
    let [.., narration, delta] = &play.calls()[..] else { panic!() };
    assert_eq!(shown.request, narration.body);
    let filled = extraction.request.to_string().replace("(the narration)", "You wait.");
    assert_eq!(filled, delta.body.to_string());
}

/// What of a call is kept of a turn: the texts of its messages, that of the system first.
fn texts(call: &Asked) -> Vec<String> {
    let messages = call.body["messages"].as_array().unwrap();
    messages.iter().map(|message| message["content"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn what_a_turn_has_sent_is_kept_for_operators_where_that_is_configured() {
    let play = Play::with(|asked, _| good(asked), |config| config.turns.keep_prompts = true).await;
    play.say("I wait.").await;
    play.say("I look around.").await;
    let calls = play.calls();
    for (turn, call, purpose) in [
        (1, 0, PromptPurpose::Narrate),
        (1, 1, PromptPurpose::Extract),
        (2, 2, PromptPurpose::Narrate),
        (2, 3, PromptPurpose::Extract),
    ] {
        let asked = Preview { turn: Some(turn), purpose, ..Preview::default() };
        let shown = play.game.preview(&asked).await;
        let kept: Vec<_> = std::iter::once(shown.system).chain(shown.messages.into_iter().map(|m| m.content)).collect();
        assert_eq!((kept, shown.left_out), (texts(&calls[call]), 0), "turn {turn}");
        assert_eq!((shown.turn, shown.model.as_str(), shown.request.is_null()), (Some(turn), "test-model", true));
        assert!(shown.parts.iter().map(|part| part.bytes).sum::<u64>() > 500, "{:?}", shown.parts);
    }
}

#[tokio::test]
async fn nothing_of_prompts_is_kept_by_default() {
    let play = Play::start(|asked, _| good(asked)).await;
    play.say("I wait.").await;
    for (turn, words) in [(1, "`turns.keep_prompts` was off"), (2, "no record is kept of turn 2")] {
        let refused = play.game.try_preview(&Preview { turn: Some(turn), ..Preview::default() }).await.unwrap_err();
        assert!(refused.to_string().contains(words), "{refused}");
    }
}

#[tokio::test]
async fn a_turn_is_kept_whatever_becomes_of_its_delta() {
    let refusal =
        json!({ "choices": [{ "message": { "content": null, "refusal": "I cannot." }, "finish_reason": "stop" }] });
    for (status, body, asked) in [
        (200, whole("Nothing changed in this turn."), 2),
        (200, refusal.to_string(), 2),
        (200, whole(""), 2),
        (400, r#"{"error":{"code":"content_filter","message":"filtered"}}"#.to_owned(), 1),
        (400, r#"{"error":{"message":"no"}}"#.to_owned(), 3),
        // From the second attempt on, the other forms are tried as well.
        (500, r#"{"error":{"message":"no"}}"#.to_owned(), 7),
    ] {
        let sent = body.clone();
        let play = Play::start(
            move |asked, _| {
                if asked.body["stream"] == true { good(asked) } else { server::json(status, &sent) }
            },
        )
        .await;
        let request = play.say("I wait.").await;
        assert_eq!(message(&request), "You wait.", "{body}");
        let rejections = &request.result.as_ref().unwrap().rejections;
        assert!(rejections[0].reason.contains("not known"), "{rejections:?}");
        let calls = play.calls();
        assert_eq!(calls.iter().filter(|asked| asked.body["stream"] == true).count(), 1, "{body}");
        assert_eq!(calls.iter().filter(|asked| asked.body["stream"] != true).count(), asked, "{body}");
    }
}

#[tokio::test]
async fn a_delta_that_cannot_be_read_is_asked_for_again_with_the_complaint() {
    let play = Play::start(|asked, _| {
        let is_first = asked.body["stream"] != true && !asked.body.to_string().contains("cannot be read");
        if is_first { server::json(200, &whole("No change.")) } else { good(asked) }
    })
    .await;
    let request = play.say("I wait.").await;
    message(&request);
    assert_eq!(request.result.unwrap().rejections, []);
    let last = play.calls().pop().unwrap();
    let messages = last.body["messages"].as_array().unwrap();
    assert_eq!(messages[messages.len() - 2]["content"], "No change.");
}

#[tokio::test]
async fn a_narration_that_ran_out_of_tokens_is_cut_and_marked() {
    let play = Play::start(|asked, _| {
        if asked.body["stream"] == true {
            return narration("You walk north. Then you see a", "length");
        }
        server::json(200, &whole(DELTA))
    })
    .await;
    let request = play.say("I go north.").await;
    assert_eq!(message(&request), "You walk north.");
    assert!(request.result.unwrap().cut_short);
}

/// Tokens of four characters each, of prompt and answer.
fn tokens(asked: &Asked) -> usize {
    let messages = asked.body["messages"].as_array();
    let said =
        messages.iter().copied().flatten().map(|message| message["content"].as_str().unwrap().len()).sum::<usize>();
    said / 4 + usize::try_from(asked.body["max_tokens"].as_u64().unwrap_or(0)).unwrap()
}

/// A server whose window has so many tokens.
fn small(window: usize) -> impl Fn(&Asked, usize) -> Answer {
    move |asked, _| {
        if tokens(asked) > window {
            let words = format!("This model's maximum context length is {window} tokens. Please be brief.");
            return server::json(400, &json!({ "object": "error", "message": words }).to_string());
        }
        if asked.body["stream"] == true { narration(&"You walk on and on. ".repeat(75), "stop") } else { good(asked) }
    }
}

#[tokio::test]
async fn a_game_goes_on_with_a_server_that_takes_little() {
    for window in [4096, 3000] {
        let play = Play::start(small(window)).await;
        for turn in 0..8 {
            let request = play.say("I walk on.").await;
            assert!(message(&request).starts_with("You walk"), "{window}: turn {turn}");
            assert_eq!(request.attempt.0, 1, "{window}: turn {turn}");
        }
        let refused = play.calls().iter().filter(|asked| tokens(asked) > window).count();
        assert!((1..=4).contains(&refused), "{window}: {refused} calls were refused");
    }
}

#[tokio::test]
async fn a_window_that_the_server_states_is_minded_from_the_start() {
    let play = Play::start(|asked, number| {
        if asked.target == "/props" {
            return server::json(200, r#"{"default_generation_settings":{"n_ctx":4096}}"#);
        }
        small(4096)(asked, number)
    })
    .await;
    // Until the server has said it, the first call may be too long.
    play.say("I walk on.").await;
    let before = play.calls().len();
    for _ in 0..6 {
        message(&play.say("I walk on.").await);
    }
    assert_eq!(play.calls()[before..].iter().filter(|asked| tokens(asked) > 4096).count(), 0);
}

/// Refuses the first calls, and then answers.
fn at_first(calls: usize, refusal: Answer) -> impl Fn(&Asked, usize) -> Answer {
    let left = std::sync::atomic::AtomicUsize::new(calls);
    move |asked, _| {
        use std::sync::atomic::Ordering::Relaxed;
        let is_call = !asked.body.is_null();
        if is_call && left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok() {
            return refusal.clone();
        }
        good(asked)
    }
}

#[tokio::test]
async fn a_fault_of_the_provider_costs_no_message_an_attempt() {
    for (refusal, calls) in [
        (server::json(401, r#"{"error":{"message":"no such key"}}"#), 6),
        (server::json(404, r#"{"error":{"message":"model 'x' not found"}}"#), 5),
        (server::json(503, r#"{"error":{"code":503,"message":"Loading model"}}"#), 5),
        (server::json(200, r#"{"error":{"code":402,"message":"no credit"}}"#), 5),
    ] {
        let play = Play::start(at_first(calls, refusal.clone())).await;
        let ids = [play.send("I wait.").await, play.send("I wait on.").await, play.send("I go.").await];
        for id in ids {
            let request = play.ended(id).await;
            assert_eq!(message(&request), "You wait.", "{refusal:?}");
            assert_eq!(request.attempt.0, 1, "{refusal:?}");
        }
        assert_eq!(play.calls().len(), calls + 6, "one probe at a time: {refusal:?}");
    }
}

#[tokio::test]
async fn a_delta_waits_for_its_provider_and_the_narration_is_kept() {
    let busy = server::json(529, "{}");
    let left = std::sync::atomic::AtomicUsize::new(3);
    let play = Play::start(move |asked, _| {
        use std::sync::atomic::Ordering::Relaxed;
        let is_delta = !asked.body.is_null() && asked.body["stream"] != true;
        if is_delta && left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok() {
            return busy.clone();
        }
        good(asked)
    })
    .await;
    let request = play.say("I wait.").await;
    assert_eq!((message(&request), request.attempt.0), ("You wait.", 1));
    assert_eq!(request.result.unwrap().rejections, []);
    assert_eq!(play.calls().iter().filter(|asked| asked.body["stream"] == true).count(), 1);
}

#[tokio::test]
async fn a_provider_that_asks_for_time_is_not_called_before_it_has_passed() {
    let busy = server::with_headers(429, "retry-after-ms: 700\r\n", "{}");
    let play = Play::start(at_first(1, busy)).await;
    let began = std::time::Instant::now();
    message(&play.say("I wait.").await);
    assert!(began.elapsed() >= Duration::from_millis(700));
    assert_eq!(play.calls().len(), 3);
}

#[tokio::test]
async fn a_message_that_has_waited_too_long_is_given_up() {
    let play = Play::with(at_first(usize::MAX, server::json(401, "{}")), |config| {
        config.worker.give_up_after_seconds = 0.5;
    })
    .await;
    let request = play.say("I wait.").await;
    assert_eq!(request.status, RequestStatus::Failed);
    assert!(request.error.unwrap().detail.contains("not ready"));
}

#[tokio::test]
async fn a_turn_that_was_read_is_kept_when_the_provider_of_its_delta_stays_away() {
    for status in [401, 402, 404, 429, 503] {
        let refusal = server::json(status, r#"{"error":{"message":"account 12345 has no credit for this model"}}"#);
        let play = Play::with(
            move |asked, _| if is_delta(asked) { refusal.clone() } else { good(asked) },
            |config| config.worker.give_up_after_seconds = 0.4,
        )
        .await;
        let first = play.say("I wait.").await;
        assert_eq!(message(&first), "You wait.", "{status}");
        let result = first.result.unwrap();
        let reasons: Vec<_> = result.rejections.iter().map(|rejection| rejection.reason.as_str()).collect();
        assert_eq!(reasons.len(), 1, "{status}: {reasons:?}");
        assert!(reasons[0].contains("the storyteller was not ready for too long"), "{status}: {reasons:?}");
        assert!(!reasons[0].contains("12345"), "a vendor's words are not for players: {reasons:?}");
        assert_eq!(play.calls().iter().filter(|asked| asked.body["stream"] == true).count(), 1, "{status}");
    }
}

#[tokio::test]
async fn a_server_that_fails_over_the_form_of_a_delta_is_asked_in_another() {
    let failed = server::json(500, r#"{"error":{"message":"Internal Server Error"}}"#);
    let play = Play::start(move |asked, _| match asked.body.get("response_format") {
        Some(_) => failed.clone(),
        None => good(asked),
    })
    .await;
    for attempt in [2, 2, 1] {
        let request = play.say("I wait.").await;
        assert_eq!((message(&request), request.attempt.0), ("You wait.", attempt));
        assert_eq!(request.result.unwrap().rejections, []);
    }
}

#[tokio::test]
async fn a_delta_that_never_comes_is_rejected_with_the_real_reason() {
    let failed = server::json(500, "{}");
    let play = Play::start(move |asked, _| if is_delta(asked) { failed.clone() } else { good(asked) }).await;
    let result = play.say("I wait.").await.result.unwrap();
    let reasons: Vec<_> = result.rejections.iter().map(|rejection| rejection.reason.as_str()).collect();
    assert_eq!(reasons, ["what the narration changed is not known: the model's server failed"]);
}

fn is_delta(asked: &server::Asked) -> bool {
    !asked.body.is_null() && asked.body["stream"] != true
}

#[tokio::test]
async fn another_provider_takes_the_games_of_one_that_is_away() {
    let play = Play::with(
        |asked, _| good(asked),
        |config| {
            let there = config.providers["mock"].clone();
            let away = config.providers.get_mut("mock").unwrap();
            away.base_url = Some("http://127.0.0.1:1/v1".to_owned());
            away.fallback = vec!["other".to_owned()];
            config.providers.insert("other".to_owned(), there);
        },
    )
    .await;
    let request = play.say("I wait.").await;
    assert_eq!((message(&request), request.attempt.0), ("You wait.", 1));
    assert_eq!(play.calls().len(), 2);
    assert_eq!(play.game.provider().await, "mock", "the game goes back to its own as soon as that works");
}

#[tokio::test]
async fn a_delta_can_be_another_providers() {
    let play = Play::with(
        |asked, _| good(asked),
        |config| {
            let mut backend = config.providers["mock"].clone();
            backend.model = "keeper".to_owned();
            config.providers.insert("books".to_owned(), backend);
            config.providers.get_mut("mock").unwrap().backend_provider = Some("books".to_owned());
        },
    )
    .await;
    message(&play.say("I wait.").await);
    let models: Vec<_> = play.calls().iter().map(|asked| asked.body["model"].clone()).collect();
    assert_eq!(models, ["test-model", "keeper"]);
}

#[tokio::test]
async fn a_provider_that_is_away_costs_no_message_and_no_order() {
    const MESSAGES: usize = 40;
    const PROBES: usize = 4;
    let away = Arc::new(AtomicBool::new(true));
    let is_away = Arc::clone(&away);
    let overloaded = r#"{"error":{"message":"The server is overloaded"}}"#;
    let play = Play::with(
        move |asked, _| if is_away.load(Ordering::SeqCst) { server::json(503, overloaded) } else { good(asked) },
        |config| config.worker.probe_delay_max_seconds = 0.1,
    )
    .await;
    let mut sent = Vec::new();
    for number in 0..MESSAGES {
        sent.push(play.send(&format!("I wait for the {number}. time.")).await);
    }
    let probed = play.server.until(|asked| asked.iter().filter(|asked| !asked.body.is_null()).count() >= PROBES);
    tokio::time::timeout(TIMEOUT, probed).await.unwrap();
    assert!(play.game.queue().await.depth >= MESSAGES as u64 - 1);
    away.store(false, Ordering::SeqCst);
    for (number, id) in sent.into_iter().enumerate() {
        let request = play.ended(id).await;
        message(&request);
        let turn = request.result.as_ref().unwrap().turn;
        assert_eq!((request.attempt.0, turn), (1, number as u64 + 1), "no attempt is counted, and nothing overtakes");
    }
    assert_eq!(play.game.queue().await.dead_letters, 0);
}
