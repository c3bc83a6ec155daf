//! Unusual but legal layouts of a stream's bytes: other line ends, comments, frames that arrive in parts or together.

use bytes::Bytes;

use super::frame::Frame;
use crate::{call::Vendor, script::Framing};

/// Starts a text that is encoded in UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Applies line ends, comments and the byte order mark, which are bytes of the body like any others.
pub(super) fn dress(frames: &mut [Frame], framing: &Framing, vendor: Vendor) {
    // Lines of JSON have neither comments nor a mark.
    let is_events = vendor != Vendor::Ollama;
    for frame in &mut *frames {
        if framing.comments && frame.pieces > 0 && is_events {
            frame.bytes = [b": still here\n\n", &frame.bytes[..]].concat().into();
        }
        if framing.crlf {
            // JSON has no line feeds outside strings, and inside them they are escaped.
            frame.bytes = crlf(&frame.bytes);
        }
    }
    if let Some(preamble) = framing.preamble.as_ref().filter(|_| is_events)
        && let Some(frame) = frames.first_mut()
    {
        frame.bytes = [preamble.as_bytes(), &frame.bytes[..]].concat().into();
    }
    if framing.byte_order_mark
        && is_events
        && let Some(frame) = frames.first_mut()
    {
        frame.bytes = [BYTE_ORDER_MARK, &frame.bytes[..]].concat().into();
    }
}

fn crlf(bytes: &[u8]) -> Bytes {
    let lines = bytes.split_inclusive(|byte| *byte == b'\n');
    lines
        .flat_map(|line| match line.strip_suffix(b"\n") {
            Some(text) => [text, b"\r\n"].concat(),
            None => line.to_vec(),
        })
        .collect()
}

/// Puts frames together, or cuts them into parts. Frames that travel together are due with their last piece. The first
/// part of a frame represents it in all counts and deadlines.
pub(super) fn segment(frames: Vec<Frame>, framing: &Framing) -> Vec<Frame> {
    let frames = match framing.frames_per_segment {
        Some(count) => together(&frames, count.get()),
        None => frames,
    };
    let Some(size) = framing.segment_bytes else { return frames };
    let parts = |frame: Frame| {
        let starts = (0..frame.bytes.len()).step_by(size.get());
        let part = move |start: usize| Frame {
            bytes: frame.bytes.slice(start..frame.bytes.len().min(start + size.get())),
            pieces: if start == 0 { frame.pieces } else { 0 },
            tokens: if start == 0 { frame.tokens } else { 0 },
            continues: start > 0,
        };
        starts.map(part).collect::<Vec<_>>()
    };
    frames.into_iter().flat_map(parts).collect()
}

/// Frames without a piece, which close a stream, travel alone.
fn together(frames: &[Frame], count: usize) -> Vec<Frame> {
    let runs = frames.chunk_by(|a, b| a.pieces > 0 && b.pieces > 0);
    let join = |frames: &[Frame]| Frame {
        bytes: frames.iter().flat_map(|frame| frame.bytes.iter().copied()).collect(),
        pieces: frames.iter().map(|frame| frame.pieces).sum(),
        tokens: frames.iter().map(|frame| frame.tokens).sum(),
        continues: false,
    };
    runs.flat_map(|run| run.chunks(count)).map(join).collect()
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;

    fn frame(text: &'static str) -> Frame {
        Frame { bytes: Bytes::from_static(text.as_bytes()), pieces: 1, tokens: 2, continues: false }
    }

    #[test]
    fn frames_travel_together_but_for_the_closing_one() {
        let closing = Frame { bytes: Bytes::from_static(b"end"), ..Frame::default() };
        let framing = Framing { frames_per_segment: NonZeroUsize::new(2), ..Framing::default() };
        let segments = segment(vec![frame("a"), frame("b"), frame("c"), closing], &framing);
        let seen: Vec<_> =
            segments.iter().map(|segment| (&segment.bytes[..], segment.pieces, segment.tokens)).collect();
        assert_eq!(seen, [(&b"ab"[..], 2, 4), (b"c", 1, 2), (b"end", 0, 0)]);
    }

    #[test]
    fn parts_join_to_the_frame_and_count_once() {
        let frame = frame("data: äöü\n\n");
        let framing = Framing { segment_bytes: NonZeroUsize::new(3), ..Framing::default() };
        let parts = segment(vec![frame.clone()], &framing);
        assert_eq!(parts.iter().map(|part| &part.bytes[..]).collect::<Vec<_>>().concat(), frame.bytes);
        assert_eq!(
            parts.iter().map(|part| (part.pieces, part.tokens)).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1)),
            (1, 2)
        );
        assert!(parts.iter().any(|part| std::str::from_utf8(&part.bytes).is_err()), "cut in the middle of a character");
    }
}
