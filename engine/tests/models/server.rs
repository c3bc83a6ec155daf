//! A model server that sends exactly the bytes that a test gives it, and remembers what it was asked.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use engine::config::{Adapter, Config, ProviderConfig};
use engine::llm::Models;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// Path and query.
    pub(crate) target: String,
    /// The head, in lower case.
    pub(crate) head: String,
    pub(crate) body: Value,
}

/// What is sent: the first part holds the head; pauses are between parts.
pub(crate) type Answer = Vec<(Duration, String)>;

pub(crate) struct Server {
    pub(crate) address: std::net::SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    /// Changes with every request.
    count: watch::Receiver<usize>,
    serving: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Server {
    /// Answers each request with what `answer` makes of it and of its number, from 0.
    pub(crate) async fn start(answer: impl Fn(&Asked, usize) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        let answer = Arc::new(answer);
        let (counted, count) = watch::channel(0);
        let serving = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (log, answer, counted) = (Arc::clone(&log), Arc::clone(&answer), counted.clone());
                tokio::spawn(Box::pin(async move { serve(stream, &log, &counted, &*answer).await }));
            }
        });
        Self { address, asked, count, serving }
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Waits until what the server was asked is enough.
    pub(crate) async fn until(&self, is_enough: impl Fn(&[Asked]) -> bool) {
        let mut count = self.count.clone();
        count.wait_for(|_| is_enough(&self.asked.lock().unwrap())).await.unwrap();
    }

    /// The models of an engine that is configured to call this server.
    pub(crate) async fn models(&self, adapter: Adapter, set: impl FnOnce(&mut ProviderConfig)) -> Models {
        let mut provider = ProviderConfig::new(adapter, "test-model");
        provider.base_url = Some(format!("http://{}", self.address));
        provider.first_token_timeout_seconds = Some(1.0);
        provider.between_tokens_timeout_seconds = Some(1.0);
        set(&mut provider);
        let mut config = Config::default();
        config.providers.insert("mock".to_owned(), provider);
        Models::start(&config).await.unwrap()
    }
}

async fn serve(
    mut stream: TcpStream,
    log: &Mutex<Vec<Asked>>,
    counted: &watch::Sender<usize>,
    answer: &(dyn Fn(&Asked, usize) -> Answer + Send + Sync),
) {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        let mut more = [0; 4096];
        match stream.read(&mut more).await {
            Ok(read) if read > 0 => bytes.extend_from_slice(&more[..read]),
            _ => return,
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let lower = head.to_lowercase();
    let length: usize =
        lower.split("content-length: ").nth(1).map_or(0, |rest| rest.lines().next().unwrap().parse().unwrap());
    while bytes.len() < head_end + length {
        let mut more = vec![0; 65536];
        let read = stream.read(&mut more).await.unwrap();
        bytes.extend_from_slice(&more[..read]);
    }
    let asked = Asked {
        target: head.split(' ').nth(1).unwrap().to_owned(),
        head: lower,
        body: serde_json::from_slice(&bytes[head_end..]).unwrap_or_default(),
    };
    let number = {
        let mut log = log.lock().unwrap();
        log.push(asked.clone());
        log.len() - 1
    };
    counted.send_replace(number + 1);
    for (pause, part) in answer(&asked, number) {
        tokio::time::sleep(pause).await;
        if stream.write_all(part.as_bytes()).await.is_err() {
            return;
        }
        stream.flush().await.unwrap();
    }
    stream.shutdown().await.ok();
}

/// A response in one piece.
pub(crate) fn reply(status: u16, content_type: &str, body: &str) -> Answer {
    with_headers(status, &format!("content-type: {content_type}\r\n"), body)
}

pub(crate) fn with_headers(status: u16, headers: &str, body: &str) -> Answer {
    vec![(Duration::ZERO, format!("HTTP/1.1 {status} X\r\n{headers}connection: close\r\n\r\n{body}"))]
}

pub(crate) fn json(status: u16, body: &str) -> Answer {
    reply(status, "application/json", body)
}

pub(crate) fn events(body: &str) -> Answer {
    reply(200, "text/event-stream", body)
}

/// Events with these data, and no other end than that of the response.
pub(crate) fn stream(data: &[&str]) -> String {
    data.iter().fold(String::new(), |stream, data| stream + "data: " + data + "\n\n")
}

/// An ordinary answer to whatever was asked.
pub(crate) fn good(asked: &Asked) -> Answer {
    if asked.body["stream"] == true {
        events(
            "data: {\"choices\":[{\"delta\":{\"content\":\"You \"},\"finish_reason\":null}]}\n\n\
             data: {\"choices\":[{\"delta\":{\"content\":\"wait.\"},\"finish_reason\":null}]}\n\n\
             data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
        )
    } else {
        json(200, &whole(DELTA))
    }
}

pub(crate) const DELTA: &str =
    r#"{"user_location":null,"scene_change":null,"item_events":[],"npc_events":[],"set_vars":[],"game_ended":false}"#;

/// A whole completion that says this.
pub(crate) fn whole(text: &str) -> String {
    serde_json::json!({
        "object": "chat.completion",
        "choices": [{ "index": 0, "message": { "role": "assistant", "content": text }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 7, "completion_tokens": 3 }
    })
    .to_string()
}
