//! What an entry answers: the runtime form of replies, pace, gates and faults.

use std::{num::NonZeroUsize, time::Duration};

use super::template::{JsonTemplate, Template};
use crate::answer::Finish;

/// One answer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reply {
    pub(crate) text: Option<Template>,
    pub(crate) json: Option<JsonTemplate>,
    pub(crate) tools: Vec<ToolCall>,
    pub(crate) pace: Pace,
    pub(crate) chunk: Chunk,
    pub(crate) framing: Framing,
    pub(crate) gate: Option<Gate>,
    pub(crate) fault: Option<Fault>,
    pub(crate) finish: Finish,
    pub(crate) input_tokens: Option<u64>,
    pub(crate) output_tokens: Option<u64>,
}

/// A tool call.
#[derive(Debug, Clone)]
pub(crate) struct ToolCall {
    pub(crate) name: String,
    pub(crate) arguments: JsonTemplate,
}

/// When the pieces are sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Pace {
    pub(crate) first: Duration,
    pub(crate) between: Duration,
}

/// How a stream is cut.
#[derive(Debug, Clone, Default)]
pub(crate) enum Chunk {
    #[default]
    Word,
    Char,
    Token,
    /// The answer itself, piece by piece.
    Pieces(Vec<Template>),
}

/// How a stream's bytes are laid out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Framing {
    pub(crate) segment_bytes: Option<NonZeroUsize>,
    pub(crate) frames_per_segment: Option<NonZeroUsize>,
    pub(crate) crlf: bool,
    pub(crate) comments: bool,
    pub(crate) byte_order_mark: bool,
}

/// Where to wait until somebody opens the gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gate {
    pub(crate) name: String,
    pub(crate) after_chunks: usize,
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fault {
    Status { status: u16, retry_after_s: Option<f64>, message: Option<String>, body: Option<String> },
    Cut { cut: Cut, after: After },
    Error { after_frames: usize, message: Option<String> },
    Stall { after_frames: usize },
    Content(ContentFault),
}

/// How an answer breaks off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// TCP reset.
    Reset,
    /// The connection is closed.
    Fin,
    /// The body ends as if it were complete.
    End,
}

/// When an answer breaks off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    Frames(usize),
    Bytes(usize),
}

/// Faults in what is said rather than in how it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ContentFault {
    MalformedBody,
    MalformedJson,
    WrongSchema,
    Empty,
    CutUtf8,
}

impl Fault {
    /// The name that the script and the journal use.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Status { status, .. } => format!("status {status}"),
            Self::Cut { cut, after } => {
                let cut = match cut {
                    Cut::Reset => "reset",
                    Cut::Fin => "fin",
                    Cut::End => "end",
                };
                match after {
                    After::Frames(count) => format!("{cut}_after_frames {count}"),
                    After::Bytes(count) => format!("{cut}_after_bytes {count}"),
                }
            }
            Self::Error { after_frames, .. } => format!("error_after_frames {after_frames}"),
            Self::Stall { after_frames } => format!("stall_after_frames {after_frames}"),
            Self::Content(fault) => match fault {
                ContentFault::MalformedBody => "malformed_body",
                ContentFault::MalformedJson => "malformed_json",
                ContentFault::WrongSchema => "wrong_schema",
                ContentFault::Empty => "empty",
                ContentFault::CutUtf8 => "cut_utf8",
            }
            .to_owned(),
        }
    }
}
