//! Runs cases against the real service: real processes, a real store, a scripted model.
//!
//! [`services`] finds or starts Redis and the model, [`fleet`] the processes under test. [`run`] plays cases and sends events;
//! [`watch`] reads the event streams and `expect` decides whether expectations hold. [`chaos`] needs no cases: it plays many
//! games while it breaks things at random. [`crash`] plays one case and kills something at every moment of it.
//! [`invariants`] are what must hold after either. [`record`] writes a case from what a person plays.

mod call;
pub mod chaos;
pub mod crash;
mod expect;
pub mod fleet;
pub mod http;
mod invariants;
pub mod model;
pub mod record;
mod redis_client;
pub mod run;
pub mod services;
pub mod snapshot;
pub mod watch;

use std::time::Duration;

/// The variable that stretches every time limit.
pub const TIME_FACTOR: &str = "HARNESS_TIME_FACTOR";

/// The factor that the environment asks for, if it does.
///
/// # Errors
/// What is wrong with it.
pub fn time_factor() -> Result<Option<f64>, String> {
    let Ok(text) = std::env::var(TIME_FACTOR) else { return Ok(None) };
    let factor = text.parse::<f64>().ok().filter(|factor| *factor > 0.0 && *factor < 1000.0);
    factor.map(Some).ok_or_else(|| format!("{TIME_FACTOR}={text}: it is a number above 0 and below 1000"))
}

/// A time limit, stretched by `HARNESS_TIME_FACTOR`: a number to multiply with, for machines slower than the author's.
#[must_use]
pub fn stretched(limit: Duration) -> Duration {
    match time_factor() {
        Ok(Some(factor)) => limit.mul_f64(factor),
        _ => limit,
    }
}
