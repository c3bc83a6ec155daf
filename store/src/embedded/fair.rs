//! The order of the ready games, in SQLite. It mirrors `lua/fair.lua`, which explains it.

use protocol::{GameId, RequestId};

use super::StoreError;
use super::step::{Head, Step};

/// Starts are kept in steps of this; what is below one is the order of equal starts.
const STEP: i64 = 1024;
/// How many entries of tenants that have no turn ahead a claim drops.
const BATCH: i64 = 64;
/// Names in `meta`.
const CLOCK: &str = "fair_clock";
const GIVEN: &str = "fair_given";

impl Step<'_> {
    /// The order key of a game with this head. In fair order a head gets its order key once.
    pub(super) fn order_key(&self, game: GameId, head: &Head) -> Result<i64, StoreError> {
        let Some(shares) = self.options.order.shares() else { return Ok(head.seq) };
        if let Some(known) = start_of(self, head.request)? {
            return Ok(known);
        }
        let tenant = tenant_of(self, game)?;
        let start = clock(self)?.max(finish_of(self, &tenant)?.unwrap_or_default());
        set_finish(self, &tenant, start + shares.cost(&tenant))?;
        let given: i64 = self
            .first(
                "INSERT INTO meta (name, value) VALUES (?1, '1') \
                 ON CONFLICT (name) DO UPDATE SET value = CAST(value AS INTEGER) + 1 RETURNING CAST(value AS INTEGER)",
                [GIVEN],
                |row| row.get(0),
            )?
            .unwrap_or_default();
        let order_key = start * STEP + given % STEP;
        self.execute("INSERT INTO starts (request_id, place) VALUES (?1, ?2)", (head.request.to_string(), order_key))?;
        Ok(order_key)
    }

    /// The order key that a head has, if it has one.
    pub(super) fn kept_order_key(&self, head: &Head) -> Result<Option<i64>, StoreError> {
        match self.options.order.shares() {
            Some(_) => start_of(self, head.request),
            None => Ok(Some(head.seq)),
        }
    }

    /// The clock goes on to the start of a game that is leased, and by half a turn more.
    pub(super) fn has_begun(&self, game: GameId, head: &Head) -> Result<(), StoreError> {
        let Some(shares) = self.options.order.shares() else { return Ok(()) };
        let half = shares.cost(&tenant_of(self, game)?).min(shares.cost("")) / 2;
        let now = clock(self)?.max(self.order_key(game, head)? / STEP + half);
        self.execute("INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)", (CLOCK, now.to_string()))?;
        self.execute(
            "DELETE FROM finishes WHERE tenant IN (SELECT tenant FROM finishes WHERE finish <= ?1 ORDER BY finish LIMIT ?2)",
            (now, BATCH),
        )?;
        Ok(())
    }

    /// An attempt of a request has failed, and it is to get another start when it is ready again.
    pub(super) fn take_start(&self, request: RequestId) -> Result<(), StoreError> {
        if self.options.order.shares().is_some() {
            self.execute("DELETE FROM starts WHERE request_id = ?1", [request.to_string()])?;
        }
        Ok(())
    }

    /// A request that ends without a claim gives its start back, if its tenant has been given no later one.
    pub(super) fn give_back(&self, game: GameId, request: RequestId) -> Result<(), StoreError> {
        let Some(shares) = self.options.order.shares() else { return Ok(()) };
        let Some(start) = unclaimed(self, request)? else { return Ok(()) };
        let tenant = tenant_of(self, game)?;
        if finish_of(self, &tenant)? == Some(start + shares.cost(&tenant)) {
            set_finish(self, &tenant, start)?;
        }
        Ok(())
    }
}

/// The start of a request that was never claimed.
fn unclaimed(step: &Step<'_>, request: RequestId) -> Result<Option<i64>, StoreError> {
    step.first(
        "SELECT starts.place / ?2 FROM starts JOIN requests ON id = request_id WHERE request_id = ?1 AND started_at IS NULL",
        (request.to_string(), STEP),
        |row| row.get(0),
    )
}

fn start_of(step: &Step<'_>, request: RequestId) -> Result<Option<i64>, StoreError> {
    step.first("SELECT place FROM starts WHERE request_id = ?1", [request.to_string()], |row| row.get(0))
}

fn clock(step: &Step<'_>) -> Result<i64, StoreError> {
    let now = step.first("SELECT CAST(value AS INTEGER) FROM meta WHERE name = ?1", [CLOCK], |row| row.get(0))?;
    Ok(now.unwrap_or_default())
}

fn tenant_of(step: &Step<'_>, game: GameId) -> Result<String, StoreError> {
    let tenant = step.first("SELECT tenant FROM owners WHERE game_id = ?1", [game.to_string()], |row| row.get(0))?;
    Ok(tenant.unwrap_or_default())
}

fn finish_of(step: &Step<'_>, tenant: &str) -> Result<Option<i64>, StoreError> {
    step.first("SELECT finish FROM finishes WHERE tenant = ?1", [tenant], |row| row.get(0))
}

fn set_finish(step: &Step<'_>, tenant: &str, finish: i64) -> Result<(), StoreError> {
    step.execute("INSERT OR REPLACE INTO finishes (tenant, finish) VALUES (?1, ?2)", (tenant, finish))?;
    Ok(())
}
