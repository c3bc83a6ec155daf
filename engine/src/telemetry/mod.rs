//! What a process says of itself: [`logs`] for an operator, [`metrics`] for a scraper.

pub mod logs;
pub mod metrics;
