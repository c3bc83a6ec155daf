//! A streamed answer as bytes: what travels together, and the two ways to frame it (server-sent events and JSON lines).
//!
//! Frames of one stream differ in little more than the piece that they carry. So a frame is encoded once, as a
//! [`Stencil`], and every piece is put into a copy of it.

use bytes::Bytes;
use serde::Serialize;

use crate::answer::{Pieces, tokens};

/// Room for most frames.
const FRAME: usize = 384;

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

/// Collects frames in the order in which they are sent. All of them share one buffer.
#[derive(Debug, Default)]
pub(super) struct Builder {
    buffer: Vec<u8>,
    /// Where each piece's bytes end, and its tokens.
    pieces: Vec<(usize, usize)>,
}

impl Builder {
    /// A frame without a piece of the answer: it travels with the next one that has.
    pub(super) fn silent(&mut self, frame: &[u8]) {
        self.buffer.extend_from_slice(frame);
    }

    /// A frame that carries `piece`.
    pub(super) fn piece(&mut self, frame: &[u8], piece: &str) {
        self.silent(frame);
        self.pieces.push((self.buffer.len(), tokens(piece)));
    }

    /// A frame for each of `pieces`, by the same stencil.
    pub(super) fn pieces(&mut self, stencil: &Stencil, pieces: &Pieces) {
        for piece in pieces.iter() {
            stencil.fill(piece, &mut self.buffer);
            self.pieces.push((self.buffer.len(), tokens(piece)));
        }
    }

    pub(super) fn finish(self) -> Frames {
        let mut rest = Bytes::from(self.buffer);
        let mut start = 0;
        let piece = |(end, tokens)| {
            let bytes = rest.split_to(end - start);
            start = end;
            Piece { bytes, tokens }
        };
        let pieces = self.pieces.into_iter().map(piece).collect();
        Frames { pieces, closing: rest }
    }
}

/// A frame with a gap for the piece that it carries.
#[derive(Debug)]
pub(super) struct Stencil {
    before: Vec<u8>,
    after: Vec<u8>,
}

impl Stencil {
    /// Stands in for the piece. Nobody else writes it, and what is before the gap cannot hide it: the last one counts.
    const GAP: &str = "\u{0}";
    const ENCODED_GAP: &[u8] = br#""\u0000""#;

    /// The stencil of the frame that `encode` makes of a piece.
    pub(super) fn new(encode: impl FnOnce(&str) -> Vec<u8>) -> Self {
        let frame = encode(Self::GAP);
        let gap = frame.windows(Self::ENCODED_GAP.len()).rposition(|window| window == Self::ENCODED_GAP);
        let gap = gap.unwrap_or(frame.len());
        let after = frame.get(gap + Self::ENCODED_GAP.len()..).unwrap_or_default().to_vec();
        Self { before: frame[..gap].to_vec(), after }
    }

    fn fill(&self, piece: &str, buffer: &mut Vec<u8>) {
        buffer.extend_from_slice(&self.before);
        write(piece, buffer);
        buffer.extend_from_slice(&self.after);
    }
}

/// A server-sent event. JSON has no line breaks outside strings and none inside them, so one `data` line is enough.
pub(super) fn sse(event: Option<&str>, data: &impl Serialize) -> Vec<u8> {
    let mut frame = Vec::with_capacity(FRAME);
    if let Some(event) = event {
        frame.extend_from_slice(b"event: ");
        frame.extend_from_slice(event.as_bytes());
        frame.push(b'\n');
    }
    frame.extend_from_slice(b"data: ");
    write(data, &mut frame);
    frame.extend_from_slice(b"\n\n");
    frame
}

/// A line of JSON.
pub(super) fn line(data: &impl Serialize) -> Vec<u8> {
    let mut frame = Vec::with_capacity(FRAME);
    write(data, &mut frame);
    frame.push(b'\n');
    frame
}

/// JSON text at the end of `buffer`. What the encoders write is always JSON, and memory takes it.
pub(super) fn write(data: &(impl Serialize + ?Sized), buffer: &mut Vec<u8>) {
    let _ = serde_json::to_writer(buffer, data);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_filled_stencil_is_the_frame_that_the_encoder_would_have_made() {
        let encode = |piece: &str| sse(None, &json!({ "model": "\u{0}", "delta": { "content": piece }, "end": null }));
        let pieces = ["You ", "\"quote\"\n", "Übermut 🜁", ""];
        let mut builder = Builder::default();
        builder.silent(b"first\n");
        builder.pieces(&Stencil::new(encode), &pieces.map(str::to_owned).into_iter().collect());
        builder.silent(b"last\n");
        let frames = builder.finish();
        assert_eq!(frames.pieces[0].bytes, [b"first\n", &encode(pieces[0])[..]].concat());
        for (frame, piece) in frames.pieces.iter().zip(&pieces).skip(1) {
            assert_eq!(frame.bytes, encode(piece));
        }
        assert_eq!(frames.closing, "last\n");
    }
}
