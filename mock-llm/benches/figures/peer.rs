//! The peer: axum alone. It takes the same requests and sends bytes of the same shape, but looks at nothing.

use std::{convert::Infallible, io::Write};

use axum::{
    Router,
    body::{Body, Bytes},
    http::header,
    response::IntoResponse,
    routing::post,
    serve::ListenerExt,
};
use futures::stream;
use tokio::net::TcpListener;

#[tokio::main]
pub(crate) async fn serve(reply: &str) {
    let head = r#"{"id":"chatcmpl-0123456789abcdef01234567","object":"chat.completion","created":1704067201,"model":"m","service_tier":"default","system_fingerprint":"fp_mock","choices":[{"index":0,"#;
    let body = Bytes::from(format!(
        r#"{head}"message":{{"role":"assistant","content":{reply:?}}},"finish_reason":"stop"}}]}}"#
    ));
    let frame = |word: &str| {
        Bytes::from(format!("data: {head}\"delta\":{{\"content\":{word:?}}},\"finish_reason\":null}}]}}\n\n"))
    };
    let mut frames: Vec<Bytes> = reply.split_inclusive(' ').map(frame).collect();
    frames.push(Bytes::from_static(b"data: [DONE]\n\n"));

    let answer = move |request: Bytes| {
        let (body, frames) = (body.clone(), frames.clone());
        async move {
            if request.windows(13).any(|window| window == b"\"stream\":true") {
                let frames = stream::iter(frames.into_iter().map(Ok::<_, Infallible>));
                ([(header::CONTENT_TYPE, "text/event-stream")], Body::from_stream(frames)).into_response()
            } else {
                ([(header::CONTENT_TYPE, "application/json")], body).into_response()
            }
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("peer on http://{}", listener.local_addr().unwrap());
    std::io::stdout().flush().unwrap();
    let listener = listener.tap_io(|connection| connection.set_nodelay(true).unwrap());
    axum::serve(listener, Router::new().route("/v1/chat/completions", post(answer))).await.unwrap();
}
