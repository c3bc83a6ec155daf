//! The wire formats: how a call is written, and how the frames of its response are read. Everything that differs between the
//! formats is below here.

mod anthropic;
mod fixed;
mod gemini;
mod ollama;
mod openai;

use serde_json::value::RawValue;
use story::{ChatMessage, Prompt, Role};

pub(super) use self::fixed::Fixed;
pub(super) use self::ollama::window as ollama_window;
use super::completion::Heard;
use super::manner::{Manner, Rung};
use crate::config::Format;

/// Which of a turn's calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A narration.
    Narrate,
    /// A delta.
    Extract,
}

/// What a call asks for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ask<'a> {
    pub(super) purpose: Purpose,
    pub(super) prompt: &'a Prompt,
    pub(super) model: &'a str,
    pub(super) max_tokens: u32,
    pub(super) temperature: Option<f64>,
    pub(super) stream: bool,
    /// The schema of a delta.
    pub(super) schema: Option<&'a RawValue>,
    pub(super) manner: &'a Manner,
}

impl<'a> Ask<'a> {
    /// The schema, if the answer is asked for by it.
    fn by_schema(&self) -> Option<&'a RawValue> {
        self.schema.filter(|_| self.purpose == Purpose::Extract && self.manner.rung == Rung::Schema)
    }

    /// Whether JSON of any form is asked for.
    fn is_json(&self) -> bool {
        self.purpose == Purpose::Extract && self.manner.rung == Rung::Json
    }

    fn max_tokens(&self) -> u32 {
        self.max_tokens.saturating_mul(self.manner.generosity)
    }

    fn temperature(&self) -> Option<f64> {
        self.temperature.filter(|_| self.manner.sends("temperature"))
    }

    fn system(&self) -> &'a str {
        self.prompt.system()
    }

    /// The messages of player and narrator.
    fn spoken(&self) -> &'a [ChatMessage] {
        self.prompt.messages()
    }
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

/// Reads one frame: an event's data, a line of JSON, or a whole body.
pub(super) fn read(format: Format, frame: &[u8], heard: &mut Heard) -> serde_json::Result<()> {
    match format {
        Format::ChatCompletions => openai::read(frame, heard),
        Format::Messages => anthropic::read(frame, heard),
        Format::OllamaChat => ollama::read(frame, heard),
        Format::GenerateContent => gemini::read(frame, heard),
    }
}

/// The role's name, of formats that call it so.
const fn role(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}

/// Serializes an iterator as a list, without collecting it.
struct List<F>(F);

impl<T: serde::Serialize, I: Iterator<Item = T>, F: Fn() -> I> serde::Serialize for List<F> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}
