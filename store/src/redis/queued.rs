//! The requests that wait, a page at a time.

use std::fmt::Display;

use jiff::Timestamp;
use protocol::{QueuedRequest, QueuedRequests};

use super::StoreError;
use super::connection::Connection;
use super::unexpected::unexpected_reply;
use crate::QueuedCursor;

/// Game, type, and when it was accepted (ms); of a request that has ended meanwhile, nothing.
type StoredFields = (Option<String>, Option<String>, Option<i64>);

/// A page over all shards, one after the other. Ranks of different shards cannot be compared.
pub(super) async fn page(
    shards: &[Connection],
    after: Option<QueuedCursor>,
    limit: usize,
) -> Result<QueuedRequests, StoreError> {
    let (first, mut rank) = after.map_or((0, None), |after| (after.shard, Some(after.rank)));
    let mut page = QueuedRequests::default();
    for (number, shard) in shards.iter().enumerate().skip(first) {
        let wanted = limit - page.requests.len();
        // One more than is shown: it says whether there are more.
        let found = behind(shard, rank.take(), wanted + 1).await?;
        let last = wanted.checked_sub(1).and_then(|at| found.get(at)).map(|(_, rank)| *rank);
        let more = found.len() > wanted;
        let ids: Vec<String> = found.into_iter().take(wanted).map(|(id, _)| id).collect();
        page.requests.extend(requests(shard, &ids).await?);
        if more {
            // Ranks begin at 1.
            let rank = last.unwrap_or_default();
            page.next = Some(QueuedCursor { shard: number, rank }.to_string());
            break;
        }
    }
    Ok(page)
}

async fn behind(shard: &Connection, rank: Option<f64>, count: usize) -> Result<Vec<(String, f64)>, StoreError> {
    let from = rank.map_or_else(|| "-inf".to_owned(), |rank| format!("({rank}"));
    let mut range = redis::cmd("ZRANGE");
    range.arg(format!("{}requests", shard.prefix())).arg(from).arg("+inf").arg("BYSCORE");
    range.arg("LIMIT").arg(0).arg(count).arg("WITHSCORES");
    shard.query(&range).await
}

/// The requests of these ids in two round trips; one that has ended meanwhile is left out.
async fn requests(shard: &Connection, ids: &[String]) -> Result<Vec<QueuedRequest>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let (mut read, mut of_games) = (redis::pipe(), redis::pipe());
    for id in ids {
        read.cmd("HMGET").arg(shard.key("chat-request-status", id)).arg(&["game_id", "type", "enqueued_at"]);
    }
    let fields: Vec<StoredFields> = shard.query_all(&read).await?;
    for (game, ..) in &fields {
        let key = shard.key("gamestate", game.as_deref().unwrap_or_default());
        of_games.cmd("HMGET").arg(key).arg(&["provider", "tenant"]);
    }
    let games: Vec<(Option<String>, Option<String>)> = shard.query_all(&of_games).await?;
    let mut all = Vec::with_capacity(ids.len());
    for ((id, fields), (provider, tenant)) in ids.iter().zip(fields).zip(games) {
        let (Some(game), Some(kind), Some(enqueued_at)) = fields else { continue };
        all.push(QueuedRequest {
            request_id: id.parse().map_err(|error| wrong(&error))?,
            game_id: game.parse().map_err(|error| wrong(&error))?,
            kind: kind.parse().map_err(|error| wrong(&error))?,
            provider: provider.unwrap_or_default(),
            tenant: tenant.map(|tenant| tenant.parse()).transpose().map_err(|error| wrong(&error))?,
            enqueued_at: Timestamp::from_millisecond(enqueued_at).map_err(|error| wrong(&error))?,
        });
    }
    Ok(all)
}

fn wrong(error: &impl Display) -> StoreError {
    unexpected_reply("a queued request", &error.to_string())
}
