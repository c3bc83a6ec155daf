//! The audit log in Redis: `audit`, a stream on the first shard.

use std::collections::HashMap;

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::{AuditEntry, AuditPage};

use super::step::{self, StepArgs};
use super::unexpected::unexpected_reply;
use super::{RedisStore, StoreError};
use crate::{AuditCursor, AuditLog, NewAuditEntry};

/// Id and fields of an entry.
type StoredEntry = (String, HashMap<String, String>);

#[async_trait]
impl AuditLog for RedisStore {
    async fn record_audit(&self, entry: &NewAuditEntry) -> Result<(), StoreError> {
        let call = StepArgs::new()
            .arg(entry.nonce)
            .arg(self.options.audit_kept)
            .arg(&entry.by)
            .arg(&entry.action)
            .arg(&entry.subject)
            .arg(&entry.outcome);
        self.shards[0].run(&step::RECORD_AUDIT, &call).await
    }

    async fn audit(&self, after: Option<AuditCursor>, limit: usize) -> Result<AuditPage, StoreError> {
        let shard = &self.shards[0];
        let from = after.map_or_else(|| "+".to_owned(), |after| format!("({after}"));
        let mut range = redis::cmd("XREVRANGE");
        // One more than is shown: it says whether there are more.
        range.arg(format!("{}audit", shard.prefix())).arg(from).arg("-").arg("COUNT").arg(limit.saturating_add(1));
        let mut found: Vec<StoredEntry> = shard.query(&range).await?;
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(|(id, _)| id.clone());
        Ok(AuditPage { entries: found.into_iter().map(entry).collect::<Result<_, _>>()?, next })
    }
}

fn entry((id, mut fields): StoredEntry) -> Result<AuditEntry, StoreError> {
    let cursor: AuditCursor = id.parse().map_err(|error| unexpected_reply("the audit log", &error))?;
    let at = i64::try_from(cursor.ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let mut field = |name: &str| fields.remove(name).unwrap_or_default();
    Ok(AuditEntry {
        at: at.ok_or_else(|| unexpected_reply("the audit log", &id))?,
        by: field("by"),
        action: field("action"),
        subject: field("subject"),
        outcome: field("outcome"),
    })
}
