//! story-engine: the HTTP API, the queue and the workers.
//!
//! [`http`] holds connections, [`api`] accepts and reads, [`worker`] runs turns, [`store`] keeps everything, [`llm`]
//! calls models. Handlers never call a model; only the worker applies a delta; both reach the store through its ports alone.

mod admin_page;
pub mod api;
pub mod author;
mod causes;
pub mod command;
pub mod config;
pub mod content;
mod exported;
mod fitted;
pub mod http;
pub mod llm;
pub mod operate;
pub mod out;
mod outbound;
mod page;
mod play;
pub mod preview;
pub mod retention;
mod root_cause;
pub mod serve;
mod signal;
pub mod telemetry;
#[cfg(feature = "play")]
pub mod terminal;
pub mod tiers;
mod visible;
pub mod watchdog;
mod welcome;
pub mod worker;

/// The example of the README, compiled as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
