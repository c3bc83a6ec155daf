//! Keys, capabilities and owners in SQLite.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::{GameId, KeyId};
use serde::Serialize;

use super::rows::{self, Columns, STORED, to_json};
use super::step::Step;
use super::values::{corrupt, signed};
use super::{EmbeddedStore, StoreError};
use crate::secret::SecretHash;
use crate::{Access, AddOutcome, Keys, NewCapability, NewKey, StoredCapability, StoredKey, Subject};

#[async_trait]
impl Keys for EmbeddedStore {
    async fn add_key(&self, key: &NewKey) -> Result<AddOutcome<StoredKey>, StoreError> {
        let key = key.clone();
        self.step(move |step| {
            let find = |step: &Step<'_>| {
                let sql = format!("SELECT {STORED} FROM api_keys WHERE id = ?1");
                Ok::<_, StoreError>(step.all(&sql, [key.hash.id().as_str()], rows::stored)?.pop())
            };
            if let Some(stored) = find(step)? {
                return Ok(AddOutcome::Done(stored));
            }
            let count: Option<i64> = step.first("SELECT count(*) FROM api_keys", [], |row| row.get(0))?;
            if count.unwrap_or_default() >= signed(step.options.max_keys as u64) {
                return Ok(AddOutcome::Full);
            }
            let (id, hash, grants, created_at, expires_at) = fields(step, &key.hash, &key.grants, key.expires_in)?;
            step.execute(
                "INSERT INTO api_keys (id, hash, grants, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)",
                (id, hash, grants, created_at, expires_at),
            )?;
            find(step)?.map(AddOutcome::Done).ok_or_else(|| corrupt("a key", "it is gone"))
        })
        .await
    }

    async fn key(&self, id: &KeyId) -> Result<Option<StoredKey>, StoreError> {
        let id = id.clone();
        self.step(move |step| {
            let sql = format!("SELECT {STORED} FROM api_keys WHERE id = ?1 AND ifnull(expires_at > ?2, TRUE)");
            Ok(step.all(&sql, (id.as_str(), step.now), rows::stored)?.pop())
        })
        .await
    }

    async fn keys(&self) -> Result<Vec<StoredKey>, StoreError> {
        self.step(|step| step.all(&format!("SELECT {STORED} FROM api_keys ORDER BY created_at, id"), [], rows::stored))
            .await
    }

    async fn delete_key(&self, id: &KeyId) -> Result<bool, StoreError> {
        let id = id.clone();
        self.step(move |step| Ok(step.execute("DELETE FROM api_keys WHERE id = ?1", [id.as_str()])? > 0)).await
    }

    async fn access(&self, subject: Subject, capability: Option<&SecretHash>) -> Result<Option<Access>, StoreError> {
        let capability = capability.cloned();
        self.step(move |step| {
            let (by, id) = match subject {
                Subject::Game(game) => ("?1", game.to_string()),
                Subject::Request(request) => (
                    "(SELECT game_id FROM requests WHERE id = ?1 AND ifnull(expires_at > ?2, TRUE))",
                    request.to_string(),
                ),
            };
            // A capability is looked for in any case, so that one which is shown costs no other time than none.
            let shown = capability.as_ref().map(|hash| hash.id().to_string());
            let sql = format!(
                "SELECT games.id, tenant, user, hash, grants, capabilities.created_at, expires_at FROM games \
                 LEFT JOIN owners ON owners.game_id = games.id \
                 LEFT JOIN capabilities ON capabilities.game_id = games.id AND capabilities.id = ?3 \
                 AND ifnull(expires_at > ?2, TRUE) WHERE games.id = {by}"
            );
            let found = step.all(&sql, (id, step.now, shown), |row| {
                let columns = Columns::new("a game's access", row);
                let stored: Option<StoredCapability> = match columns.get::<String>("hash")? {
                    Some(_) => Some(rows::stored(row)?),
                    None => None,
                };
                let granted = stored.filter(|stored| capability.as_ref().is_some_and(|shown| stored.hash.is(shown)));
                Ok(Access {
                    game: columns.parse("id")?,
                    owner: rows::owner(&columns)?,
                    capability: granted.map(|stored| stored.grants),
                })
            })?;
            Ok(found.into_iter().next())
        })
        .await
    }

    async fn add_capability(
        &self,
        game: GameId,
        capability: &NewCapability,
    ) -> Result<AddOutcome<StoredCapability>, StoreError> {
        let capability = capability.clone();
        self.step(move |step| {
            let key = game.to_string();
            if step.first("SELECT 1 FROM games WHERE id = ?1", [&key], |_| Ok(()))?.is_none() {
                return Ok(AddOutcome::UnknownGame);
            }
            let find = |step: &Step<'_>| {
                let sql = format!("SELECT {STORED} FROM capabilities WHERE game_id = ?1 AND id = ?2");
                Ok::<_, StoreError>(step.all(&sql, (&key, capability.hash.id().as_str()), rows::stored)?.pop())
            };
            if let Some(stored) = find(step)? {
                return Ok(AddOutcome::Done(stored));
            }
            step.execute("DELETE FROM capabilities WHERE game_id = ?1 AND expires_at <= ?2", (&key, step.now))?;
            // Tickets are told apart by their lifetime, and neither count as the other.
            let lifetime = step.options.ticket_lifetime;
            let is_ticket = capability.expires_in == Some(lifetime);
            let millis = i64::try_from(lifetime.as_millis()).unwrap_or(i64::MAX);
            let alike = "game_id = ?1 AND ifnull(expires_at - created_at = ?2, FALSE) = ?3";
            let sql = format!("SELECT count(*) FROM capabilities WHERE {alike}");
            let count: Option<i64> = step.first(&sql, (&key, millis, is_ticket), |row| row.get(0))?;
            let max = if is_ticket { step.options.max_tickets } else { step.options.max_capabilities };
            let excess = count.unwrap_or_default() + 1 - signed(max as u64);
            if excess > 0 && !is_ticket {
                return Ok(AddOutcome::Full);
            }
            if excess > 0 {
                let sql = format!(
                    "DELETE FROM capabilities WHERE game_id = ?1 AND id IN \
                     (SELECT id FROM capabilities WHERE {alike} ORDER BY created_at, id LIMIT ?4)"
                );
                step.execute(&sql, (&key, millis, is_ticket, excess))?;
            }
            let (id, hash, grants, created_at, expires_at) =
                fields(step, &capability.hash, &capability.access, capability.expires_in)?;
            step.execute(
                "INSERT INTO capabilities (game_id, id, hash, grants, created_at, expires_at) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                (&key, id, hash, grants, created_at, expires_at),
            )?;
            find(step)?.map(AddOutcome::Done).ok_or_else(|| corrupt("a capability", "it is gone"))
        })
        .await
    }

    async fn capabilities(&self, game: GameId) -> Result<Vec<StoredCapability>, StoreError> {
        self.step(move |step| {
            let sql = format!(
                "SELECT {STORED} FROM capabilities WHERE game_id = ?1 AND ifnull(expires_at > ?2, TRUE) \
                 ORDER BY created_at, id"
            );
            step.all(&sql, (game.to_string(), step.now), rows::stored)
        })
        .await
    }

    async fn delete_capability(&self, game: GameId, id: &KeyId) -> Result<bool, StoreError> {
        let id = id.clone();
        self.step(move |step| {
            let sql = "DELETE FROM capabilities WHERE game_id = ?1 AND id = ?2";
            Ok(step.execute(sql, (game.to_string(), id.as_str()))? > 0)
        })
        .await
    }
}

type Row = (String, String, String, i64, Option<i64>);

/// The columns of a new key or capability: id, hash, what it grants, and its times.
fn fields(
    step: &Step<'_>,
    hash: &SecretHash,
    grants: &impl Serialize,
    expires_in: Option<Duration>,
) -> Result<Row, StoreError> {
    let ends = |wait: Duration| {
        let end = step.now.saturating_add(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX));
        end.min(Timestamp::MAX.as_millisecond())
    };
    Ok((hash.id().to_string(), hash.as_str().to_owned(), to_json(grants)?, step.now, expires_in.map(ends)))
}
