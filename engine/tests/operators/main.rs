//! The operators' commands and port, as a person at a terminal uses them.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

mod commands;
mod fixture;
mod running;
