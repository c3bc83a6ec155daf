//! What a model has said so far, whichever format it came in.

use std::borrow::Cow;

use protocol::Usage;

/// Why a model stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finish {
    /// It was done.
    Stop,
    /// No token was left, of its allowance or of the window.
    Length,
    /// The vendor's filter stopped it, or the model declined.
    Filtered,
    /// The server failed in the middle.
    Error,
    /// A reason that no format documents.
    Unknown(String),
}

impl Finish {
    /// From the word of any format; empty words say nothing.
    pub(super) fn of(word: &str) -> Option<Self> {
        Some(match word.to_ascii_lowercase().as_str() {
            "" | "null" | "finish_reason_unspecified" => return None,
            "stop" | "end_turn" | "stop_sequence" | "eos" | "eos_token" | "tool_calls" | "tool_use"
            | "function_call" | "unload" | "pause_turn" => Self::Stop,
            "length" | "max_tokens" | "model_length" | "model_context_window_exceeded" => Self::Length,
            "content_filter" | "refusal" | "safety" | "recitation" | "prohibited_content" | "blocklist" | "spii"
            | "sensitive" => Self::Filtered,
            "error" | "insufficient_system_resource" | "malformed_function_call" | "other" | "abort" | "load" => {
                Self::Error
            }
            _ => Self::Unknown(word.chars().take(40).collect()),
        })
    }
}

/// Tokens as the server counted them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tokens {
    pub(super) prompt: u64,
    /// Of the prompt, those that came from a cache.
    pub(super) cached: u64,
    pub(super) completion: u64,
    /// Of the completion, those that the model thought with.
    pub(super) reasoning: u64,
}

impl From<Tokens> for Usage {
    fn from(tokens: Tokens) -> Self {
        Self {
            prompt_tokens: tokens.prompt,
            cached_tokens: tokens.cached,
            completion_tokens: tokens.completion,
            reasoning_tokens: tokens.reasoning,
        }
    }
}

/// What has been read of a response.
#[derive(Debug, Default)]
pub(super) struct Received {
    /// Text that nobody has taken yet.
    pub(super) text: String,
    /// The arguments of a tool call: some models answer so when they are asked for JSON.
    pub(super) arguments: String,
    /// Why the model declines, in its own words.
    pub(super) refusal: String,
    /// Whether it has thought.
    pub(super) thought: bool,
    /// Whether the format's own end has come.
    pub(super) ended: bool,
    pub(super) finish: Option<Finish>,
    pub(super) tokens: Tokens,
}

impl Received {
    pub(super) fn finish(&mut self, word: Option<&str>) {
        if let Some(finish) = word.and_then(Finish::of) {
            self.finish = Some(finish);
        }
    }
}

/// Text of a frame, borrowed from it where JSON escapes nothing.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

impl Text<'_> {
    pub(super) fn of<'a>(text: Option<&'a Text<'_>>) -> &'a str {
        text.map_or("", |text| &text.0)
    }
}
