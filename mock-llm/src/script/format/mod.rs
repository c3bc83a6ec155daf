//! The script as people write it: the serde types of the file, from which the JSON Schema is made too.
//! Nothing here is checked beyond its shape; `compile` does that.

mod reply;
mod short;

use std::collections::BTreeMap;

use schemars::{JsonSchema, json_schema};
use serde::{
    Deserialize,
    de::{SeqAccess, value::SeqAccessDeserializer},
};
use serde_json::Value;

pub(crate) use self::reply::FramingForm;
pub(super) use self::reply::{ChunkForm, FaultForm, FaultName, PaceForm, ReplyForm, ToolForm, UsageForm};
pub(super) use self::short::Texts;
use self::short::{Short, short_form};
use crate::call::{Api, Kind, Role, Source, Vendor};

/// A model script: a list of replies, given one after the other, or an object with entries.
#[derive(Debug)]
pub(super) enum ScriptForm {
    List(Vec<ReplyForm>),
    Full(Box<FullScript>),
}

impl Short for ScriptForm {
    type Full = FullScript;
    const EXPECTING: &'static str = "a list of replies or an object with `entries`";

    fn from_full(full: FullScript) -> Self {
        Self::Full(Box::new(full))
    }

    fn from_list<'de, A: SeqAccess<'de>>(list: A) -> Result<Self, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(list)).map(Self::List)
    }
}

short_form!(ScriptForm, |generator| generator.subschema_for::<Vec<ReplyForm>>());

/// What to match and what to answer.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FullScript {
    /// For editors.
    #[serde(rename = "$schema")]
    #[expect(dead_code, reason = "editors read it, the mock does not")]
    schema: Option<String>,
    /// For readers.
    #[expect(dead_code, reason = "people read it, the mock does not")]
    description: Option<String>,
    /// Whether a call that fits no entry is an error. Default: true.
    pub(super) strict: Option<bool>,
    /// Divides all waiting; 0 drops it. Default: 1.
    pub(super) speed: Option<f64>,
    /// Every draw comes from it. Default: 0.
    pub(super) seed: Option<u64>,
    /// Which entry answers. Default: unordered.
    pub(super) order: Option<Order>,
    /// Pace of every reply that has none of its own.
    pub(super) pace: Option<PaceForm>,
    /// How streams are cut where the reply does not say. Default: word.
    pub(super) chunk: Option<ChunkForm>,
    /// What to match and what to answer.
    pub(super) entries: Vec<EntryForm>,
}

/// Which entry answers a call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Order {
    /// The first entry that fits.
    #[default]
    Unordered,
    /// The next entry, which must fit.
    Ordered,
}

/// What to match and what to answer then.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EntryForm {
    /// Shown in errors and in the journal.
    pub(super) name: Option<String>,
    /// Conditions that must all hold; none: every call fits.
    #[serde(default, rename = "match")]
    pub(super) conditions: MatchForm,
    /// Texts to pick out of the call; all of them must be found.
    #[serde(default)]
    pub(super) capture: Vec<CaptureForm>,
    /// How often the entry answers before it is used up.
    pub(super) times: Option<u32>,
    /// Ordered scripts: may be skipped when it does not fit.
    #[serde(default)]
    pub(super) optional: bool,
    /// The answer.
    pub(super) reply: Option<ReplyForm>,
    /// The answers, one after the other; the last one repeats.
    pub(super) replies: Option<Vec<ReplyForm>>,
}

/// Conditions on a call.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MatchForm {
    /// Whether the caller asks for structured output.
    pub(super) kind: Option<Kind>,
    /// Whose wire format the caller speaks.
    pub(super) vendor: Option<Vendor>,
    /// Which of the vendor's interfaces the caller uses.
    pub(super) api: Option<Api>,
    /// Who spoke last.
    pub(super) role: Option<Role>,
    /// The model's name; a plain string must be equal.
    pub(super) model: Option<TestForm>,
    /// Whether the caller asks for a stream.
    pub(super) stream: Option<bool>,
    /// This is the n-th call, from 1, that fits all the other conditions.
    pub(super) call: Option<u32>,
    /// Text of the last user message; a plain string must be contained.
    pub(super) user: Option<TestForm>,
    /// All system text; a plain string must be contained.
    pub(super) system: Option<TestForm>,
    /// Text of the last message; a plain string must be contained.
    pub(super) last: Option<TestForm>,
    /// Text of the last assistant message; a plain string must be contained.
    pub(super) previous: Option<TestForm>,
    /// All messages' text; a plain string must be contained.
    pub(super) all: Option<TestForm>,
    /// Request headers by lower-case name; a plain string must be equal.
    #[serde(default)]
    pub(super) header: BTreeMap<String, TestForm>,
    /// Places in the request body by JSON pointer; a plain value must be equal.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, PointerSchema>")]
    pub(super) pointer: BTreeMap<String, Value>,
}

/// A condition on a text: a plain string, or tests that must all hold.
#[derive(Debug, Clone)]
pub(super) enum TestForm {
    Plain(String),
    Full(FullTest),
}

impl Short for TestForm {
    type Full = FullTest;
    const EXPECTING: &'static str = "a string or an object with `exact`, `contains`, `lacks` or `regex`";

    fn from_full(full: FullTest) -> Self {
        Self::Full(full)
    }

    fn from_text(text: &str) -> Result<Self, String> {
        Ok(Self::Plain(text.to_owned()))
    }
}

short_form!(TestForm, |_| json_schema!({ "type": "string" }));

/// Tests on a text that must all hold.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FullTest {
    /// The text is equal.
    pub(super) exact: Option<String>,
    /// The text contains all of these.
    pub(super) contains: Option<Texts>,
    /// The text contains none of these.
    pub(super) lacks: Option<Texts>,
    /// The text matches.
    pub(super) regex: Option<String>,
}

/// Stands in the schema for a pointer's value, which the parser reads in a second step.
#[derive(JsonSchema)]
#[schemars(untagged, rename = "PointerTest")]
#[expect(dead_code, reason = "only its schema is used")]
enum PointerSchema {
    Test(FullTest),
    Equal(PlainValue),
}

/// A JSON value other than an object.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum PlainValue {
    Text(String),
    Number(f64),
    Bool(bool),
    List(Vec<Value>),
    Null(()),
}

/// A text to pick out of the call.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CaptureForm {
    /// Where to look.
    pub(super) from: Source,
    /// What to look for; named groups become names for the replies.
    pub(super) regex: String,
    /// Find nothing and fit all the same, with empty names.
    #[serde(default)]
    pub(super) optional: bool,
    /// Capture every match and join them with this.
    pub(super) join: Option<String>,
}
