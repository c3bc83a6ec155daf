//! What happens in a run, as typed events, and those who tell people and programs of it.

mod event;
mod failure;
mod junit;
mod terminal;
mod timeline;

pub use event::{CaseOutcome, CaseReport, Events, RunEvent, RunEventKind, Summary};
pub use failure::Failure;
pub use junit::junit;
pub use terminal::Terminal;
pub use timeline::{CaseLog, Entry, Source};
