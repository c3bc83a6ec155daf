//! Reports of a run, for people and for CI servers: terminal, `JUnit` XML, JSON lines, one HTML page, GitHub annotations.
//!
//! Every report is made from the [`harness_events`] that the runner sends, and from nothing else.

mod github;
mod history;
mod html;
mod json;
mod junit;
mod read;
mod record;
mod reporters;
mod rows;
mod terminal;

pub use history::HistoryFile;
pub use read::{MergeError, Merged, merge};
pub use reporters::{ReportError, Reporters, Wanted};
