//! Totals since the database began, kept in `meta`, and its size.

use super::rows::unavailable;
use super::step::Step;
use super::values::unsigned;
use crate::{StoreError, StoreFigures};

/// What the names of totals begin with.
const PREFIX: &str = "total:";
/// The total of expired leases.
pub(super) const LEASES_EXPIRED: &str = "leases_expired";
/// What the totals of failed requests begin with; the slug of the problem follows.
pub(super) const FAILED: &str = "failed:";

/// Adds one to a total.
pub(super) fn count(step: &Step<'_>, total: &str) -> Result<(), StoreError> {
    let sql = "INSERT INTO meta (name, value) VALUES (?1, '1') \
               ON CONFLICT (name) DO UPDATE SET value = CAST(value AS INTEGER) + 1";
    step.execute(sql, [format!("{PREFIX}{total}")]).map(drop)
}

/// Every total, and the size of the database.
pub(super) fn figures(step: &Step<'_>) -> Result<StoreFigures, StoreError> {
    let size = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
    let used = step.first(size, [], |row| row.get(0).map(unsigned))?.unwrap_or_default();
    let totals = step.all("SELECT name, CAST(value AS INTEGER) FROM meta WHERE name LIKE 'total:%'", [], |row| {
        Ok((row.get::<_, String>(0).map_err(unavailable)?, unsigned(row.get(1).map_err(unavailable)?)))
    })?;
    let mut figures = StoreFigures { used_bytes: used, ..StoreFigures::default() };
    for (name, total) in totals {
        match name.strip_prefix(PREFIX).unwrap_or_default() {
            LEASES_EXPIRED => figures.leases_expired = total,
            name => {
                if let Some(slug) = name.strip_prefix(FAILED) {
                    figures.failed.insert(slug.to_owned(), total);
                }
            }
        }
    }
    Ok(figures)
}
