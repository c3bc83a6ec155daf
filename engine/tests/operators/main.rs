//! The operators' commands and port, as a person at a terminal uses them.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

mod backup;
mod commands;
mod fixture;
#[expect(dead_code, reason = "these tests restart no server")]
#[path = "../../../store/tests/conformance/redis_server.rs"]
mod redis_server;
mod running;
mod shown;
mod tenants;
mod tiers;
mod unreadable;
