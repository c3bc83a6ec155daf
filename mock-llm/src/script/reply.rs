//! What an entry answers: the runtime form of replies, pace, gates and faults.

use std::{num::NonZeroUsize, time::Duration};

use super::format::FramingForm;
use super::template::{JsonTemplate, Template};
use crate::{
    answer::Finish,
    quirk::{Raw, RetryForm, StreamEnd},
};
use axum::http::{HeaderName, HeaderValue};

/// One answer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reply {
    /// What the model thinks before it answers.
    pub(crate) reasoning: Option<Template>,
    /// Why the model declines.
    pub(crate) refusal: Option<Template>,
    pub(crate) text: Option<Template>,
    pub(crate) json: Option<JsonTemplate>,
    pub(crate) tools: Vec<ToolCall>,
    pub(crate) pace: Pace,
    pub(crate) chunk: Chunk,
    pub(crate) framing: FramingForm,
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
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
pub(crate) struct Framing {
    pub(crate) segment_bytes: Option<NonZeroUsize>,
    pub(crate) frames_per_segment: Option<NonZeroUsize>,
    pub(crate) crlf: bool,
    pub(crate) comments: bool,
    pub(crate) byte_order_mark: bool,
    /// The answer comes in one piece, although a stream was asked for.
    pub(crate) whole: bool,
    pub(crate) end: StreamEnd,
    /// A comment whenever nothing has come for so long.
    pub(crate) comment_every: Option<Duration>,
    pub(crate) preamble: Option<String>,
    pub(crate) content_type: Option<HeaderValue>,
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
    Status {
        status: u16,
        retry_after_s: Option<f64>,
        retry_after_form: Option<RetryForm>,
        message: Option<String>,
        body: Option<Raw>,
        headers: Vec<(HeaderName, HeaderValue)>,
    },
    Cut {
        cut: Cut,
        after: After,
    },
    Error {
        after_frames: usize,
        message: Option<String>,
        body: Option<Raw>,
    },
    Stall {
        after_frames: usize,
    },
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
