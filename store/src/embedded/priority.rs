//! In fair order: which of its ready games a tenant gives its turn to. It mirrors `lua/priority.lua`, which explains it.

use protocol::{GameId, Priority};
use rusqlite::Connection;

use super::step::{Head, Step};
use super::{StoreError, rows};
use crate::StoreOptions;

/// How many games one claim forgets that are not ready any more.
const BATCH: usize = 64;

/// Has this connection keep `arrivals` in step with the lanes, so that no statement can forget to. In order of arrival it does not: nothing
/// is written for it then, and a claim in fair order later does not rely on what is left.
pub(super) fn follow_lanes(connection: &Connection, options: &StoreOptions) -> Result<(), rusqlite::Error> {
    if options.order.ageing().is_none() {
        return Ok(());
    }
    connection.execute_batch(
        "CREATE TEMP TRIGGER lane_moves AFTER UPDATE OF lane_state, waits_for, provider ON main.games BEGIN
             UPDATE arrivals SET ready_for = iif(NEW.lane_state IS 'ready', ifnull(NEW.waits_for, NEW.provider), NULL)
             WHERE game_id = NEW.id;
         END",
    )
}

impl Step<'_> {
    /// Notes when the head of a game counts as arrived, in 1024ths of a millisecond, which hold its number in the order of arrival modulo
    /// 1024: so requests of the same millisecond are in that order. A request that comes back has its own, and a story event that was placed
    /// next has the one of the turn that triggered it: both have the number for which the game keeps it.
    pub(super) fn arrive(&self, game: GameId, head: &Head) -> Result<(), StoreError> {
        let Some(ageing) = self.options.order.ageing() else { return Ok(()) };
        let [low, normal, high] = Priority::ALL.map(|priority| ageing.allowance(priority));
        self.execute(
            "INSERT INTO arrivals (game_id, tenant, seq, arrival) \
             SELECT game_id, ifnull((SELECT tenant FROM owners WHERE owners.game_id = requests.game_id), ''), seq, \
             (enqueued_at + CASE alternatives ->> '$.priority' WHEN 'low' THEN ?2 WHEN 'high' THEN ?4 ELSE ?3 END) * 1024 \
             + seq % 1024 FROM requests WHERE id = ?1 AND game_id = ?5 \
             ON CONFLICT (game_id) DO UPDATE SET tenant = excluded.tenant, seq = excluded.seq, arrival = excluded.arrival \
             WHERE arrivals.seq <> excluded.seq",
            (head.request.to_string(), low, normal, high, game.to_string()),
        )?;
        Ok(())
    }

    /// Whether a ready game is where it should be among those of its tenant; in order of arrival, it is.
    pub(super) fn has_arrived(&self, game: GameId, head: &Head) -> Result<bool, StoreError> {
        if self.options.order.ageing().is_none() {
            return Ok(true);
        }
        let found = self.first(
            "SELECT 1 FROM arrivals JOIN games ON id = game_id \
             WHERE game_id = ?1 AND seq = ?2 AND ready_for IS ifnull(waits_for, games.provider)",
            (game.to_string(), head.seq),
            |_| Ok(()),
        )?;
        Ok(found.is_some())
    }

    /// The game that has the turn of a ready one, which is claimed from those of a provider: the first of its tenant's. If that is another
    /// one, both have exchanged their starts.
    pub(super) fn give_turn(&self, game: GameId, order_key: i64, provider: &str) -> Result<GameId, StoreError> {
        if self.options.order.ageing().is_none() {
            return Ok(game);
        }
        let key = game.to_string();
        let sql = "SELECT tenant FROM arrivals WHERE game_id = ?1 AND ready_for = ?2";
        let Some(tenant) = self.first(sql, (&key, provider), |row| row.get::<_, String>(0))? else { return Ok(game) };
        for _ in 0..BATCH {
            let first = self.first(
                "SELECT game_id, lane_key, ifnull(lane_state = 'ready' AND ifnull(waits_for, provider) = ?1, FALSE) \
                 FROM arrivals LEFT JOIN games ON id = game_id WHERE ready_for = ?1 AND tenant = ?2 ORDER BY arrival LIMIT 1",
                (provider, &tenant),
                |row| Ok((row.get::<_, String>(0)?, row.get::<_, Option<i64>>(1)?, row.get::<_, bool>(2)?)),
            )?;
            match first {
                Some((first, Some(other_key), true)) if first != key => {
                    let first = rows::id(&first)?;
                    self.exchange_starts((game, order_key), (first, other_key))?;
                    return Ok(first);
                }
                // It was left from an earlier time in fair order.
                Some((first, _, false)) => {
                    self.execute("UPDATE arrivals SET ready_for = NULL WHERE game_id = ?1", [first])?;
                }
                _ => return Ok(game),
            }
        }
        Ok(game)
    }

    fn exchange_starts(&self, one: (GameId, i64), other: (GameId, i64)) -> Result<(), StoreError> {
        for (game, order_key) in [(one.0, other.1), (other.0, one.1)] {
            self.execute("UPDATE games SET lane_key = ?2 WHERE id = ?1", (game.to_string(), order_key))?;
            if let Some(head) = self.head(game)? {
                let sql = "INSERT OR REPLACE INTO starts (request_id, place) VALUES (?1, ?2)";
                self.execute(sql, (head.request.to_string(), order_key))?;
            }
        }
        Ok(())
    }
}
