//! Event streams as clients meet them, over real connections to a server in this process. What happens to a game is done
//! to the store directly, one step at a time, so that every moment of a turn can be looked at.
#![cfg(feature = "offline")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

mod beginnings;
mod changes;
mod connections;
mod cut;
mod drain;
mod fixture;
mod lag;
