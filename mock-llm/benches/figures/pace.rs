//! How well a pace is kept: many streams at once, each piece's arrival against when it was due.

use std::time::Instant;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const FIRST_MS: f64 = 200.0;
const BETWEEN_MS: f64 = 10.0;

/// What one stream showed, in milliseconds.
struct Seen {
    first: f64,
    gaps: Vec<f64>,
    total: f64,
}

/// Prints how far the gaps between pieces and the first pieces are off.
#[tokio::main]
pub(crate) async fn measure(address: &str, streams: usize) {
    let tasks: Vec<_> = (0..streams).map(|_| tokio::spawn(stream(address.to_owned()))).collect();
    let (mut gaps, mut firsts, mut totals) = (Vec::new(), Vec::new(), Vec::new());
    for task in tasks {
        let Seen { first, gaps: of_stream, total } = task.await.unwrap();
        firsts.push(first - FIRST_MS);
        gaps.extend(of_stream.into_iter().map(|gap| (gap - BETWEEN_MS).abs()));
        totals.push(total);
    }
    println!(
        "pace of {streams} streams (200 ms, then 10 ms): gaps off by p50 {:.2} ms, p99 {:.2} ms; first piece late by p50 {:.2} ms, p99 {:.2} ms; whole stream p99 {:.0} ms",
        percentile(&mut gaps, 50),
        percentile(&mut gaps, 99),
        percentile(&mut firsts, 50),
        percentile(&mut firsts, 99),
        percentile(&mut totals, 99)
    );
}

async fn stream(address: String) -> Seen {
    let body = r#"{"model":"m","stream":true,"messages":[{"role":"user","content":"look"}]}"#;
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: mock\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.set_nodelay(true).unwrap();
    let sent = Instant::now();
    connection.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    let mut buffer = vec![0; 64 * 1024];
    let mut arrivals = Vec::new();
    loop {
        let count = connection.read(&mut buffer).await.unwrap();
        if count == 0 {
            break;
        }
        let at = sent.elapsed().as_secs_f64() * 1000.0;
        // Pieces that arrive together arrive at the same time; the opening and closing frames carry none.
        let text = String::from_utf8_lossy(&buffer[..count]);
        let pieces = text.matches(r#""delta":{"content""#).count();
        arrivals.extend(std::iter::repeat_n(at, pieces));
    }
    let gaps = arrivals.windows(2).map(|pair| pair[1] - pair[0]).collect();
    Seen { first: arrivals[0], gaps, total: arrivals[arrivals.len() - 1] }
}

fn percentile(values: &mut [f64], percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    values[(values.len() * percent / 100).min(values.len() - 1)]
}
