//! The wire of story-engine: what the engine answers, what a client sends, and the events between them.
//!
//! One definition that the engine, the client and the harness share. Nothing here performs I/O, and nothing here knows
//! a store, a queue or a model.

mod access;
mod audit;
mod catalogue;
mod chat;
mod dead_letter;
mod event;
mod explain;
mod export;
mod game;
mod health;
mod id;
mod overview;
pub mod path;
mod pause;
mod priority;
mod problem;
mod prompt;
mod provider;
mod queue;
mod request;
mod schema;
mod turn;
mod worker;

// Every public item of these files is part of the wire, so a new one is not listed here again.
pub use access::*;
pub use audit::*;
pub use catalogue::*;
pub use chat::*;
pub use dead_letter::*;
pub use event::*;
pub use explain::*;
pub use export::*;
pub use game::*;
pub use health::*;
pub use id::*;
pub use overview::*;
pub use pause::*;
pub use priority::*;
pub use problem::*;
pub use prompt::*;
pub use provider::*;
pub use queue::*;
pub use request::*;
pub use turn::*;
pub use worker::*;

/// The example of the README, compiled as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
