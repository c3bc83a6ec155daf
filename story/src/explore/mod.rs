//! Exploring a story without playing it: what can be reached from its opening by moves that its rules allow. It finds the endings that
//! nobody reaches and the states from which no ending can be reached any more, each with the shortest way there.
//!
//! The search runs the same [`apply`] as a game. It takes a player to do only what matters: go, take what the story asks for, leave such
//! a thing in a place that goes away, do what a rule speaks of, wait where time counts. States that differ in nothing that a condition
//! reads are one state. It is breadth first and in a fixed order, so the same files always give the same answer.

#[cfg(test)]
mod conflict_tests;
mod cycle;
mod key;
mod moves;
mod outcomes;
mod relevant;
mod report;
mod search;
#[cfg(test)]
mod tests;
mod texts;
mod walk;

pub use report::check;
pub use search::{DEFAULT_BUDGET, Exploration, explore};
pub use walk::{Walks, walk};
