//! What happens in a run, as typed events, and those who tell people and programs of it.

mod event;
mod failure;
mod github;
mod html;
mod json;
mod junit;
mod logs;
mod record;
mod reporters;
mod rows;
mod terminal;
mod timeline;

pub use event::{CaseOutcome, CaseReport, Events, RunEvent, RunEventKind, Summary};
pub use failure::Failure;
pub(crate) use logs::note_logs;
pub use reporters::{ReportError, Reporters, Wanted};
pub use timeline::{CaseLog, Entry, Source, Span};
