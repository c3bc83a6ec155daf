//! Clauses that do something. What they change is read off the answer by [`extract`](crate::extract), so that what is told and what happens
//! agree.

pub(crate) mod closed;
pub(crate) mod deed_lines;
pub(crate) mod doors;
pub(crate) mod earlier;
pub(crate) mod effort;
pub(crate) mod farther;
pub(crate) mod fighting;
pub(crate) mod gestures;
pub(crate) mod going;
pub(crate) mod handling;
pub(crate) mod idle;
pub(crate) mod manner;
pub(crate) mod opening;
pub(crate) mod otherwise;
pub(crate) mod passing;
pub(crate) mod playing;
pub(crate) mod postures;
pub(crate) mod scripted;
pub(crate) mod stowing;
pub(crate) mod ways;
pub(crate) mod wearing;
pub(crate) mod withheld;
