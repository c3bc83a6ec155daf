//! Limits of callers in SQLite. It mirrors `lua/charge.lua` of the Redis backend.

use std::time::Duration;

use protocol::RequestId;

use super::StoreError;
use super::step::Step;
use super::values::signed;
use crate::{Charge, Limited};

/// How many unused buckets are deleted with each charge.
const SWEPT: i64 = 4;

/// The first limit that is reached, if there is one. The requests `freed` end in the same step.
pub(super) fn refused_by(
    step: &Step<'_>,
    charges: &[Charge],
    freed: &[RequestId],
) -> Result<Option<Limited>, StoreError> {
    for (n, charge) in charges.iter().enumerate() {
        if let Some(rate) = charge.rate {
            let ((period, each), now) = (rate.micros(), step.now * 1000);
            let over = free_at(step, charge.bucket.as_str())?.max(now) + each - now - period;
            if over > 0 {
                let retry_after = Duration::from_millis(u64::try_from((over + 999) / 1000).unwrap_or(1));
                return Ok(Some(Limited::Rate { charge: n, retry_after }));
            }
        }
        if let Some(most) = charge.unfinished {
            let mut unfinished = step
                .first("SELECT unfinished FROM buckets WHERE name = ?1", [charge.bucket.as_str()], |row| {
                    row.get::<_, i64>(0)
                })?
                .unwrap_or_default();
            for request in freed {
                let sql = "SELECT 1 FROM charges WHERE request_id = ?1 AND bucket = ?2";
                let found = step.first(sql, (request.to_string(), charge.bucket.as_str()), |_| Ok(()))?;
                unfinished -= i64::from(found.is_some());
            }
            if unfinished >= signed(most) {
                return Ok(Some(Limited::Unfinished { charge: n }));
            }
        }
    }
    Ok(None)
}

/// Uses up what a call takes, for the request that it brings, if it brings one.
pub(super) fn charge(step: &Step<'_>, charges: &[Charge], request: Option<RequestId>) -> Result<(), StoreError> {
    let now = step.now * 1000;
    for charge in charges {
        if let Some(rate) = charge.rate {
            let free_at = free_at(step, charge.bucket.as_str())?.max(now) + rate.micros().1;
            step.execute(
                "INSERT INTO buckets (name, free_at) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET free_at = ?2",
                (charge.bucket.as_str(), free_at),
            )?;
        }
        if let (Some(_), Some(request)) = (charge.unfinished, request) {
            step.execute(
                "INSERT INTO charges (request_id, bucket) VALUES (?1, ?2)",
                (request.to_string(), charge.bucket.as_str()),
            )?;
        }
    }
    if !charges.is_empty() {
        step.execute(
            "DELETE FROM buckets WHERE name IN (SELECT name FROM buckets WHERE unfinished = 0 AND free_at < ?1 \
             ORDER BY free_at LIMIT ?2)",
            (now, SWEPT),
        )?;
    }
    Ok(())
}

fn free_at(step: &Step<'_>, bucket: &str) -> Result<i64, StoreError> {
    let found = step.first("SELECT free_at FROM buckets WHERE name = ?1", [bucket], |row| row.get(0))?;
    Ok(found.unwrap_or_default())
}
