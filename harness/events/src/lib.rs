//! What happens in a run, as typed events.
//!
//! The runner sends them, reports are made from them, and neither knows the other: this crate is all that they share.

mod event;
mod failure;
mod mismatch;
mod timeline;

pub use event::{CaseOutcome, CaseReport, Events, RunEvent, RunEventKind, Summary};
pub use failure::{Evidence, Failure, diff};
pub use mismatch::Mismatch;
pub use timeline::{CaseLog, Entry, Source, Span, render as render_timeline};
