//! A scripted language model that speaks the wire formats of `OpenAI`, Anthropic, Ollama and Gemini, closely enough that the
//! vendors' own clients see no difference.
//!
//! A [`Script`] says what to match and what to answer. [`MockLlm`] serves it over HTTP; [`Admin`] loads scripts, opens
//! gates and reads the journal, in the same process (the same is offered by HTTP below `/__mock`). The format is
//! described in `docs/model-scripts.md`.
//!
//! On the way from request to response, `wire` reads a vendor's request into a `call`, `namespace` chooses the entry
//! that answers it, `answer` is composed from the entry's reply, `wire` encodes it for the vendor, and `delivery` lays
//! waits and faults into it and sends it. A [`Profile`] makes it behave as one kind of server.

mod answer;
mod call;
mod delivery;
mod namespace;
mod profile;
mod quirk;
mod record;
mod responder;
mod script;
mod serve;
mod sync;
mod wire;

pub use self::call::{Api, Kind, Message, Role, Vendor};
pub use self::namespace::{
    Admin, AnswerRecord, BadName, Check, Ending, EntryExplanation, EntryProgress, EntryRef, GateState, Gates, Holds,
    JOURNAL_CAPACITY, Namespace, Record,
};
pub use self::profile::{Profile, ProfileError};
pub use self::record::{RecordError, Recorder};
pub use self::responder::{Responder, Speed};
pub use self::script::{Mistake, Script, ScriptError};
pub use self::serve::{MockLlm, StartError};

/// The example of the README, compiled as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
