//! The wire formats: how a call is written, and how the frames of its response are read. Everything that differs between the
//! formats is below here.

mod anthropic;
pub(super) mod ask;
pub(super) mod fixed;
mod gemini;
mod ollama;
mod openai;

use self::ask::Ask;
use self::fixed::Fixed;
pub(super) use self::ollama::window as ollama_window;
use super::completion::Received;
use super::purpose::Purpose;
use crate::config::{Endpoint, Format, ProviderConfig};

/// What the configuration sends along with every call for one purpose.
pub(super) fn fixed(config: &ProviderConfig, endpoint: &Endpoint, purpose: Purpose) -> Fixed {
    let fields = match config.adapter.format() {
        Format::ChatCompletions => openai::fixed(config, endpoint, purpose),
        Format::Messages => anthropic::fixed(config, purpose),
        Format::OllamaChat => ollama::fixed(config, purpose),
        Format::GenerateContent => gemini::fixed(config, purpose),
    };
    Fixed::new(fields, &config.extra_body)
}

/// The body of a call.
pub(super) fn body(format: Format, fixed: &Fixed, ask: &Ask<'_>) -> serde_json::Result<Vec<u8>> {
    match format {
        Format::ChatCompletions => fixed.lay_over(&openai::Body::new(fixed, ask)),
        Format::Messages => fixed.lay_over(&anthropic::Body::new(fixed, ask)),
        Format::OllamaChat => fixed.lay_over(&ollama::Body::new(fixed, ask)),
        Format::GenerateContent => fixed.lay_over(&gemini::Body::new(fixed, ask)),
    }
}

/// What a frame holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// A part of the answer, in the words of the format.
    Answer,
    /// An error, perhaps with a part of the answer.
    Error,
    /// Nothing that the format knows.
    Nothing,
}

impl Holds {
    /// By whether there is an error, and whether anything else is known.
    fn of(has_error: bool, is_known: bool) -> Self {
        match (has_error, is_known) {
            (true, _) => Self::Error,
            (false, true) => Self::Answer,
            (false, false) => Self::Nothing,
        }
    }
}

/// Reads one frame: an event's data, a line of JSON, or a whole body.
pub(super) fn read(format: Format, frame: &[u8], received: &mut Received) -> serde_json::Result<Holds> {
    match format {
        Format::ChatCompletions => openai::read(frame, received),
        Format::Messages => anthropic::read(frame, received),
        Format::OllamaChat => ollama::read(frame, received),
        Format::GenerateContent => gemini::read(frame, received),
    }
}
