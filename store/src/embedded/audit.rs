//! The audit log in SQLite.

use async_trait::async_trait;
use protocol::{AuditEntry, AuditPage};

use super::rows::Columns;
use super::values::signed;
use super::{EmbeddedStore, StoreError};
use crate::{AuditCursor, AuditLog, NewAuditEntry};

#[async_trait]
impl AuditLog for EmbeddedStore {
    async fn record_audit(&self, entry: &NewAuditEntry) -> Result<(), StoreError> {
        let NewAuditEntry { nonce, by, action, subject, outcome } = entry.clone();
        self.step(move |step| {
            step.execute(
                "INSERT INTO audit (nonce, at, who, action, subject, outcome) SELECT ?1, ?2, ?3, ?4, ?5, ?6 \
                 WHERE NOT EXISTS (SELECT 1 FROM audit WHERE nonce = ?1)",
                (nonce.to_string(), step.now, &by, &action, &subject, &outcome),
            )?;
            let kept = signed(step.options.audit_kept as u64);
            step.execute("DELETE FROM audit WHERE number <= (SELECT max(number) FROM audit) - ?1", [kept]).map(drop)
        })
        .await
    }

    async fn audit(&self, after: Option<AuditCursor>, limit: usize) -> Result<AuditPage, StoreError> {
        self.step(move |step| {
            let before = after.map_or(i64::MAX, |after| signed(after.number));
            // One more than is shown: it says whether there are more.
            let mut found = step.all(
                "SELECT number, at, who, action, subject, outcome FROM audit WHERE number < ?1 \
                 ORDER BY number DESC LIMIT ?2",
                (before, signed(limit as u64 + 1)),
                |row| {
                    let row = Columns::new("the audit log", row);
                    let entry = AuditEntry {
                        at: row.time("at")?.unwrap_or_default(),
                        by: row.need("who")?,
                        action: row.need("action")?,
                        subject: row.need("subject")?,
                        outcome: row.need("outcome")?,
                    };
                    Ok((row.number::<u64>("number")?, entry))
                },
            )?;
            let more = found.len() > limit;
            found.truncate(limit);
            let next =
                found.last().filter(|_| more).map(|(number, _)| AuditCursor { ms: 0, number: *number }.to_string());
            Ok(AuditPage { entries: found.into_iter().map(|(_, entry)| entry).collect(), next })
        })
        .await
    }
}
