//! Traces, as a collector gets them from a real engine: what hangs together, and what a collector that is away costs.
#![cfg(feature = "offline")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::{Span, status::StatusCode};
use prost::Message as _;
use protocol::{ChatAccepted, CreateGame, GameId, RequestStatus, RequestView};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::timeout;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

/// How long anything here may take.
const TIMEOUT: Duration = Duration::from_secs(30);
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

struct Engine {
    process: Child,
    url: String,
    admin: String,
    client: reqwest::Client,
}

impl Engine {
    fn start(directory: &Path, settings: &str) -> Self {
        let config = directory.join("engine.toml");
        std::fs::write(&config, settings).unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_engine"))
            .args(["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--data-dir"])
            .arg(directory)
            .arg("--config")
            .arg(config)
            .env("STORY_ENGINE_LOG", "warn")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut addresses = lines
            .filter_map(|line| Some(line.split_once("http://")?.1.split(' ').next()?.to_owned()))
            .filter(|address| !address.contains('/'));
        let mut next = || format!("http://{}", addresses.next().unwrap());
        let (url, admin) = (next(), next());
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { process, url, admin, client }
    }

    async fn new_game(&self) -> GameId {
        let create = CreateGame { scenario: "ferry_crossing".to_owned(), ..CreateGame::default() };
        let created = self.client.post(format!("{}/v1/gamestate", self.url)).json(&create).send().await.unwrap();
        let game: Value = created.error_for_status().unwrap().json().await.unwrap();
        game["id"].as_str().unwrap().parse().unwrap()
    }

    /// Says something, and returns with the request once it has ended.
    async fn say(&self, game: GameId, traceparent: Option<&str>) -> RequestView {
        let message = json!({"game_state_id": game, "message": "I ring the bell."});
        let call = self.client.post(format!("{}/v1/chat", self.url)).json(&message);
        let call = traceparent.into_iter().fold(call, |call, value| call.header("traceparent", value));
        let accepted: ChatAccepted = call.send().await.unwrap().error_for_status().unwrap().json().await.unwrap();
        let url = format!("{}/v1/requests/{}", self.url, accepted.request_id);
        // They end with the request.
        let events = client::Client::new(&self.url).unwrap().request_events(accepted.request_id);
        timeout(TIMEOUT, events.for_each(async |_| {})).await.unwrap();
        let request: RequestView = self.client.get(&url).send().await.unwrap().json().await.unwrap();
        assert!(matches!(request.status, RequestStatus::Completed | RequestStatus::Failed), "{request:?}");
        request
    }

    /// How many spans its metrics count with this outcome.
    async fn counted(&self, outcome: &str) -> usize {
        let answer = self.client.get(format!("{}/metrics", self.admin)).send().await.unwrap();
        let metrics = answer.text().await.unwrap();
        let name = format!("story_engine_spans_total{{outcome=\"{outcome}\"}} ");
        let value = metrics.lines().find_map(|line| line.strip_prefix(&name));
        value.unwrap_or_else(|| panic!("no {name}: {metrics}")).parse().unwrap()
    }

    /// Asks it to stop; returns how it ended, how long that took, and its log.
    fn stop(mut self) -> (ExitStatus, Duration, String) {
        let began = Instant::now();
        let id = rustix::process::Pid::from_child(&self.process);
        rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
        let mut log = String::new();
        self.process.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        (self.process.wait().unwrap(), began.elapsed(), log)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A collector, and the settings of an engine that sends to it.
async fn collector() -> (MockServer, String) {
    let collector = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/v1/traces"))
        .respond_with(ResponseTemplate::new(200))
        .mount(&collector)
        .await;
    let settings = format!("[traces]\nendpoint = \"{}\"\n[offline]\nwords_per_second = 0.0\n", collector.uri());
    (collector, settings)
}

/// Every span that a collector has got.
async fn spans(collector: &MockServer) -> Vec<Span> {
    let calls = collector.received_requests().await.unwrap();
    let decoded = calls.iter().map(|call| {
        assert_eq!(call.headers["content-type"], "application/x-protobuf");
        ExportTraceServiceRequest::decode(call.body.as_slice()).unwrap()
    });
    let resources = decoded.flat_map(|request| request.resource_spans);
    resources.flat_map(|resource| resource.scope_spans).flat_map(|scope| scope.spans).collect()
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        write!(text, "{byte:02x}").unwrap();
    }
    text
}

fn text(attributes: &[KeyValue], name: &str) -> Option<String> {
    let value = attributes.iter().find(|attribute| attribute.key == name)?.value.as_ref()?.value.as_ref()?;
    Some(match value {
        any_value::Value::StringValue(text) => text.clone(),
        any_value::Value::IntValue(number) => number.to_string(),
        other => format!("{other:?}"),
    })
}

fn attribute(span: &Span, name: &str) -> String {
    text(&span.attributes, name).unwrap_or_else(|| panic!("{} has no {name}: {span:?}", span.name))
}

fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    let found: Vec<_> = spans.iter().filter(|span| span.name == name).collect();
    assert_eq!(found.len(), 1, "{name}: {spans:?}");
    found[0]
}

#[tokio::test]
async fn a_callers_trace_goes_on_through_the_turn_its_model_calls_and_its_commit() {
    let directory = TempDir::new().unwrap();
    let (collector, settings) = collector().await;
    let engine = Engine::start(directory.path(), &settings);
    let game = engine.new_game().await;
    let request = engine.say(game, Some(&format!("00-{TRACE}-{CALLER}-01"))).await;
    assert_eq!(request.status, RequestStatus::Completed);
    // What still waits is sent while the process stops.
    let (ended, _, log) = engine.stop();
    assert!(ended.success() && log.is_empty(), "{log}");

    let spans = spans(&collector).await;
    let message = named(&spans, "POST /v1/chat");
    let turn = spans.iter().find(|span| span.parent_span_id == message.span_id).unwrap();
    // The bell is answered by a story event, whose turn belongs to the one that triggers it.
    let (events, of_turn): (Vec<_>, Vec<_>) =
        spans.iter().filter(|span| span.parent_span_id == turn.span_id).partition(|span| span.name == "turn");
    assert_eq!(
        events.iter().map(|event| attribute(event, "story_engine.request.type")).collect::<Vec<_>>(),
        ["story_event"]
    );
    assert_eq!((hex(&message.parent_span_id).as_str(), message.kind()), (CALLER, SpanKind::Server));
    assert_eq!(attribute(message, "http.response.status_code"), "200");
    assert_eq!((turn.name.as_str(), turn.kind()), ("turn", SpanKind::Consumer));
    for (name, value) in [
        ("story_engine.game.id", game.to_string()),
        ("story_engine.request.id", request.request_id.to_string()),
        ("story_engine.attempt", "1".to_owned()),
        ("story_engine.outcome", "completed".to_owned()),
    ] {
        assert_eq!(attribute(turn, name), value, "{name}");
    }
    attribute(turn, "story_engine.queue.wait_ms").parse::<u64>().unwrap();

    let calls: Vec<_> = of_turn.iter().filter(|span| span.kind() == SpanKind::Client).collect();
    let kinds: Vec<_> = calls.iter().map(|call| attribute(call, "story_engine.call")).collect();
    assert_eq!(kinds, ["narrate", "extract"]);
    for call in &calls {
        let model = attribute(call, "gen_ai.request.model");
        assert_eq!(
            (attribute(call, "gen_ai.operation.name"), &call.name),
            ("chat".to_owned(), &format!("chat {model}"))
        );
        assert!(!attribute(call, "gen_ai.provider.name").is_empty());
        for tokens in ["gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"] {
            assert!(attribute(call, tokens).parse::<u64>().unwrap() > 0, "{tokens}: {call:?}");
        }
    }
    let first = &calls[0].events[0];
    assert_eq!(first.name, "first_token");
    assert!(text(&first.attributes, "story_engine.time_to_first_token_ms").is_some());
    assert_eq!(of_turn.last().unwrap().name, "commit");
    for span in &spans {
        assert_eq!(hex(&span.trace_id), TRACE, "{span:?}");
        assert_eq!(span.status.clone().unwrap_or_default().code(), StatusCode::Unset, "{span:?}");
        assert!(span.end_time_unix_nano >= span.start_time_unix_nano);
    }
    assert_eq!(of_turn.len(), 3, "{of_turn:?}");
}

#[tokio::test]
async fn a_message_without_a_valid_traceparent_begins_a_trace_and_an_unsampled_one_is_not_sent() {
    let directory = TempDir::new().unwrap();
    let (collector, settings) = collector().await;
    let engine = Engine::start(directory.path(), &settings);
    let game = engine.new_game().await;
    for traceparent in [None, Some("00-nonsense"), Some(&*format!("00-{TRACE}-{CALLER}-00"))] {
        assert_eq!(engine.say(game, traceparent).await.status, RequestStatus::Completed);
    }
    engine.stop();

    let spans = spans(&collector).await;
    let begun: Vec<_> = spans.iter().filter(|span| span.parent_span_id.is_empty()).collect();
    assert_eq!(begun.iter().map(|span| &*span.name).collect::<Vec<_>>(), ["POST /v1/chat"; 2]);
    assert_ne!(begun[0].trace_id, begun[1].trace_id);
    for message in begun {
        let turn = spans.iter().find(|span| span.parent_span_id == message.span_id).unwrap();
        assert_eq!((&*turn.name, &turn.trace_id), ("turn", &message.trace_id));
    }
    assert!(spans.iter().all(|span| hex(&span.trace_id) != TRACE), "{spans:?}");
}

#[tokio::test]
async fn a_failed_attempt_has_its_reason_and_no_word_of_the_vendor() {
    let directory = TempDir::new().unwrap();
    let vendor = MockServer::start().await;
    let refusal = ResponseTemplate::new(400).set_body_json(json!({"error": {"message": "hunter2 is not amused"}}));
    Mock::given(method("POST")).respond_with(refusal).mount(&vendor).await;
    let (collector, settings) = collector().await;
    let settings = format!(
        "{settings}[providers.vendor]\nadapter = \"openai\"\nmodel = \"m1\"\nbase_url = \"{}/v1\"\n",
        vendor.uri()
    );
    let engine = Engine::start(directory.path(), &format!("check_models = \"off\"\n{settings}"));
    let game = engine.new_game().await;
    let request = engine.say(game, Some(&format!("00-{TRACE}-{CALLER}-01"))).await;
    assert_eq!(request.status, RequestStatus::Failed);
    let (.., log) = engine.stop();
    assert!(log.contains("hunter2"), "an operator reads it in the log: {log}");

    let spans = spans(&collector).await;
    for name in ["turn", "chat m1"] {
        let span = named(&spans, name);
        let status = span.status.clone().unwrap();
        assert_eq!((status.code(), &*status.message), (StatusCode::Error, "refused"), "{span:?}");
        assert_eq!(attribute(span, "error.type"), "refused");
    }
    assert_eq!(attribute(named(&spans, "turn"), "story_engine.outcome"), "failed");
    for call in collector.received_requests().await.unwrap() {
        assert!(!String::from_utf8_lossy(&call.body).contains("hunter2"));
    }
}

#[tokio::test]
async fn a_collector_that_is_away_or_does_not_answer_holds_up_neither_turns_nor_the_end() {
    // A connection to it is open, and nobody answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    for port in [1, silent.local_addr().unwrap().port()] {
        let directory = TempDir::new().unwrap();
        let settings = format!(
            "[traces]\nendpoint = \"http://127.0.0.1:{port}\"\nqueue = 4\ntimeout_seconds = 1.0\n[offline]\nwords_per_second = 0.0\n"
        );
        let engine = Engine::start(directory.path(), &settings);
        let game = engine.new_game().await;
        let began = Instant::now();
        let mut turns = 0;
        // Long enough for several batches to be lost.
        while began.elapsed() < Duration::from_secs(5) {
            let said = Instant::now();
            assert_eq!(engine.say(game, None).await.status, RequestStatus::Completed);
            assert!(said.elapsed() < Duration::from_secs(3), "{:?}", said.elapsed());
            turns += 1;
        }
        assert!(turns > 2, "{turns}");
        assert!(engine.counted("failed").await > 0);
        // The one that refuses at once empties the queue about as fast as turns fill it.
        assert!(engine.counted("queue_full").await > 0 || port == 1);
        assert_eq!(engine.counted("sent").await, 0);
        let (ended, took, log) = engine.stop();
        assert!(ended.success(), "{log}");
        assert!(took < Duration::from_secs(4), "{took:?}");
        assert_eq!(log.matches("spans cannot be sent").count(), 1, "{log}");
    }
}

#[tokio::test]
async fn each_span_is_counted_as_sent_or_as_the_collector_rejects_it() {
    let directory = TempDir::new().unwrap();
    let collector = MockServer::start().await;
    let rejected = ExportTracePartialSuccess { rejected_spans: 1, error_message: String::new() };
    let answer = ExportTraceServiceResponse { partial_success: Some(rejected) }.encode_to_vec();
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(200).set_body_raw(answer, "application/x-protobuf"))
        .mount(&collector)
        .await;
    let settings = format!("[traces]\nendpoint = \"{}\"\n[offline]\nwords_per_second = 0.0\n", collector.uri());
    let engine = Engine::start(directory.path(), &settings);
    assert_eq!(engine.counted("sent").await, 0);
    let game = engine.new_game().await;
    engine.say(game, None).await;
    let mut again = tokio::time::interval(Duration::from_millis(50));
    let counted = async {
        loop {
            // The process says to nobody that it has counted a batch, so it is asked.
            again.tick().await;
            let received = spans(&collector).await.len();
            let (sent, failed) = (engine.counted("sent").await, engine.counted("failed").await);
            if received > 0 && sent + failed == received {
                return (sent, failed);
            }
        }
    };
    let (sent, failed) = timeout(TIMEOUT, counted).await.unwrap();
    assert!(sent > 0);
    assert_eq!(failed, collector.received_requests().await.unwrap().len(), "one of each batch");
    assert_eq!(engine.counted("queue_full").await, 0);
}
