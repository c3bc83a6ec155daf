//! Budgets in SQLite. It mirrors `lua/budget.lua` and `lua/reserve.lua` of the Redis backend.

use std::time::Duration;

use protocol::RequestId;

use super::StoreError;
use super::rows::unavailable;
use super::step::Step;
use super::values::{signed, unsigned};
use crate::{Bucket, Budget, Lease, Reserved, Spending, Spent, UsedUp};

/// How many slots that do not count any more are deleted with each reservation, of whichever bucket.
const SWEPT: i64 = 8;

/// Whether what is reserved counts as used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reservations {
    /// Most of it comes back.
    LeftOut,
    Counted,
}

/// The first budget that is used up, if there is one.
pub(super) fn used_up(
    step: &Step<'_>,
    budgets: &[Budget],
    counted: Reservations,
) -> Result<Option<UsedUp>, StoreError> {
    for (n, budget) in budgets.iter().enumerate() {
        for what in Spent::ALL {
            if let Some(most) = what.allowed(budget)
                && let Some(retry_after) = wait_for(step, &budget.bucket, what, most, counted)?
            {
                return Ok(Some(UsedUp { budget: n, what, retry_after }));
            }
        }
    }
    Ok(None)
}

/// How long until less than `most` is used, or nothing if it is.
fn wait_for(
    step: &Step<'_>,
    bucket: &Bucket,
    what: Spent,
    most: u64,
    counted: Reservations,
) -> Result<Option<Duration>, StoreError> {
    let ((length, kept), most) = (what.slots(), signed(most));
    let slots = slots(step, bucket, what, counted)?;
    let mut sum: i64 = slots.iter().map(|(_, amount)| amount).sum();
    if sum < most {
        return Ok(None);
    }
    for (slot, amount) in slots {
        sum -= amount;
        if sum < most {
            let free_at = (slot + kept + 1) * length;
            return Ok(Some(Duration::from_millis(unsigned(free_at - step.now))));
        }
    }
    Ok(None)
}

/// What counts of a bucket: the slots in order, and how much of each.
fn slots(step: &Step<'_>, bucket: &Bucket, what: Spent, counted: Reservations) -> Result<Vec<(i64, i64)>, StoreError> {
    step.all(
        "SELECT slot, amount - ifnull((SELECT sum(reserved.amount) FROM reserved WHERE reserved.bucket = used.bucket \
         AND reserved.what = used.what AND reserved.slot = used.slot AND ?5), 0) \
         FROM used WHERE bucket = ?1 AND what = ?2 AND slot BETWEEN ?3 AND ?4 ORDER BY slot",
        (
            bucket.as_str(),
            what.letter(),
            first_slot(step, what),
            step.now / what.slots().0,
            counted == Reservations::LeftOut,
        ),
        |row| Ok((row.get(0).map_err(unavailable)?, row.get(1).map_err(unavailable)?)),
    )
}

/// The first slot that counts.
fn first_slot(step: &Step<'_>, what: Spent) -> i64 {
    let (length, kept) = what.slots();
    step.now / length - kept
}

/// Reserves what an attempt may use, or puts another amount in the place of what it has reserved.
pub(super) fn reserve(
    step: &Step<'_>,
    lease: &Lease,
    budgets: &[Budget],
    most: Spending,
) -> Result<Reserved, StoreError> {
    step.check(lease)?;
    let request = lease.request.to_string();
    let sql = "SELECT token FROM reserved WHERE request_id = ?1 LIMIT 1";
    let by: Option<String> = step.first(sql, [&request], |row| row.get(0))?;
    match by {
        None => {
            if let Some(used_up) = used_up(step, budgets, Reservations::Counted)? {
                let is_settled = self::used_up(step, budgets, Reservations::LeftOut)?.is_some();
                return Ok(if is_settled { Reserved::UsedUp(used_up) } else { Reserved::Wait });
            }
        }
        Some(by) if by == lease.token.as_str() => give_back(step, lease.request)?,
        // What an earlier attempt has reserved, it has perhaps used. A turn that has begun goes on, whatever is used.
        Some(_) => {
            step.execute("DELETE FROM reserved WHERE request_id = ?1", [&request])?;
        }
    }
    for budget in budgets {
        for what in Spent::ALL {
            let slot = step.now / what.slots().0;
            let amount = signed(what.part(most));
            step.execute(
                "INSERT INTO used (bucket, what, slot, amount) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT (bucket, what, slot) DO UPDATE SET amount = amount + excluded.amount",
                (budget.bucket.as_str(), what.letter(), slot, amount),
            )?;
            step.execute(
                "INSERT INTO reserved (request_id, bucket, what, slot, amount, token) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                (&request, budget.bucket.as_str(), what.letter(), slot, amount, lease.token.as_str()),
            )?;
        }
    }
    for what in Spent::ALL {
        step.execute(
            "DELETE FROM used WHERE (bucket, what, slot) IN \
             (SELECT bucket, what, slot FROM used WHERE what = ?1 AND slot < ?2 ORDER BY slot LIMIT ?3)",
            (what.letter(), first_slot(step, what), SWEPT),
        )?;
    }
    Ok(Reserved::Done)
}

/// What a request has reserved becomes what it has used.
pub(super) fn settle(step: &Step<'_>, request: RequestId, used: Spending) -> Result<(), StoreError> {
    for what in Spent::ALL {
        step.execute(
            "UPDATE used SET amount = used.amount + ?3 - reserved.amount FROM reserved \
             WHERE reserved.request_id = ?1 AND reserved.what = ?2 AND used.bucket = reserved.bucket \
             AND used.what = reserved.what AND used.slot = reserved.slot",
            (request.to_string(), what.letter(), signed(what.part(used))),
        )?;
    }
    step.execute("DELETE FROM reserved WHERE request_id = ?1", [request.to_string()])?;
    Ok(())
}

/// What a request has reserved is free again.
pub(super) fn give_back(step: &Step<'_>, request: RequestId) -> Result<(), StoreError> {
    settle(step, request, Spending::default())
}

/// What is used of buckets.
pub(super) fn used(step: &Step<'_>, buckets: &[Bucket]) -> Result<Vec<Spending>, StoreError> {
    let sum = |bucket: &Bucket, what| -> Result<u64, StoreError> {
        Ok(unsigned(slots(step, bucket, what, Reservations::Counted)?.iter().map(|(_, amount)| amount).sum()))
    };
    buckets
        .iter()
        .map(|bucket| Ok(Spending { tokens: sum(bucket, Spent::Tokens)?, cost: sum(bucket, Spent::Cost)? }))
        .collect()
}
