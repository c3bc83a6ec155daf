//! Runs cases, which are JSON files, against the real story engine: real processes, a real store, a scripted model.
//!
//! [`case`] reads and checks files, [`services`] finds or starts Redis and the model, [`run`] plays cases and sends events,
//! [`report`] makes them into what people and CI servers read. [`chaos`] needs no cases: it plays many games while it breaks
//! things at random; [`crash`] plays one case and kills something at every moment of it. [`invariants`] are what must hold after either. [`bench`] breaks nothing and measures.

#[macro_use]
mod terminal;

pub mod bench;
pub mod case;
pub mod changes;
pub mod chaos;
pub mod cli;
pub mod crash;
pub mod expect;
pub mod explain;
pub mod fix;
mod fleet;
pub mod http;
pub mod invariants;
pub mod json;
pub mod last_run;
pub mod model;
pub mod profile;
pub mod record;
pub mod report;
pub mod run;
pub mod select;
pub mod services;
pub mod snapshot;
pub mod watch;

use std::time::Duration;

/// A time limit, stretched by `HARNESS_PATIENCE`: a number to multiply with, for machines slower than the author's.
#[must_use]
pub fn patience(limit: Duration) -> Duration {
    let patience = std::env::var("HARNESS_PATIENCE").ok().and_then(|text| text.parse::<f64>().ok());
    match patience {
        Some(factor) if factor > 0.0 && factor < 1000.0 => limit.mul_f64(factor),
        _ => limit,
    }
}
