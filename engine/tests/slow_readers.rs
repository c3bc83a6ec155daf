//! Readers that stop reading: what they cost, measured as the memory of this process, and that they miss nothing once
//! they read on. The one test of this program, for it looks at the whole process.
#![cfg(all(feature = "offline", target_os = "linux"))]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

#[path = "streams/fixture.rs"]
#[expect(dead_code, reason = "made for more tests than this one")]
mod fixture;

use std::sync::Arc;

use client::{Frame, Parser};
use protocol::{EventId, StateUpdated};
use store::embedded::{EmbeddedStore, Synchronous};
use store::{SharedStore, StoreOptions};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::fixture::{Server, TIMEOUT, append, new_game, state_updated};

const READERS: usize = 20;
const EVENTS: u64 = 2000;
const EVENT_BYTES: usize = 16 * 1024;
/// So many come before memory is looked at: every reader has stopped by then, or nearly.
const FIRST_EVENTS: u64 = 500;
/// What a reader that has stopped may cost: the frames that are read ahead, and those on their way.
const READER_BYTES: usize = 512 * 1024;

/// Resident memory of this process, in bytes.
fn memory() -> usize {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_that_stop_reading_cost_little_and_miss_nothing() {
    let directory = tempfile::TempDir::new().unwrap();
    let options = StoreOptions::default();
    let store: SharedStore = Arc::new(EmbeddedStore::open(directory.path(), Synchronous::Normal, options).unwrap());
    let server = Server::start(&store).await;
    let game = new_game(&store).await;
    let mut readers = Vec::new();
    for _ in 0..READERS {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let request = format!("GET /v1/events/games/{game}?last_event_id=0 HTTP/1.1\r\nHost: localhost\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        // The answer has begun: from here on it reads nothing.
        stream.readable().await.unwrap();
        readers.push(stream);
    }
    let updated = StateUpdated { scene: "x".repeat(EVENT_BYTES), ..state_updated(game, 2) };
    for version in 1..=FIRST_EVENTS {
        append(&store, game, version, &updated).await;
    }
    let before = memory();
    for version in FIRST_EVENTS + 1..=EVENTS {
        append(&store, game, version, &updated).await;
    }
    let grown = memory().saturating_sub(before);
    let appended = usize::try_from(EVENTS - FIRST_EVENTS).unwrap() * EVENT_BYTES;
    assert!(READERS * READER_BYTES < appended / 2, "the bound would prove nothing");
    assert!(grown < READERS * READER_BYTES, "{grown} bytes more for {READERS} readers of {appended} bytes");

    for mut stream in readers {
        let (mut parser, mut frames, mut buffer) = (Parser::default(), Vec::new(), vec![0; 64 * 1024]);
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let mut offset = 0;
        while offset < EVENTS {
            let read = tokio::time::timeout(TIMEOUT, stream.read(&mut buffer)).await.unwrap().unwrap();
            assert!(read > 0, "the stream ends after event {offset}");
            parser.push(&buffer[..read], &mut frames).unwrap();
            for frame in frames.drain(..) {
                let Frame::Event { id, .. } = frame else { continue };
                let id: EventId = id.unwrap().parse().unwrap();
                assert_eq!(id.offset, offset + 1);
                offset = id.offset;
            }
        }
    }
}
