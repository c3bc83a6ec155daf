//! Unusual but legal layouts of a stream's bytes: other line ends, comments, frames that arrive in parts.

use bytes::Bytes;

use super::plan::Frame;
use crate::{call::Vendor, script::Framing};

/// Applies line ends and comments, which are bytes of the body like any others.
pub(super) fn dress(frames: &mut [Frame], framing: Framing, vendor: Vendor) {
    for frame in frames {
        // Lines of JSON have no comments.
        if framing.comments && frame.tokens.is_some() && vendor != Vendor::Ollama {
            frame.bytes = [b": still here\n\n", &frame.bytes[..]].concat().into();
        }
        if framing.crlf {
            // JSON has no line feeds outside strings, and inside them they are escaped.
            frame.bytes = crlf(&frame.bytes);
        }
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

/// Cuts frames into parts. The first part of a frame stands for it in all counts and deadlines.
pub(super) fn segment(frames: Vec<Frame>, framing: Framing) -> Vec<Frame> {
    let Some(size) = framing.segment_bytes else { return frames };
    let parts = |frame: Frame| {
        let starts = (0..frame.bytes.len()).step_by(size.get());
        let part = move |start: usize| Frame {
            bytes: frame.bytes.slice(start..frame.bytes.len().min(start + size.get())),
            tokens: frame.tokens.filter(|_| start == 0),
            continues: start > 0,
        };
        starts.map(part).collect::<Vec<_>>()
    };
    frames.into_iter().flat_map(parts).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_join_to_the_frame_and_count_once() {
        let frame =
            Frame { bytes: Bytes::from_static("data: äöü\n\n".as_bytes()), tokens: Some(2), continues: false };
        let framing = Framing { segment_bytes: std::num::NonZeroUsize::new(3), ..Framing::default() };
        let parts = segment(vec![frame.clone()], framing);
        assert_eq!(parts.iter().map(|part| &part.bytes[..]).collect::<Vec<_>>().concat(), frame.bytes);
        assert_eq!(parts.iter().filter_map(|part| part.tokens).collect::<Vec<_>>(), [2]);
        assert!(parts.iter().any(|part| std::str::from_utf8(&part.bytes).is_err()), "cut in the middle of a character");
    }
}
