//! `/v1/audit`: what operators have changed.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema::Time;

/// `GET /v1/audit`: a page of the audit log, the latest entry first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditPage {
    /// The entries.
    pub entries: Vec<AuditEntry>,
    /// Where the next page begins; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A change that an operator has made, or has tried to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditEntry {
    /// When, by the store's clock.
    #[schemars(with = "Time")]
    pub at: Timestamp,
    /// Who: a key by its id and its role, or a local command with its user.
    pub by: String,
    /// What was done: the name of the operation.
    pub action: String,
    /// What it was done to; empty where the action says it all.
    pub subject: String,
    /// `done`, or the type of the problem with which it was refused.
    pub outcome: String,
}
