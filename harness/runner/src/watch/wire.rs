//! Events from the bytes of a stream, by a parser that nobody here wrote.
//!
//! The engine and the `client` crate were written by the same people, who may have misread the standard in the same way. So
//! `eventsource-stream` reads here, over the bytes as they came. It has three faults, and a guard in front of it: it panics
//! on a byte order mark, it needs time quadratic in the events of one piece, and it buffers without a limit.

use eventsource_stream::{Event, EventStream, EventStreamError};
use futures::stream::{self, Stream, StreamExt};

/// The most bytes that one event may have. The engine's longest, a snapshot of a long game, stays far below.
const EVENT_MAX: usize = 16 * 1024 * 1024;

/// How UTF-8 writes a byte order mark.
const BOM: &[u8] = b"\xEF\xBB\xBF";

/// Why no more events can be read from a stream.
#[derive(Debug, thiserror::Error)]
pub(super) enum WireError {
    /// The connection broke: what a reader must live with.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// The service sent what is no event stream.
    #[error("{0}")]
    Invalid(String),
}

/// The events of a body, until its end or its first error.
pub(super) fn events<B: AsRef<[u8]>, E: ToString>(
    body: impl Stream<Item = Result<B, E>> + Unpin,
) -> impl Stream<Item = Result<Event, WireError>> + Unpin {
    let mut guard = Guard::default();
    let pieces = body.flat_map(move |bytes| {
        stream::iter(match bytes {
            Ok(bytes) => guard.push(bytes.as_ref()),
            Err(error) => vec![Err(WireError::Broken(error.to_string()))],
        })
    });
    EventStream::new(pieces).map(|event| {
        event.map_err(|error| match error {
            EventStreamError::Transport(error) => error,
            other => WireError::Invalid(format!("what came is no event stream: {other}")),
        })
    })
}

/// Passes on whole lines, at most one event at a time, and no byte order mark. A line without its end is never passed on, so
/// that a connection that breaks inside a character is no fault of the service.
#[derive(Debug, Default)]
struct Guard {
    /// What has come and was not passed on.
    kept: Vec<u8>,
    /// How much of it holds no end of a line.
    scanned: usize,
    /// How much of the present event was passed on.
    passed: usize,
    started: bool,
}

impl Guard {
    fn push(&mut self, bytes: &[u8]) -> Vec<Result<Vec<u8>, WireError>> {
        self.kept.extend_from_slice(bytes);
        if !self.started {
            if self.kept.len() < BOM.len() && BOM.starts_with(&self.kept) {
                return Vec::new();
            }
            self.started = true;
            if self.kept.starts_with(BOM) {
                self.kept.drain(..BOM.len());
            }
        }
        let mut pieces = Vec::new();
        let (mut piece, mut line) = (0, 0);
        for at in self.scanned..self.kept.len() {
            if self.kept[at] != b'\n' {
                continue;
            }
            let blank = matches!(&self.kept[line..at], b"" | b"\r");
            line = at + 1;
            if blank {
                pieces.push(Ok(self.kept[piece..line].to_vec()));
                piece = line;
                self.passed = 0;
            }
        }
        if line > piece {
            pieces.push(Ok(self.kept[piece..line].to_vec()));
            self.passed += line - piece;
        }
        self.kept.drain(..line);
        self.scanned = self.kept.len();
        if self.passed + self.kept.len() > EVENT_MAX {
            pieces.push(Err(WireError::Invalid(format!("an event has more than {EVENT_MAX} bytes"))));
        }
        pieces
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(pieces: &[&[u8]]) -> Vec<Result<Event, WireError>> {
        let pieces: Vec<Result<Vec<u8>, String>> = pieces.iter().map(|piece| Ok(piece.to_vec())).collect();
        events(stream::iter(pieces)).collect().await
    }

    fn event(id: &str, name: &str, data: &str) -> Event {
        Event { id: id.to_owned(), event: name.to_owned(), data: data.to_owned(), retry: None }
    }

    #[tokio::test]
    async fn events_are_the_same_whatever_the_pieces_that_they_come_in() {
        let bytes =
            "\u{feff}: hello\nretry: 9\nid: 1\nevent: word\ndata: \u{e9}t\u{e9}\n\nid: 2\r\ndata: b\r\ndata: c\r\n\r\n"
                .as_bytes();
        let expected = [event("1", "word", "\u{e9}t\u{e9}"), event("2", "message", "b\nc")];
        for size in 1..=bytes.len() {
            let pieces: Vec<&[u8]> = bytes.chunks(size).collect();
            let mut read: Vec<Event> = read(&pieces).await.into_iter().map(Result::unwrap).collect();
            for event in &mut read {
                event.retry = None;
            }
            assert_eq!(read, expected, "in pieces of {size} bytes");
        }
    }

    #[tokio::test]
    async fn a_stream_that_breaks_inside_a_character_is_no_fault_of_the_service() {
        let read = read(&[b"data: a\n\ndata: \xC3"]).await;
        assert_eq!(read.into_iter().map(Result::unwrap).collect::<Vec<_>>(), [event("", "message", "a")]);
    }

    #[tokio::test]
    async fn what_is_no_text_is_a_fault_of_the_service() {
        let read = read(&[b"data: \xFF\xFE\n\n"]).await;
        assert!(matches!(read.first(), Some(Err(WireError::Invalid(_)))), "{read:?}");
    }

    #[tokio::test]
    async fn an_event_without_an_end_is_not_read_for_ever() {
        let line = vec![b'x'; EVENT_MAX / 4];
        let read = read(&[&line, &line, &line, &line, &line]).await;
        assert!(matches!(read.first(), Some(Err(WireError::Invalid(why))) if why.contains("more than")), "{read:?}");
    }
}
