//! The answering half of the script format: replies, pace, gates and faults.

use std::{
    collections::BTreeMap,
    num::{NonZeroU64, NonZeroUsize},
};

use schemars::{JsonSchema, json_schema};
use serde::{
    Deserialize,
    de::{SeqAccess, value::SeqAccessDeserializer},
};
use serde_json::Value;

use super::short::{Short, short_form};
use crate::{
    answer::Finish,
    quirk::{RetryForm, StreamEnd},
};

/// An answer: a text, or an object.
#[derive(Debug, Default)]
pub(in crate::script) struct ReplyForm(pub(in crate::script) FullReply);

impl Short for ReplyForm {
    type Full = FullReply;
    const EXPECTING: &'static str = "a text or an object with `text`, `json`, `tools` or `fault`";

    fn from_full(full: FullReply) -> Self {
        Self(full)
    }

    fn from_text(text: &str) -> Result<Self, String> {
        Ok(Self(FullReply { text: Some(text.to_owned()), ..FullReply::default() }))
    }
}

short_form!(ReplyForm, |_| json_schema!({ "type": "string" }));

/// An answer in full.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::script) struct FullReply {
    /// What the model thinks before it answers, a template.
    pub(in crate::script) reasoning: Option<String>,
    /// Why the model declines, where the vendor has a place for it (`OpenAI`'s completions); a template.
    pub(in crate::script) refusal: Option<String>,
    /// The answer's text, a template.
    pub(in crate::script) text: Option<String>,
    /// The answer as JSON; strings in it are templates.
    #[serde(default, deserialize_with = "present")]
    pub(in crate::script) json: Option<Value>,
    /// Tool calls, after the text if there is one.
    #[serde(default)]
    pub(in crate::script) tools: Vec<ToolForm>,
    /// When the pieces are sent.
    pub(in crate::script) pace: Option<PaceForm>,
    /// How a stream is cut.
    pub(in crate::script) chunk: Option<ChunkForm>,
    /// How a stream's bytes are laid out.
    pub(in crate::script) framing: Option<FramingForm>,
    /// Where to wait until somebody opens the gate.
    pub(in crate::script) gate: Option<GateForm>,
    /// What goes wrong.
    pub(in crate::script) fault: Option<FaultForm>,
    /// Why the model stops. Default: stop.
    pub(in crate::script) finish: Option<Finish>,
    /// Token counts; left out, they are estimated.
    pub(in crate::script) usage: Option<UsageForm>,
}

/// Distinguishes `"json": null`, a reply, from no reply.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// A tool call.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::script) struct ToolForm {
    /// The tool's name.
    pub(in crate::script) name: String,
    /// Its arguments; strings in them are templates.
    #[serde(default)]
    pub(in crate::script) arguments: serde_json::Map<String, Value>,
}

/// When the pieces are sent, in milliseconds.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::script) struct PaceForm {
    /// From the call's arrival to the first piece.
    #[serde(default)]
    pub(in crate::script) first_token_ms: u64,
    /// Between one piece and the next.
    #[serde(default)]
    pub(in crate::script) between_ms: u64,
}

/// How a stream is cut: a rule's name, or the pieces themselves.
#[derive(Debug, Clone)]
pub(in crate::script) enum ChunkForm {
    Word,
    Char,
    Token,
    Pieces(Vec<String>),
}

impl<'de> Deserialize<'de> for ChunkForm {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        super::short::deserialize(deserializer)
    }
}

impl Short for ChunkForm {
    type Full = NoObject;
    const EXPECTING: &'static str = "`word`, `char`, `token` or a list of pieces";

    fn from_full(full: NoObject) -> Self {
        match full {}
    }

    fn from_text(text: &str) -> Result<Self, String> {
        match text {
            "word" => Ok(Self::Word),
            "char" => Ok(Self::Char),
            "token" => Ok(Self::Token),
            other => Err(format!("unknown variant `{other}`, expected one of `word`, `char`, `token`")),
        }
    }

    fn from_list<'de, A: SeqAccess<'de>>(list: A) -> Result<Self, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(list)).map(Self::Pieces)
    }
}

impl JsonSchema for ChunkForm {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Chunk".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        json_schema!({
            "anyOf": [
                { "enum": ["word", "char", "token"] },
                { "type": "array", "items": { "type": "string" }, "minItems": 1 },
            ]
        })
    }
}

/// The full form of what has none: an object is always a mistake.
pub(in crate::script) enum NoObject {}

impl<'de> Deserialize<'de> for NoObject {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(serde::de::Error::custom(format!("invalid type: object, expected {}", ChunkForm::EXPECTING)))
    }
}

/// How a stream's bytes are laid out: all of it is legal, and breaks readers that count on the usual.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct FramingForm {
    /// Cut frames into parts of so many bytes that are sent one by one, also in the middle of a character.
    pub(in crate::script) segment_bytes: Option<NonZeroUsize>,
    /// Send so many frames together.
    pub(in crate::script) frames_per_segment: Option<NonZeroUsize>,
    /// End lines with CR LF.
    pub(in crate::script) crlf: bool,
    /// A comment before every piece, where the format has comments (server-sent events).
    pub(in crate::script) comments: bool,
    /// A byte order mark before the first byte, where the format has one (server-sent events).
    pub(in crate::script) byte_order_mark: bool,
    /// Send the answer in one piece, although a stream was asked for.
    pub(in crate::script) whole: Option<bool>,
    /// What closes a stream of chat completions. Default: `full`.
    pub(in crate::script) end: Option<StreamEnd>,
    /// A comment whenever nothing has come for so many milliseconds (server-sent events).
    pub(in crate::script) comment_every_ms: Option<NonZeroU64>,
    /// What comes before everything in a stream (server-sent events), as it is.
    pub(in crate::script) preamble: Option<String>,
    /// The content type, instead of the vendor's.
    pub(in crate::script) content_type: Option<String>,
}

/// A gate: its name, or name and place.
#[derive(Debug)]
pub(in crate::script) struct GateForm(pub(in crate::script) FullGate);

impl Short for GateForm {
    type Full = FullGate;
    const EXPECTING: &'static str = "a gate's name or an object with `name` and `after_chunks`";

    fn from_full(full: FullGate) -> Self {
        Self(full)
    }

    fn from_text(text: &str) -> Result<Self, String> {
        Ok(Self(FullGate { name: text.to_owned(), after_chunks: 0 }))
    }
}

short_form!(GateForm, |_| json_schema!({ "type": "string" }));

/// Where to wait until somebody opens the gate.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::script) struct FullGate {
    /// The gate's name; replies that name the same gate wait together.
    pub(in crate::script) name: String,
    /// How many pieces are sent before.
    #[serde(default)]
    pub(in crate::script) after_chunks: usize,
}

/// A fault: its name, or an object.
#[derive(Debug)]
pub(in crate::script) enum FaultForm {
    Named(FaultName),
    Full(Box<FullFault>),
}

impl Short for FaultForm {
    type Full = FullFault;
    const EXPECTING: &'static str = "a fault's name or an object such as {\"status\": 429}";

    fn from_full(full: FullFault) -> Self {
        Self::Full(Box::new(full))
    }

    fn from_text(text: &str) -> Result<Self, String> {
        let name = serde::de::value::StrDeserializer::<serde::de::value::Error>::new(text);
        FaultName::deserialize(name).map(Self::Named).map_err(|error| error.to_string())
    }
}

short_form!(FaultForm, |generator| generator.subschema_for::<FaultName>());

/// Faults that need no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::script) enum FaultName {
    /// A body or frame that is not JSON.
    MalformedBody,
    /// A proper answer in which the model's JSON is cut off.
    MalformedJson,
    /// JSON that breaks the caller's schema.
    WrongSchema,
    /// A proper answer without content.
    Empty,
    /// A character without its last byte.
    #[serde(rename = "cut_utf8")]
    CutUtf8,
}

/// Faults with numbers; exactly one of the numbered keys.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::script) struct FullFault {
    /// An error with this HTTP status, in the vendor's form. Below 400 only with a `body` or `headers`.
    #[schemars(range(min = 200, max = 599))]
    pub(in crate::script) status: Option<u16>,
    /// With `status`: the Retry-After header, in seconds.
    pub(in crate::script) retry_after_s: Option<f64>,
    /// With `retry_after_s`: how it is said. Default: the profile's form, or `seconds`.
    pub(in crate::script) retry_after_form: Option<RetryForm>,
    /// With `status`: further headers.
    #[serde(default)]
    pub(in crate::script) headers: BTreeMap<String, String>,
    /// With `status` and `error_after_frames`: the error's text.
    pub(in crate::script) message: Option<String>,
    /// With `status` and `error_after_frames`: the whole body, instead of the vendor's form. JSON is sent as JSON, a text
    /// as a web page, such as a proxy's.
    pub(in crate::script) body: Option<Value>,
    /// A TCP reset after so many frames.
    pub(in crate::script) reset_after_frames: Option<usize>,
    /// A TCP reset after so many bytes of the body.
    pub(in crate::script) reset_after_bytes: Option<usize>,
    /// The connection is closed after so many frames.
    pub(in crate::script) fin_after_frames: Option<usize>,
    /// The connection is closed after so many bytes of the body.
    pub(in crate::script) fin_after_bytes: Option<usize>,
    /// The body ends properly after so many frames, without the vendor's closing frames.
    pub(in crate::script) end_after_frames: Option<usize>,
    /// The vendor's error event after so many frames.
    pub(in crate::script) error_after_frames: Option<usize>,
    /// Nothing more after so many frames, until the caller hangs up.
    pub(in crate::script) stall_after_frames: Option<usize>,
}

/// Token counts.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::script) struct UsageForm {
    /// Tokens of the request.
    pub(in crate::script) input_tokens: Option<u64>,
    /// Tokens of the answer.
    pub(in crate::script) output_tokens: Option<u64>,
}
