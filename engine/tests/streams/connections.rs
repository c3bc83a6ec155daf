//! What a connection may ask for, what it learns about itself, and what happens to one too many.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode, Version};
use client::Frame;
use hyper_util::rt::{TokioExecutor, TokioIo};
use protocol::{Problem, ProblemType, StateUpdated};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::fixture::{Server, Setup, TIMEOUT, append, new_game, state_updated, store};

#[tokio::test]
async fn an_event_stream_says_what_proxies_and_browsers_need_to_know() {
    let store = store();
    let server = Server::start(&store).await;
    let game = new_game(&store).await;
    let asked = server.get(&format!("/v1/events/games/{game}")).header("Accept-Encoding", "gzip, br, zstd");
    let response = asked.send().await.unwrap();

    let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    assert_eq!(response.status(), 200);
    assert_eq!(header("content-type").as_deref(), Some("text/event-stream"));
    assert_eq!(header("cache-control").as_deref(), Some("no-cache, no-transform"));
    assert_eq!(header("x-accel-buffering").as_deref(), Some("no"));
    assert_eq!(header("content-encoding"), None);
    assert!(header("date").is_some());
    let mut listener = crate::fixture::Listener::new(response);
    assert_eq!(listener.frame().await, Some(Frame::Retry(Duration::from_millis(1))));
}

#[tokio::test]
async fn a_silent_stream_gets_a_comment_now_and_then() {
    let store = store();
    let server = Server::with(&store, Setup { keepalive: Duration::from_millis(10), ..Setup::default() }).await;
    let game = new_game(&store).await;
    let mut response = server.get(&format!("/v1/events/games/{game}")).send().await.unwrap();

    let mut text = String::new();
    while text.matches(": keepalive\n").count() < 3 {
        let bytes = tokio::time::timeout(TIMEOUT, response.chunk()).await.unwrap().unwrap().unwrap();
        text.push_str(std::str::from_utf8(&bytes).unwrap());
    }
}

#[tokio::test]
async fn one_client_too_many_streams_is_turned_away_and_comes_in_later() {
    let store = store();
    let setup = Setup { max_streams_per_client: 2, trusted_proxies: 1, ..Setup::default() };
    let server = Server::with(&store, setup).await;
    let game = new_game(&store).await;
    let path = format!("/v1/events/games/{game}");
    let come = async |client: &str| server.get(&path).header("X-Forwarded-For", client).send().await.unwrap();

    let first = come("10.0.0.1").await;
    let second = come("10.0.0.1").await;
    let third = come("spoofed, 10.0.0.1").await;
    assert_eq!([first.status(), second.status(), third.status()].map(|status| status.as_u16()), [200, 200, 503]);
    assert!(third.headers().contains_key("retry-after"));
    let problem: Problem = third.json().await.unwrap();
    assert_eq!(problem.problem_type(), Some(ProblemType::TooManyStreams));
    assert_eq!(come("10.0.0.2").await.status(), 200);

    drop(first);
    // The server learns of it in its own time.
    while come("10.0.0.1").await.status() != 200 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_full_server_turns_streams_away() {
    let store = store();
    let server = Server::with(&store, Setup { max_streams: 1, ..Setup::default() }).await;
    let game = new_game(&store).await;
    let path = format!("/v1/events/games/{game}");
    let _first = server.get(&path).send().await.unwrap();
    let refused = server.get(&path).send().await.unwrap();
    assert_eq!(refused.status(), 503);
    assert!(refused.headers().contains_key("retry-after"));
}

#[tokio::test]
async fn a_reader_that_reads_nothing_any_more_makes_room_for_others() {
    let store = store();
    let setup = Setup { max_streams: 1, write_timeout: Duration::from_millis(200), ..Setup::default() };
    let server = Server::with(&store, setup).await;
    let game = new_game(&store).await;
    let path = format!("/v1/events/games/{game}");
    let _dead = server.get(&path).send().await.unwrap();
    assert_eq!(server.get(&path).send().await.unwrap().status(), 503);

    // More than the system takes for a peer that does not read.
    let updated = StateUpdated { scene: "x".repeat(1024 * 1024), ..state_updated(game, 2) };
    let mut version = 1;
    while server.get(&path).send().await.unwrap().status() != 200 {
        append(&store, game, version, &updated).await;
        version += 1;
    }
}

#[tokio::test]
async fn a_connection_too_many_is_asked_to_come_back() {
    let store = store();
    let server = Server::with(&store, Setup { max_connections: 1, ..Setup::default() }).await;
    let game = new_game(&store).await;
    let _first = server.get(&format!("/v1/events/games/{game}")).send().await.unwrap();
    let refused = server.get("/health").send().await.unwrap();
    assert_eq!(refused.status(), 503);
    assert!(refused.headers().contains_key("retry-after"));
}

#[tokio::test]
async fn a_page_of_an_allowed_origin_may_read_events() {
    let store = store();
    let server = Server::with(&store, Setup { cors_origins: r#"["https://play.example"]"#, ..Setup::default() }).await;
    let game = new_game(&store).await;
    let path = format!("/v1/events/games/{game}");
    let allowed = async |origin: &str| {
        let response = server.get(&path).header("Origin", origin).send().await.unwrap();
        response.headers().get("access-control-allow-origin").map(|value| value.to_str().unwrap().to_owned())
    };
    assert_eq!(allowed("https://play.example").await.as_deref(), Some("https://play.example"));
    assert_eq!(allowed("https://elsewhere.example").await, None);
}

#[tokio::test]
async fn a_stream_can_follow_other_requests_on_its_connection_even_in_one_breath() {
    let store = store();
    let server = Server::start(&store).await;
    let game = new_game(&store).await;
    append(&store, game, 1, &state_updated(game, 2)).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let request = |path: &str| format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    let all = request("/health") + &request("/nothing") + &request(&format!("/v1/events/games/{game}?last_event_id=0"));
    stream.write_all(all.as_bytes()).await.unwrap();

    let mut answers = String::new();
    while !answers.contains("event: game.state_updated") {
        let mut buffer = [0; 1024];
        let read = tokio::time::timeout(TIMEOUT, stream.read(&mut buffer)).await.unwrap().unwrap();
        assert!(read > 0, "{answers}");
        answers.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
    }
    let statuses: Vec<&str> = answers.split("HTTP/1.1 ").skip(1).map(|answer| &answer[..3]).collect();
    assert_eq!(statuses, ["200", "404", "200"]);
}

#[tokio::test]
async fn an_answer_before_the_body_was_read_says_that_the_connection_closes() {
    let server = Server::start(&store()).await;
    let post = |path: &str, body: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{body}"
        )
    };
    for (path, body, closes) in [("/nothing", "", true), ("/v1/chat", "{}", false)] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(post(path, body).as_bytes()).await.unwrap();
        let mut answer = String::new();
        while !answer.contains("\r\n\r\n") {
            let mut buffer = [0; 1024];
            let read = tokio::time::timeout(TIMEOUT, stream.read(&mut buffer)).await.unwrap().unwrap();
            assert!(read > 0, "{answer}");
            answer.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
        }
        assert_eq!(answer.contains("connection: close"), closes, "{path}: {answer}");
    }
}

#[tokio::test]
async fn every_response_has_a_request_id_and_keeps_the_callers() {
    let server = Server::start(&store()).await;
    let own = server.get("/health").header("X-Request-Id", "from-a-proxy").send().await.unwrap();
    assert_eq!(own.headers()["x-request-id"], "from-a-proxy");
    let missing = server.get("/nothing").send().await.unwrap();
    assert_eq!(missing.headers()["x-request-id"].len(), 36);
}

#[tokio::test]
async fn a_head_request_is_answered_without_a_stream() {
    let store = store();
    let server = Server::start(&store).await;
    let game = new_game(&store).await;
    let url = format!("http://{}/v1/events/games/{game}", server.address);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let response = client.head(url).send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.bytes().await.unwrap().len()), (200, 0));
}

#[tokio::test]
async fn streams_share_a_connection_over_http2_without_tls() {
    let store = store();
    let server = Server::start(&store).await;
    let game = new_game(&store).await;
    append(&store, game, 1, &state_updated(game, 2)).await;
    let io = TokioIo::new(TcpStream::connect(server.address).await.unwrap());
    let (mut send, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);

    let mut open = Vec::new();
    for _ in 0..20 {
        let url = format!("http://{}/v1/events/games/{game}?last_event_id=0", server.address);
        let response = send.send_request(Request::get(url).body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!((response.status(), response.version()), (StatusCode::OK, Version::HTTP_2));
        open.push(Body::new(response.into_body()).into_data_stream());
    }
    for body in &mut open {
        let mut text = String::new();
        while !text.contains("event: game.state_updated") {
            let bytes = futures::StreamExt::next(body).await.unwrap().unwrap();
            text.push_str(std::str::from_utf8(&bytes).unwrap());
        }
    }
    server.drain.cancel();
    tokio::time::timeout(TIMEOUT, server.ended).await.unwrap().unwrap();
}

/// Everything that the server sends on a connection until it closes it.
async fn until_closed(mut stream: TcpStream) -> String {
    let mut answer = String::new();
    tokio::time::timeout(TIMEOUT, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    answer
}

#[tokio::test]
async fn a_body_that_does_not_come_to_its_end_is_given_up() {
    let setup = Setup { body_timeout: Duration::from_millis(200), ..Setup::default() };
    let server = Server::with(&store(), setup).await;
    let mut half = Vec::new();
    for _ in 0..50 {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let head = "POST /v1/chat HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{";
        stream.write_all(head.as_bytes()).await.unwrap();
        half.push(stream);
    }
    for stream in half {
        let answer = until_closed(stream).await;
        assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("/problems/body-timeout"), "{answer}");
    }
}

#[tokio::test]
async fn a_head_that_does_not_come_to_its_end_is_given_up() {
    let setup = Setup { header_timeout: Duration::from_millis(200), ..Setup::default() };
    let server = Server::with(&store(), setup).await;
    for begun in ["", "PRI * HT", "GET /health HTTP/1.1\r\nhost: loc"] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(begun.as_bytes()).await.unwrap();
        let answer = until_closed(stream).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408 "), "{begun}: {answer}");
    }
}

#[tokio::test]
async fn an_address_with_too_many_connections_is_asked_to_come_back() {
    let store = store();
    let server = Server::with(&store, Setup { max_connections_per_address: 1, ..Setup::default() }).await;
    let game = new_game(&store).await;
    let first = server.get(&format!("/v1/events/games/{game}")).send().await.unwrap();
    assert_eq!(server.get("/health").send().await.unwrap().status(), 503);
    drop(first);
    // The server learns of it in its own time.
    while server.get("/health").send().await.is_ok_and(|response| response.status() == 503) {
        tokio::task::yield_now().await;
    }
}
