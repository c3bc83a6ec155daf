//! Budgets, as scripts get them and as they reply. `lua/budget.lua` does the work.

use std::collections::HashMap;
use std::time::Duration;

use super::StoreError;
use super::unexpected::{from_json, to_json, unexpected_reply};
use crate::{Budget, Spending, Spent, UsedUp};

/// Budgets as `lua/budget.lua` reads them; nothing where there are none, so that a script need not parse it.
pub(super) fn encode(budgets: &[Budget]) -> Result<String, StoreError> {
    if budgets.is_empty() {
        return Ok(String::new());
    }
    let of = |budget: &Budget| {
        let most =
            Spent::ALL.map(|what| what.allowed(budget).map_or(-1, |most| i64::try_from(most).unwrap_or(i64::MAX)));
        (budget.bucket.clone(), most[0], most[1])
    };
    to_json(&budgets.iter().map(of).collect::<Vec<_>>())
}

/// Reads `{'used_up', which, what, retry after}`.
pub(super) fn used_up(reply: &[String]) -> Result<UsedUp, StoreError> {
    let [_, budget, letter, wait] = reply else { return Err(unexpected_reply("a budget", &reply)) };
    let what = Spent::ALL.into_iter().find(|what| what.letter() == letter);
    Ok(UsedUp {
        budget: from_json("a budget", budget)?,
        what: what.ok_or_else(|| unexpected_reply("a budget", &reply))?,
        retry_after: Duration::from_millis(from_json("a budget", wait)?),
    })
}

/// What the hash of a bucket says is used now, `now` being the store's time in milliseconds.
pub(super) fn used(hash: &HashMap<String, i64>, now: i64) -> Spending {
    let [tokens, cost] = Spent::ALL.map(|what| {
        let (length, kept) = what.slots();
        let counts = |field: &str| {
            let slot = field.strip_prefix(what.letter())?.parse::<i64>().ok()?;
            Some(slot >= now / length - kept)
        };
        let sum: i64 = hash.iter().filter(|(field, _)| counts(field) == Some(true)).map(|(_, amount)| amount).sum();
        u64::try_from(sum).unwrap_or_default()
    });
    Spending { tokens, cost }
}
