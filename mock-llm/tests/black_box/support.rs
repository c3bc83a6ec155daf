//! What the black-box tests share: a running mock, requests in each vendor's form, and a raw connection to see how it
//! ends.

use std::{io, time::Duration};

use mock_llm::{MockLlm, Script};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Every test is over long before; it only keeps a mistake from hanging.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(20);

pub(crate) const CHAT: &str = "/v1/chat/completions";

/// Starts a mock with a script.
pub(crate) async fn mock(script: Value) -> MockLlm {
    let script = Script::parse(&script.to_string(), "test").unwrap();
    MockLlm::start("127.0.0.1:0".parse().unwrap(), script).await.unwrap()
}

/// An HTTP client.
pub(crate) fn http() -> reqwest::Client {
    reqwest::Client::builder().timeout(TIMEOUT).connect_timeout(TIMEOUT).build().unwrap()
}

/// An OpenAI request with one user message.
pub(crate) fn openai(user: &str, stream: bool) -> Value {
    json!({ "model": "gpt-x", "stream": stream, "messages": [{ "role": "user", "content": user }] })
}

/// Sends an OpenAI request and returns status and body.
pub(crate) async fn ask(mock: &MockLlm, request: &Value) -> (u16, Value) {
    ask_at(&mock.base_url(), request).await
}

/// The same at another base URL.
pub(crate) async fn ask_at(base: &str, request: &Value) -> (u16, Value) {
    let response = http().post(format!("{base}{CHAT}")).json(request).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

/// The text that an OpenAI answer says.
pub(crate) async fn said(mock: &MockLlm, user: &str) -> String {
    let (status, body) = ask(mock, &openai(user, false)).await;
    assert_eq!(status, 200, "{body}");
    body["choices"][0]["message"]["content"].as_str().unwrap().to_owned()
}

/// A connection of our own, with the request sent.
pub(crate) async fn send_raw(mock: &MockLlm, path: &str, body: &Value) -> TcpStream {
    let body = body.to_string();
    let mut stream = TcpStream::connect(mock.addr()).await.unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: mock\r\ncontent-type: application/json\r\nanthropic-version: 2023-06-01\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body.as_bytes()).await.unwrap();
    stream
}

/// Reads until the connection ends, and returns how: `Ok` is FIN.
pub(crate) async fn read_to_end(stream: &mut TcpStream) -> (Vec<u8>, io::Result<()>) {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match tokio::time::timeout(TIMEOUT, stream.read(&mut buffer)).await.expect("the connection ends") {
            Ok(0) => return (bytes, Ok(())),
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
            Err(error) => return (bytes, Err(error)),
        }
    }
}

/// Reads until `wanted` has been seen.
pub(crate) async fn read_until(stream: &mut TcpStream, wanted: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    while !String::from_utf8_lossy(&bytes).contains(wanted) {
        let count = tokio::time::timeout(TIMEOUT, stream.read(&mut buffer)).await.expect("bytes come").unwrap();
        assert_ne!(count, 0, "the connection ended before {wanted:?}");
        bytes.extend_from_slice(&buffer[..count]);
    }
    bytes
}

/// Waits, but not for ever.
pub(crate) async fn soon<T>(waiting: impl Future<Output = T>) -> T {
    tokio::time::timeout(TIMEOUT, waiting).await.expect("it happens soon")
}
