//! What a process says of itself: [`logs`] for an operator, [`metrics`] for a scraper.
//!
//! [`catalogue`] lists the metrics; [`turns`] and [`model_call`] measure what more than one line is needed for.

pub mod catalogue;
pub mod logs;
pub mod metrics;
pub mod model_call;
pub(crate) mod turns;
