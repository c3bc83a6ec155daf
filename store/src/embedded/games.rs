//! Games in SQLite.

use std::time::Duration;

use async_trait::async_trait;
use protocol::{GameId, GameRenamed, RequestId, User};
use rusqlite::Row;
use story::ChatMessage;

use super::document::{append_history, texts, window};
use super::rows::{self, Columns};
use super::staged::{self, NEXT_NUMBER, Staged};
use super::step::Step;
use super::values::signed;
use super::{EmbeddedStore, StoreError, changes, charges, contents, providers, remembered, turns};
use crate::{
    Changed, Charge, Created, Game, GameChange, GameContents, GameWrite, Games, GamesCursor, GamesOf, IdempotencyKey,
    IdleGame, ListedGame, Owner, Remembered, Try, TurnPage, TurnRange,
};

#[async_trait]
impl Games for EmbeddedStore {
    async fn create_game(&self, id: GameId, new: &GameContents) -> Result<Created, StoreError> {
        let (provider, name, owner) = (new.document.provider.clone(), new.name.clone(), new.owner.clone());
        let document = new.document.clone();
        let (limits, remembered) = (new.charges.clone(), new.remembered.clone());
        // Each claim appends an event, so no lease of before has a fence above the offset.
        let created_at = new.before.and_then(|before| before.created_at).map(jiff::Timestamp::as_millisecond);
        let (version, offset) = new.before.map_or((1, 0), |before| (signed(before.version), signed(before.offset)));
        // Whether it is there, or one too many, before anything is written.
        let answered = move |step: &Step<'_>, limits: &[Charge]| {
            if step.first("SELECT 1 FROM games WHERE id = ?1", [id.to_string()], |_| Ok(()))?.is_some() {
                return Ok::<_, StoreError>(Some(Created::Done));
            }
            Ok(charges::refused_by(step, limits, &[])?.map(Created::Limited))
        };
        let (staged, history, turns) = if staged::is_long(&new.history, &new.turns) {
            let limits = limits.clone();
            if let Some(answer) = self.step(move |step| answered(step, &limits)).await? {
                return Ok(answer);
            }
            (Some(staged::lay_ready(self, &new.history, &new.turns).await?), Vec::new(), Vec::new())
        } else {
            (None, texts(&new.history)?, new.turns.clone())
        };
        let number = staged.as_ref().map(Staged::number);
        self.step(move |step| {
            if let Some(answer) = answered(step, &limits)? {
                return Ok(answer);
            }
            charges::charge(step, &limits, None)?;
            if let Some(number) = number {
                staged::take(step, id, number)?;
            }
            let sql = format!(
                "INSERT INTO games (id, version, epoch, offset, fence, created_at, updated_at, provider, game_name, number) \
                 VALUES (?1, ?2, ?3, ?4, ?4, ifnull(?8, ?5), ?5, ?6, ?7, ifnull(?9, {NEXT_NUMBER}))"
            );
            let epoch = signed(step.epoch);
            step.execute(
                &sql,
                (id.to_string(), version, epoch, offset, step.now, &provider, &name, created_at, number),
            )?;
            if let Some(Owner { tenant, user }) = &owner {
                step.execute(
                    "INSERT INTO owners (game_id, tenant, user, changed_at) VALUES (?1, ?2, ?3, ?4)",
                    (id.to_string(), tenant.as_str(), user.as_ref().map(User::as_str), step.now),
                )?;
            }
            providers::add(step, &provider)?;
            let document = contents::packed_new(step, &document)?;
            contents::keep(step, &document)?;
            let sql = "INSERT INTO documents (game_id, document) VALUES (?1, ?2)";
            step.execute(sql, (id.to_string(), &document.text))?;
            append_history(step, id, &history)?;
            turns.iter().try_for_each(|turn| turns::append(step, id, turn.messages_before, turn))?;
            remembered::write(step, id, &remembered)?;
            Ok(Created::Done)
        })
        .await
    }

    async fn game(&self, id: GameId) -> Result<Option<Game>, StoreError> {
        self.step(move |step| contents::game(step, id)).await
    }

    async fn game_with_history(
        &self,
        id: GameId,
        limit: usize,
    ) -> Result<Option<(Game, Vec<ChatMessage>)>, StoreError> {
        self.step(move |step| {
            let Some(game) = contents::game(step, id)? else { return Ok(None) };
            Ok(Some((game, window(step, id, limit)?)))
        })
        .await
    }

    async fn games(
        &self,
        of: &GamesOf,
        after: Option<GamesCursor>,
        limit: usize,
    ) -> Result<Vec<ListedGame>, StoreError> {
        let of = of.clone();
        self.step(move |step| list(step, &of, after, signed(limit as u64))).await
    }

    async fn change_game(&self, change: &GameChange) -> Result<Changed, StoreError> {
        let change = change.clone();
        self.step(move |step| changes::change(step, &change)).await
    }

    async fn find_change(&self, id: GameId, key: &IdempotencyKey) -> Result<Option<Changed>, StoreError> {
        let key = key.clone();
        self.step(move |step| changes::find(step, id, &key)).await
    }

    async fn rename_game(&self, id: GameId, name: Option<&str>) -> Result<GameWrite, StoreError> {
        let name = name.map(str::to_owned);
        self.step(move |step| {
            let key = id.to_string();
            let Some(known) = step.first("SELECT game_name FROM games WHERE id = ?1", [&key], |row| row.get(0))? else {
                return Ok(GameWrite::Unknown);
            };
            if name != known {
                step.execute("UPDATE games SET game_name = ?2 WHERE id = ?1", (&key, &name))?;
                step.append(id, &GameRenamed { request_id: None, game_id: id, name }.into())?;
            }
            Ok(GameWrite::Done)
        })
        .await
    }

    async fn turns(&self, id: GameId, range: TurnRange, limit: usize) -> Result<TurnPage, StoreError> {
        self.step(move |step| turns::read(step, id, range, limit)).await
    }

    async fn tries(&self, id: GameId) -> Result<Vec<Try>, StoreError> {
        self.step(move |step| remembered::tries(step, id)).await
    }

    async fn remembered(&self, id: GameId, _: &[RequestId]) -> Result<Remembered, StoreError> {
        self.step(move |step| remembered::read(step, id)).await
    }

    async fn delete_game(&self, id: GameId, found: Option<&IdleGame>) -> Result<GameWrite, StoreError> {
        let found = found.copied();
        self.step(move |step| {
            match step.lane_length(id)? {
                None => return Ok(GameWrite::Unknown),
                Some(0) => {}
                Some(_) => return Ok(GameWrite::Busy),
            }
            let key = id.to_string();
            // A game that has left the store and come back has its version still, and another time.
            let is_as_found = |found: IdleGame| {
                let sql = "SELECT 1 FROM games WHERE id = ?1 AND version = ?2 AND updated_at = ?3";
                let changed = found.updated_at.as_millisecond();
                step.first(sql, (&key, signed(found.version), changed), |_| Ok(())).map(|found| found.is_some())
            };
            if let Some(found) = found
                && !is_as_found(found)?
            {
                return Ok(GameWrite::Changed);
            }
            let rows = step.row_keys(id)?.range();
            for table in ["history", "turns", "events"] {
                step.execute(&format!("DELETE FROM {table} WHERE id BETWEEN ?1 AND ?2"), rows)?;
            }
            step.execute("DELETE FROM games WHERE id = ?1", [&key])?;
            for table in ["documents", "tries", "changes"] {
                step.execute(&format!("DELETE FROM {table} WHERE game_id = ?1"), [&key])?;
            }
            step.effects.deleted = Some(id);
            Ok(GameWrite::Done)
        })
        .await
    }

    async fn idle_games(
        &self,
        idle: Duration,
        after: Option<GamesCursor>,
        limit: usize,
    ) -> Result<Vec<IdleGame>, StoreError> {
        self.step(move |step| {
            let (changed, last) =
                after.map_or((i64::MIN, String::new()), |after| (after.updated_at.as_millisecond(), after.id.to_string()));
            let now = step.now;
            let newest = now.saturating_sub(i64::try_from(idle.as_millis()).unwrap_or(i64::MAX));
            let sql = "SELECT id, version, updated_at FROM games WHERE updated_at <= ?1 AND (updated_at, id) > (?2, ?3) \
                       ORDER BY updated_at, id LIMIT ?4";
            step.all(sql, (newest, changed, last, signed(limit as u64)), |row| rows::idle_game(row, now))
        })
        .await
    }
}

/// A page of games. The index gives their ids in order, so a page costs the same wherever it begins.
fn list(step: &Step<'_>, of: &GamesOf, after: Option<GamesCursor>, limit: i64) -> Result<Vec<ListedGame>, StoreError> {
    // Behind every time and every id.
    let (changed, last) =
        after.map_or((i64::MAX, "~".to_owned()), |after| (after.updated_at.as_millisecond(), after.id.to_string()));
    let place = |row: &Row<'_>| {
        let columns = Columns::new("the list of games", row);
        Ok(GamesCursor { id: columns.parse("id")?, updated_at: columns.time("updated_at")?.unwrap_or_default() })
    };
    let places = match of {
        GamesOf::Everybody => step.all(
            "SELECT id, updated_at FROM games WHERE (updated_at, id) < (?1, ?2) \
             ORDER BY updated_at DESC, id DESC LIMIT ?3",
            (changed, last, limit),
            place,
        ),
        GamesOf::Tenant(tenant) => step.all(
            "SELECT game_id AS id, changed_at AS updated_at FROM owners WHERE tenant = ?1 AND (changed_at, game_id) < (?2, ?3) \
             ORDER BY changed_at DESC, game_id DESC LIMIT ?4",
            (tenant.as_str(), changed, last, limit),
            place,
        ),
        GamesOf::User(tenant, user) => step.all(
            "SELECT game_id AS id, changed_at AS updated_at FROM owners WHERE tenant = ?1 AND user = ?2 \
             AND (changed_at, game_id) < (?3, ?4) ORDER BY changed_at DESC, game_id DESC LIMIT ?5",
            (tenant.as_str(), user.as_str(), changed, last, limit),
            place,
        ),
    }?;
    let mut games = Vec::with_capacity(places.len());
    for at in places {
        let mut found = ListedGame::found(at, contents::game(step, at.id))?;
        if let Some(ListedGame::Unreadable(game)) = &mut found {
            game.owner = owner_if_readable(step, at.id)?;
        }
        games.extend(found);
    }
    Ok(games)
}

/// Whose a game is of which something cannot be read: perhaps that too.
fn owner_if_readable(step: &Step<'_>, game: GameId) -> Result<Option<Owner>, StoreError> {
    let sql = "SELECT tenant, user FROM owners WHERE game_id = ?1";
    match step.all(sql, [game.to_string()], |row| rows::owner(&Columns::new("the owner of a game", row))) {
        Ok(owners) => Ok(owners.into_iter().flatten().next()),
        Err(StoreError::Corrupt { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
