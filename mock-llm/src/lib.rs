//! A scripted language model that speaks the wire formats of `OpenAI`, Anthropic and Ollama, closely enough that the vendors' own clients
//! cannot tell.
//!
//! A [`Script`] says what to match and what to answer. [`MockLlm`] serves it over HTTP; [`Admin`] loads scripts, opens gates and reads the
//! journal, in the same process (the same is offered by HTTP below `/__mock`). The format is described in `docs/model-scripts.md`.
//!
//! On the way from request to response, `wire` reads a vendor's request into a `call`, `choose` finds the entry that answers it, `compose`
//! turns the entry's reply into an `answer`, `wire` encodes that for the vendor, `plan` lays waits and faults into it, `play` sends it.

mod admin;
mod answer;
mod call;
mod choose;
mod chunk;
mod compose;
mod control;
mod draw;
mod explain;
mod gate;
mod journal;
mod listen;
mod namespace;
mod plan;
mod play;
mod respond;
mod routes;
mod schema;
mod script;
mod server;
mod sync;
mod wire;

pub use self::admin::{Admin, BadName};
pub use self::answer::{Finish, Usage};
pub use self::call::{Kind, Message, Role, Source, Vendor};
pub use self::explain::{Check, EntryExplanation, EntryRef};
pub use self::gate::{GateState, Gates};
pub use self::journal::{AnswerRecord, Ending, JOURNAL_CAPACITY, Record};
pub use self::namespace::{EntryProgress, Namespace};
pub use self::script::{Mistake, Order, Script, ScriptError};
pub use self::server::{MockLlm, StartError};
