//! What a process says of itself: [`logs`] for an operator, [`metrics`] for a scraper.
//!
//! [`catalogue`] lists the metrics; [`turns`] and [`model_call`] measure what more than one line is needed for;
//! [`traces`] makes spans of requests, turns and model calls, for a collector;
//! [`profile`] says where the processor's time goes, when it is asked;
//! [`model_figures`] adds up what a worker says of its calls to the other processes.

pub mod catalogue;
pub mod logs;
pub mod metrics;
pub(crate) mod model_call;
pub(crate) mod model_figures;
pub(crate) mod profile;
pub mod traces;
pub(crate) mod turns;
