//! Delivering an answer: a plan of frames, waits and faults, and playing it.

mod frame;
mod framing;
mod plan;
mod play;

pub(crate) use self::plan::{Plan, Timing};
pub(crate) use self::play::{Play, Stopped, break_off, wait_at_gate, wait_until};
