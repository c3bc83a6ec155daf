//! Limits of callers, as scripts get them and as they reply. `lua/charge.lua` does the work.

use std::time::Duration;

use super::StoreError;
use super::unexpected::{from_json, to_json, unexpected_reply};
use crate::{Charge, Limited, Rate};

/// Charges as `lua/charge.lua` reads them; nothing where there are none, so that a script need not parse it.
pub(super) fn encode(charges: &[Charge]) -> Result<String, StoreError> {
    if charges.is_empty() {
        return Ok(String::new());
    }
    let of = |charge: &Charge| {
        let (period, each) = charge.rate.map_or((0, 0), Rate::micros);
        let most = charge.unfinished.map_or(-1, |most| i64::try_from(most).unwrap_or(i64::MAX));
        (charge.bucket.clone(), period, each, most)
    };
    to_json(&charges.iter().map(of).collect::<Vec<_>>())
}

/// Reads `{'limited', which, retry after or -1}`.
pub(super) fn limited(reply: &[String]) -> Result<Limited, StoreError> {
    let [_, charge, wait] = reply else { return Err(unexpected_reply("a limit", &reply)) };
    let charge = from_json("a limit", charge)?;
    match from_json::<i64>("a limit", wait)? {
        -1 => Ok(Limited::Unfinished { charge }),
        ms => Ok(Limited::Rate { charge, retry_after: Duration::from_millis(u64::try_from(ms).unwrap_or(1)) }),
    }
}
