//! `engine audit`: what operators have changed.

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use protocol::{AuditEntry, AuditPage, path};

use super::source::{OperateError, Source};
use super::{duration, print, show};
use crate::config::Config;

/// How many entries are shown unless more are asked for.
const SHOWN: usize = 50;

/// Which entries.
#[derive(Debug, Clone, Args)]
pub struct AuditQuery {
    /// Only those no older than this: `90m`, `2h 30m`; else the latest 50
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    since: Option<SignedDuration>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
    /// Look again every 2 s, until stopped
    #[arg(long)]
    watch: bool,
}

/// Lists entries, the latest first.
pub async fn audit(config: &Config, query: &AuditQuery) -> Result<(), OperateError> {
    let source = Source::open(config).await?;
    let text = |entry: &AuditEntry| if query.json { print::json(entry) } else { print::audit(entry) };
    show(query.watch, query.json, async || Ok(entries(&source, query.since).await?.iter().map(text).collect())).await
}

async fn entries(source: &Source, since: Option<SignedDuration>) -> Result<Vec<AuditEntry>, OperateError> {
    let (now, mut all, mut after) = (Timestamp::now(), Vec::new(), String::new());
    loop {
        let limit = if since.is_some() { 500 } else { SHOWN };
        let page: AuditPage = source.get(&format!("{}?limit={limit}{after}", path::AUDIT)).await?;
        let Some(since) = since else { return Ok(page.entries) };
        let is_young = |entry: &AuditEntry| now.duration_since(entry.at) <= since;
        let next = page.next.filter(|_| page.entries.last().is_some_and(is_young));
        all.extend(page.entries.into_iter().filter(is_young));
        let Some(next) = next else { return Ok(all) };
        after = format!("&after={next}");
    }
}
