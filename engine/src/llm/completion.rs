//! What a model has said so far, whichever format it came in.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use protocol::Usage;
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

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
            "stop" | "end_turn" | "stop_sequence" | "stop_word" | "eos" | "eos_token" | "eos_found" | "end"
            | "completed" | "complete" | "finished" | "done" | "tool_calls" | "tool_use" | "function_call"
            | "unload" | "pause_turn" => Self::Stop,
            "length"
            | "max_tokens"
            | "max_length"
            | "max_output_tokens"
            | "model_length"
            | "token_limit"
            | "limit"
            | "model_context_window_exceeded" => Self::Length,
            "content_filter"
            | "content-filter"
            | "contentfilter"
            | "content_filtered"
            | "guardrail_intervened"
            | "refusal"
            | "safety"
            | "prohibited_content"
            | "blocklist"
            | "spii"
            | "sensitive" => Self::Filtered,
            // What it quotes is chance; the next attempt may not.
            "recitation"
            | "error"
            | "network_error"
            | "server_error"
            | "engine_overloaded"
            | "insufficient_system_resource"
            | "timeout"
            | "malformed_function_call"
            | "other"
            | "abort"
            | "aborted"
            | "cancelled"
            | "canceled"
            | "failed"
            | "load" => Self::Error,
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

impl Tokens {
    /// No model reads or writes more in a call. Servers have been seen to report nonsense, which must not be paid from anybody's budget.
    const MOST: u64 = 10_000_000;

    /// What can be believed of it.
    pub(super) fn believed(self) -> Self {
        let Self { prompt, cached, completion, reasoning } = self;
        let [prompt, cached, completion, reasoning] =
            [prompt, cached, completion, reasoning].map(|count| if count > Self::MOST { 0 } else { count });
        Self { prompt, cached, completion, reasoning }
    }
}

impl From<Tokens> for Usage {
    fn from(tokens: Tokens) -> Self {
        let tokens = tokens.believed();
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
    /// What it has thought, as far as [`THOUGHTS`] goes: some servers put a delta there.
    pub(super) thoughts: String,
    /// Whether the format's own end has come.
    pub(super) ended: bool,
    /// Whether the last frame only counted tokens, which no server does before the end.
    pub(super) counted: bool,
    pub(super) finish: Option<Finish>,
    /// The number of the choice that came first: a server that sends more than one means that.
    pub(super) choice: Option<u64>,
    pub(super) tokens: Tokens,
}

/// So many bytes of thoughts are kept.
const THOUGHTS: usize = 64 * 1024;

impl Received {
    pub(super) fn think(&mut self, thoughts: &str) {
        if self.thoughts.len() + thoughts.len() <= THOUGHTS {
            self.thoughts.push_str(thoughts);
        }
    }

    /// Whether the server has said that the answer is whole, or as whole as it gets.
    pub(super) fn is_finished(&self) -> bool {
        self.finish.as_ref().is_some_and(|finish| *finish != Finish::Error)
    }

    pub(super) fn finish(&mut self, word: Option<&str>) {
        if let Some(finish) = word.and_then(Finish::of) {
            self.finish = Some(finish);
        }
    }
}

/// Text of a frame, borrowed from it where JSON escapes nothing. What is no text says nothing: the rest of its frame may still be of use.
#[derive(Debug, Default)]
pub(super) struct Text<'a>(pub(super) Cow<'a, str>);

impl Text<'_> {
    pub(super) fn of<'a>(text: Option<&'a Text<'_>>) -> &'a str {
        text.map_or("", |text| &text.0)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reads<'a>(PhantomData<&'a ()>);
        impl<'de: 'a, 'a> Visitor<'de> for Reads<'a> {
            type Value = Text<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(text.into()))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(text.to_owned().into()))
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Text::default())
            }

            fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
                Ok(Text::default())
            }

            fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
                Ok(Text::default())
            }

            fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
                Ok(Text::default())
            }

            fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
                Ok(Text::default())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
                IgnoredAny.visit_seq(seq).map(|_| Text::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                IgnoredAny.visit_map(map).map(|_| Text::default())
            }
        }
        deserializer.deserialize_any(Reads(PhantomData))
    }
}

/// A part of a frame without which the frame can be read: nothing, if it is not what it should be.
pub(super) struct Lenient<T>(pub(super) Option<T>);

impl<T> Default for Lenient<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de: 'a, 'a, T: Deserialize<'a>> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = <&'de RawValue>::deserialize(deserializer)?;
        Ok(Self(serde_json::from_str(written.get()).ok()))
    }
}

/// A number of tokens. Servers have sent negative ones, fractions and texts.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Count(pub(super) u64);

impl<'de> Deserialize<'de> for Count {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float becomes the nearest number")]
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Value::deserialize(deserializer)? {
            Value::Number(number) => number.as_u64().unwrap_or_else(|| number.as_f64().unwrap_or(0.0).max(0.0) as u64),
            Value::String(text) => text.trim().parse().unwrap_or(0),
            _ => 0,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_reports_what_a_server_has_counted_and_no_nonsense() {
        let tokens = Tokens { prompt: 7, cached: 5, completion: 3, reasoning: 2 };
        let usage = Usage { prompt_tokens: 7, cached_tokens: 5, completion_tokens: 3, reasoning_tokens: 2 };
        assert_eq!(Usage::from(tokens), usage);
        let nonsense = Tokens { prompt: u64::MAX, ..tokens };
        assert_eq!(Usage::from(nonsense), Usage { prompt_tokens: 0, ..usage });
    }

    #[test]
    fn what_is_not_of_its_kind_says_nothing_and_spoils_nothing() {
        for json in ["1", "-1", "1.5", "true", "null", "[1]", r#"{"a":1}"#] {
            assert_eq!(serde_json::from_str::<Text<'_>>(json).unwrap().0, "", "{json}");
        }
        for (json, expected) in [("7", 7), ("-35", 0), ("7.0", 7), (r#""7""#, 7), ("null", 0), ("[]", 0)] {
            assert_eq!(serde_json::from_str::<Count>(json).unwrap().0, expected, "{json}");
        }
        assert!(serde_json::from_str::<Lenient<Vec<u8>>>("{}").unwrap().0.is_none());
    }
}
