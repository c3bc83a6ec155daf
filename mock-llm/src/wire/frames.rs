//! A streamed answer as bytes: what travels together, and the two ways to frame it (server-sent events and JSON lines).

use bytes::Bytes;
use serde_json::Value;

use crate::answer::tokens;

/// A streamed answer.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    /// Frames that carry a piece of the answer, each with the frames before it that carry none.
    pub(crate) pieces: Vec<Piece>,
    /// What follows the last piece.
    pub(crate) closing: Bytes,
}

/// A frame that carries a piece of the answer.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    pub(crate) bytes: Bytes,
    pub(crate) tokens: usize,
}

/// Collects frames in the order in which they are sent.
#[derive(Debug, Default)]
pub(super) struct Builder {
    frames: Frames,
    silent: Vec<u8>,
}

impl Builder {
    /// A frame without a piece of the answer: it travels with the next one that has.
    pub(super) fn silent(&mut self, frame: &[u8]) {
        self.silent.extend_from_slice(frame);
    }

    /// A frame that carries `piece`.
    pub(super) fn piece(&mut self, frame: &[u8], piece: &str) {
        self.silent.extend_from_slice(frame);
        let bytes = Bytes::from(std::mem::take(&mut self.silent));
        self.frames.pieces.push(Piece { bytes, tokens: tokens(piece) });
    }

    pub(super) fn finish(mut self) -> Frames {
        self.frames.closing = Bytes::from(self.silent);
        self.frames
    }
}

/// A server-sent event. JSON has no line breaks outside strings and none inside them, so one `data` line is enough.
pub(super) fn sse(event: Option<&str>, data: &Value) -> Vec<u8> {
    let event = event.map(|event| format!("event: {event}\n")).unwrap_or_default();
    format!("{event}data: {data}\n\n").into_bytes()
}

/// A line of JSON.
pub(super) fn line(data: &Value) -> Vec<u8> {
    format!("{data}\n").into_bytes()
}
