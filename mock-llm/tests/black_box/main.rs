//! Black-box tests: a running mock, seen from outside. One binary, so that the clients are linked once.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod cli;
mod control;
mod determinism;
mod faults;
mod genai;
mod matching;
mod profile;
mod record;
mod support;
mod wire;
