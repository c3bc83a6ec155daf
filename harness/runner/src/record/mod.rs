//! `harness record`: a person plays, through the page, the console or any other client, and the harness writes the case.
//!
//! A front proxy ([`proxy`]) is put before a real engine and notes which games are begun and what is said to them. What
//! came of it is read from the games' own events, and [`write`] makes steps of both. What the model answers is either a
//! script that the case names, or recorded from a real model by mock-llm's recorder.

mod proxy;
mod write;

pub use proxy::{ProxyError, RecordingProxy, Said};
pub use write::{Recorded, case};
