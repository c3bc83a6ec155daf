//! The plan of a delivery: which bytes are sent in which frames, where it waits, and how it ends. Faults of transport
//! are laid in here, so that playing it is only sending and waiting.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::frame::Frame;
use super::framing;
use crate::{
    answer::Answer,
    call::{ModelCall, Vendor},
    script::{After, ContentFault, Cut, Fault, Framing, Gate, Pace, Reply},
    wire::{self, Piece},
};

/// A delivery, ready to be played.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) frames: Vec<Frame>,
    pub(crate) end: End,
    pub(crate) gate: Option<Gate>,
    pub(crate) timing: Timing,
    /// The length that the headers declare; `None` sends the body in HTTP chunks.
    pub(crate) length: Option<usize>,
    /// A comment is sent whenever nothing has been for so long.
    pub(crate) comment_every: Option<Duration>,
}

/// How a delivery ends after its last frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Finish,
    /// As it should, but a frame is spoiled or an error.
    Spoiled,
    Cut(Cut),
    Stall,
}

/// When frames are due.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timing {
    pub(crate) pace: Pace,
    /// Divides all waiting; 0 drops it.
    pub(crate) speed: f64,
}

impl Timing {
    /// When the n-th piece, from 0, is due; `None` if at once. Deadlines are absolute, so that being late once does not
    /// make everything after it late.
    pub(crate) fn due(&self, start: Instant, index: usize) -> Option<Instant> {
        let between = self.pace.between.saturating_mul(u32::try_from(index).unwrap_or(u32::MAX));
        let nominal = self.pace.first.saturating_add(between);
        if nominal.is_zero() || self.speed <= 0.0 {
            return None;
        }
        let wait = Duration::try_from_secs_f64(nominal.as_secs_f64() / self.speed).unwrap_or(Duration::MAX);
        // What does not fit the clock is never due; a year is as good.
        start.checked_add(wait).or_else(|| start.checked_add(Duration::from_hours(365 * 24)))
    }
}

impl Plan {
    /// The plan of a streamed answer. `error` is sent where the script asks for an error in the stream.
    pub(crate) fn stream(
        call: &ModelCall,
        answer: &Answer,
        reply: &Reply,
        framing: &Framing,
        timing: Timing,
        error: Bytes,
    ) -> Self {
        let wire::Frames { pieces, closing } = wire::frames(call, answer, framing.end);
        let mut frames: Vec<Frame> =
            pieces.into_iter().map(|Piece { bytes, tokens }| Frame::piece(bytes, tokens)).collect();
        let pieces = frames.len();
        frames.push(Frame::silent(closing));
        framing::dress(&mut frames, framing, call.vendor());
        let mut end = End::Finish;
        match &reply.fault {
            Some(Fault::Cut { cut, after }) => {
                end = End::Cut(*cut);
                match after {
                    After::Frames(count) => frames.truncate(pieces.min(*count)),
                    After::Bytes(count) => keep_bytes(&mut frames, *count),
                }
            }
            Some(Fault::Stall { after_frames }) => {
                end = End::Stall;
                frames.truncate(pieces.min(*after_frames));
            }
            Some(Fault::Error { after_frames, .. }) => {
                end = End::Spoiled;
                frames.truncate(pieces.min(*after_frames));
                frames.push(Frame::silent(error));
            }
            Some(Fault::Content(fault)) => {
                end = End::Spoiled;
                spoil(&mut frames, pieces, *fault);
            }
            Some(Fault::Status { .. }) | None => {}
        }
        let frames = framing::segment(frames, framing);
        let comment_every = framing.comment_every.filter(|_| call.vendor() != Vendor::Ollama);
        Self { frames, end, gate: reply.gate.clone(), timing, length: None, comment_every }
    }

    /// The plan of an answer in one body. It is one frame, which a cut cuts in the middle.
    pub(crate) fn body(call: &ModelCall, answer: &Answer, reply: &Reply, timing: Timing) -> Self {
        let whole = wire::body(call, answer);
        let tokens = usize::try_from(answer.usage.output_tokens).unwrap_or(usize::MAX);
        let mut frames = vec![Frame::piece(whole.clone(), tokens)];
        let mut length = Some(whole.len());
        let mut end = End::Finish;
        match &reply.fault {
            Some(Fault::Cut { cut, after }) => {
                end = End::Cut(*cut);
                // A body that is shorter than announced is no proper end.
                length = length.filter(|_| *cut != Cut::End);
                match after {
                    After::Frames(0) => frames.clear(),
                    After::Frames(_) => keep_bytes(&mut frames, whole.len() / 2),
                    After::Bytes(count) => keep_bytes(&mut frames, (*count).min(whole.len().saturating_sub(1))),
                }
            }
            Some(Fault::Stall { after_frames }) => {
                end = End::Stall;
                keep_bytes(&mut frames, if *after_frames == 0 { 0 } else { whole.len() / 2 });
            }
            Some(Fault::Content(fault)) => {
                end = End::Spoiled;
                spoil(&mut frames, 1, *fault);
                length = Some(frames.iter().map(|frame| frame.bytes.len()).sum());
            }
            Some(Fault::Error { .. } | Fault::Status { .. }) | None => {}
        }
        Self { frames, end, gate: reply.gate.clone(), timing, length, comment_every: None }
    }

    /// How many pieces of the answer its frames carry.
    pub(crate) fn pieces(&self) -> usize {
        self.frames.iter().map(|frame| frame.pieces).sum()
    }
}

/// Keeps the first `count` bytes. A frame that is cut still counts as sent.
fn keep_bytes(frames: &mut Vec<Frame>, mut count: usize) {
    for frame in &mut *frames {
        frame.bytes.truncate(count);
        count -= frame.bytes.len();
    }
    frames.retain(|frame| !frame.bytes.is_empty());
}

/// Lays a fault of content into the bytes.
fn spoil(frames: &mut [Frame], pieces: usize, fault: ContentFault) {
    match fault {
        ContentFault::MalformedBody => {
            if let Some(frame) = frames.get_mut(pieces / 2) {
                frame.bytes = without_end(&frame.bytes);
            }
        }
        ContentFault::CutUtf8 => {
            if let Some(frame) = frames.iter_mut().find(|frame| !frame.bytes.is_ascii()) {
                frame.bytes = without_last_byte_of_character(&frame.bytes);
            }
        }
        // These have already been applied to what is said.
        ContentFault::MalformedJson | ContentFault::WrongSchema | ContentFault::Empty => {}
    }
}

/// Takes the closing braces of the JSON away but keeps the line breaks that end the frame.
fn without_end(bytes: &[u8]) -> Bytes {
    let text_end = bytes.trim_ascii_end().len();
    let cut = bytes[..text_end].iter().rposition(|byte| !matches!(byte, b'}' | b']')).unwrap_or_default();
    [&bytes[..cut], &bytes[text_end..]].concat().into()
}

/// Takes the last byte of the first character that has several.
fn without_last_byte_of_character(bytes: &[u8]) -> Bytes {
    let Some(start) = bytes.iter().position(|byte| !byte.is_ascii()) else { return Bytes::copy_from_slice(bytes) };
    let is_continuation = |byte: &u8| byte & 0b1100_0000 == 0b1000_0000;
    let length = 1 + bytes[start + 1..].iter().take_while(|byte| is_continuation(byte)).count();
    [&bytes[..start + length - 1], &bytes[start + length..]].concat().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_that_is_not_json_still_ends_as_a_frame() {
        assert_eq!(&without_end(b"data: {\"a\":[{\"b\":1}]}\n\n")[..], b"data: {\"a\":[{\"b\":\n\n");
    }

    #[test]
    fn a_cut_character_is_not_utf_8() {
        let cut = without_last_byte_of_character("a€b".as_bytes());
        assert_eq!(cut.len(), 4);
        assert!(std::str::from_utf8(&cut).is_err());
    }

    #[test]
    fn bytes_are_counted_over_frames() {
        let frame = |bytes: &'static str| Frame::piece(Bytes::from_static(bytes.as_bytes()), 1);
        let mut frames = vec![frame("abc"), frame("def"), frame("ghi")];
        keep_bytes(&mut frames, 4);
        assert_eq!(frames, [frame("abc"), frame("d")]);
    }

    #[tokio::test(start_paused = true)]
    async fn deadlines_do_not_drift_and_speed_zero_has_none() {
        let pace = Pace { first: Duration::from_millis(100), between: Duration::from_millis(10) };
        let start = Instant::now();
        let due = |speed| Timing { pace, speed }.due(start, 5).map(|due| due - start);
        assert_eq!(due(1.0), Some(Duration::from_millis(150)));
        assert_eq!(due(2.0), Some(Duration::from_millis(75)));
        assert_eq!(due(0.0), None);
    }
}
