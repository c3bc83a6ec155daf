//! Checks the stored data against the rules of the store, and repairs what breaks them.

use protocol::{GameId, RequestId, RequestStatus};

use super::rows::unavailable;
use super::step::{PAUSED, Step};
use super::values::corrupt;
use super::{StoreError, pauses};
use crate::{Inconsistency, Inspection, Remedy};

/// A lane: state, key, token, whether it is kept apart as paused, the length that its game's row says, and the real length.
type Lane = (Option<String>, i64, Option<String>, bool, i64, i64);

/// Inspects everything.
pub(super) fn inspect(step: &mut Step<'_>, repair: bool) -> Result<Inspection, StoreError> {
    let mut inspector = Inspector { step, repair, found: Inspection::default() };
    inspector.pages()?;
    inspector.orphans()?;
    inspector.contents()?;
    inspector.owners()?;
    for name in inspector.texts("SELECT id FROM games ORDER BY id")? {
        inspector.found.games += 1;
        let Ok(game) = name.parse() else {
            inspector.found.inconsistencies.push(Inconsistency::no_id(&name, "in the row of a game"));
            continue;
        };
        // A value that cannot be read must not hide what is wrong with other games.
        if let Err(error) = inspector.game(game) {
            inspector.found.inconsistencies.push(Inconsistency::unreadable(game, "its row", error)?);
        }
    }
    inspector.dead_letters()?;
    inspector.depth()?;
    Ok(inspector.found)
}

struct Inspector<'a, 'b> {
    step: &'a mut Step<'b>,
    repair: bool,
    found: Inspection,
}

impl Inspector<'_, '_> {
    /// Records a finding; returns whether to repair it.
    fn report(&mut self, game: Option<GameId>, request: Option<RequestId>, what: String, remedy: &str) -> bool {
        let remedy = Remedy::Repair(remedy.to_owned());
        self.found.inconsistencies.push(Inconsistency { game, request, what, remedy });
        self.repair
    }

    /// The file itself.
    fn pages(&mut self) -> Result<(), StoreError> {
        let answers =
            self.step.all("PRAGMA integrity_check", [], |row| row.get::<_, String>(0).map_err(unavailable))?;
        for answer in answers.into_iter().filter(|answer| answer != "ok") {
            let what = format!("the database file is damaged: {answer}");
            let remedy = Remedy::ByHand("restore it from a backup".to_owned());
            self.found.inconsistencies.push(Inconsistency { game: None, request: None, what, remedy });
        }
        Ok(())
    }

    fn texts(&self, sql: &str) -> Result<Vec<String>, StoreError> {
        self.step.all(sql, [], |row| row.get::<_, String>(0).map_err(unavailable))
    }

    /// The requests that a query names. A name that is no id is a finding.
    fn requests(&mut self, sql: &str) -> Result<Vec<RequestId>, StoreError> {
        let mut requests = Vec::new();
        for name in self.texts(sql)? {
            match name.parse() {
                Ok(request) => requests.push(request),
                Err(_) => self.found.inconsistencies.push(Inconsistency::no_id(&name, "in the row of a request")),
            }
        }
        Ok(requests)
    }

    /// Everything of one game.
    fn game(&mut self, game: GameId) -> Result<(), StoreError> {
        let unreadable = super::inspect_parts::unreadable(self.step, game, self.repair)?;
        self.found.inconsistencies.extend(unreadable);
        self.lane(game)?;
        self.log(game)?;
        self.rest(game)?;
        self.turns(game)
    }

    /// The lists of owners' games have the games that there are, in their order.
    fn owners(&mut self) -> Result<(), StoreError> {
        let gone = self.texts("SELECT game_id FROM owners WHERE game_id NOT IN (SELECT id FROM games)")?;
        for name in gone {
            let what = format!("`{name}` is no game, and is in the list of games of its owner");
            if self.report(None, None, what, "take it out of that list") {
                self.step.execute("DELETE FROM owners WHERE game_id = ?1", [&name])?;
            }
        }
        let moved =
            self.texts("SELECT game_id FROM owners JOIN games ON id = game_id WHERE changed_at IS NOT updated_at")?;
        for name in moved {
            let what = "it is not at its place in the list of games of its owner".to_owned();
            if self.report(name.parse().ok(), None, what, "put it there") {
                let sql = "UPDATE owners SET changed_at = (SELECT updated_at FROM games WHERE id = game_id) WHERE game_id = ?1";
                self.step.execute(sql, [&name])?;
            }
        }
        Ok(())
    }

    /// Requests of games that are gone.
    fn orphans(&mut self) -> Result<(), StoreError> {
        let orphans = self.requests(
            "SELECT id FROM requests WHERE status IN ('queued', 'processing') AND game_id NOT IN (SELECT id FROM games)",
        )?;
        for request in orphans {
            if self.report(None, Some(request), "its game is gone".to_owned(), "cancel it") {
                self.step.execute("UPDATE requests SET status = 'cancelled' WHERE id = ?1", [request.to_string()])?;
                self.step.expire(request)?;
            }
        }
        Ok(())
    }

    /// Versions of content are kept for as many games as are stored as what differs from them, and no longer.
    fn contents(&mut self) -> Result<(), StoreError> {
        let miscounted: Vec<(String, i64, i64)> = self.step.all(
            "SELECT contents.id, games, ifnull(counted, 0) FROM contents LEFT JOIN (SELECT substr(document, 13, 32) AS named, count(*) AS counted \
             FROM documents WHERE substr(document, 1, 12) = '{\"content\":\"' GROUP BY named) ON named = contents.id \
             WHERE games IS NOT counted",
            [],
            |row| {
                let read = || Ok((row.get(0)?, row.get(1)?, row.get(2)?));
                read().map_err(unavailable)
            },
        )?;
        for (content, kept, games) in miscounted {
            let what = format!("the version {content} of content counts {kept} games, and {games} are stored with it");
            if self.report(None, None, what, "set the count; with none, delete it") {
                self.step.execute("UPDATE contents SET games = ?2 WHERE id = ?1", (&content, games))?;
                self.step.execute("DELETE FROM contents WHERE id = ?1 AND games = 0", [&content])?;
            }
        }
        Ok(())
    }

    fn lane(&mut self, game: GameId) -> Result<(), StoreError> {
        let key = game.to_string();
        let standing: Option<Lane> = self.step.first(
            "SELECT lane_state, lane_key, token, waits_for IS '*paused', lane_length, (SELECT count(*) FROM requests WHERE game_id = games.id \
             AND status IN ('queued', 'processing')) FROM games WHERE id = ?1",
            [&key],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?)),
        )?;
        let Some((state, order, token, paused, length, count)) = standing else { return Ok(()) };
        self.found.requests += u64::try_from(count).unwrap_or(0);
        self.provider(game, &key)?;
        if length != count
            && self.report(Some(game), None, format!("it counts {length} requests, and has {count}"), "set the count")
        {
            self.step.execute("UPDATE games SET lane_length = ?2 WHERE id = ?1", (&key, count))?;
        }
        let head = self.step.head(game)?;
        let (what, remedy) = match (&head, state.as_deref()) {
            (None, None) => return Ok(()),
            (None, Some(state)) => (format!("it is {state} without a request"), "end that"),
            (Some(_), None) => {
                ("it has requests, and is neither ready, delayed nor active".to_owned(), "make it ready")
            }
            (Some(head), Some("ready")) if self.step.kept_order_key(head)? != Some(order) => {
                (format!("it is ready by {order}, and that is not the place of its head"), "set its order")
            }
            (Some(head), Some("ready")) if !self.step.has_arrived(game, head)? => {
                ("it is ready, and not at its place among the games of its tenant".to_owned(), "set its place")
            }
            (Some(_), Some("active")) if token.is_none() => {
                ("it is active, and not leased".to_owned(), "make it ready")
            }
            (Some(head), Some("active"))
                if token.as_ref().is_some_and(|token| !token.ends_with(&head.request.to_string())) =>
            {
                ("it is leased for a request that is not its head".to_owned(), "end the lease")
            }
            (Some(_), Some("ready")) if paused != pauses::is_paused(self.step, game)? => (
                if paused {
                    "it is kept apart as paused, and nobody has paused it".to_owned()
                } else {
                    "it is paused, and among those that can be claimed".to_owned()
                },
                "put it where it belongs",
            ),
            _ => return self.statuses(game, head.map(|head| head.request), state.as_deref() == Some("active")),
        };
        if self.report(Some(game), None, what, remedy) {
            self.step.make_ready(game)?;
            let head = self.step.head(game)?;
            self.statuses(game, head.map(|head| head.request), false)?;
        }
        Ok(())
    }

    /// Claims look at the providers that are stored, and only a ready lane waits for another provider than its game's.
    fn provider(&mut self, game: GameId, key: &str) -> Result<(), StoreError> {
        let unknown: Option<String> = self.step.first(
            "SELECT ifnull(waits_for, provider) FROM games \
             WHERE id = ?1 AND ifnull(waits_for, provider) NOT IN (SELECT name FROM providers) AND waits_for IS NOT ?2 \
             AND ifnull(waits_for, '') NOT LIKE '*tenant:%'",
            [key, PAUSED],
            |row| row.get(0),
        )?;
        if let Some(name) = unknown {
            let what = format!("its lane waits for the provider `{name}`, which no claim looks at");
            if self.report(Some(game), None, what, "add the provider") {
                super::providers::add(self.step, &name)?;
            }
        }
        let held = self.step.first(
            "SELECT 1 FROM games WHERE id = ?1 AND lane_state = 'ready' AND waits_for LIKE '*tenant:%' AND NOT EXISTS \
             (SELECT 1 FROM pauses WHERE scope IN (substr(waits_for, 2), 'lets-go:' || substr(waits_for, 9)))",
            [key],
            |_| Ok(()),
        )?;
        let what = "it is held for a tenant that is not paused".to_owned();
        if held.is_some() && self.report(Some(game), None, what, "let it go on") {
            self.step.make_ready(game)?;
        }
        let is_fair = self.step.options.order.ageing().is_some();
        let left = self.step.first(
            "SELECT 1 FROM arrivals JOIN games ON id = game_id \
             WHERE id = ?1 AND ready_for IS NOT NULL AND lane_state IS NOT 'ready'",
            [key],
            |_| Ok(()),
        )?;
        let what = "it is among the ready games of its tenant, and is not ready".to_owned();
        if is_fair && left.is_some() && self.report(Some(game), None, what, "take it out of that order") {
            self.step.execute("UPDATE arrivals SET ready_for = NULL WHERE game_id = ?1", [key])?;
        }
        let stray = self.step.first(
            "SELECT 1 FROM games WHERE id = ?1 AND waits_for IS NOT NULL AND lane_state IS NOT 'ready'",
            [key],
            |_| Ok(()),
        )?;
        let what = "it waits for a provider, and is not ready".to_owned();
        if stray.is_some() && self.report(Some(game), None, what, "end that") {
            self.step.execute("UPDATE games SET waits_for = NULL WHERE id = ?1", [key])?;
        }
        Ok(())
    }

    /// Only the head of an active lane is in processing, and it is.
    fn statuses(&mut self, game: GameId, head: Option<RequestId>, active: bool) -> Result<(), StoreError> {
        let lane = self.step.all(
            "SELECT id, status FROM requests WHERE game_id = ?1 AND status IN ('queued', 'processing') ORDER BY place",
            [game.to_string()],
            |row| {
                let (id, status): (String, String) =
                    (row.get(0).map_err(unavailable)?, row.get(1).map_err(unavailable)?);
                Ok((id.parse::<RequestId>().map_err(|error| corrupt("a lane", error))?, status))
            },
        )?;
        for (request, status) in lane {
            let should =
                if active && head == Some(request) { RequestStatus::Processing } else { RequestStatus::Queued };
            let what = format!("it is {status}, and should be {should}");
            if status != should.as_str() && self.report(Some(game), Some(request), what, "set its status") {
                let sql = "UPDATE requests SET status = ?2 WHERE id = ?1";
                self.step.execute(sql, (request.to_string(), should.as_str()))?;
            }
        }
        Ok(())
    }

    /// Offsets are contiguous, up to the one that the game's row says. An entry that joins chunks has those of all.
    fn log(&mut self, game: GameId) -> Result<(), StoreError> {
        let (key, rows) = (game.to_string(), self.step.row_keys(game)?);
        let (first, last) = rows.range();
        let offset = |key: i64| key - first;
        let spans: Vec<(i64, i64)> = self.step.all(
            "SELECT id - iif(name = 'chat.chunk' AND json_valid(data), ifnull(data ->> 'chunks', 1), 1) + 1, id \
             FROM events WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
            (first, last),
            |row| Ok((offset(row.get(0).map_err(unavailable)?), offset(row.get(1).map_err(unavailable)?))),
        )?;
        let gap = spans.windows(2).rev().find(|pair| pair[1].0 != pair[0].1 + 1).map(|pair| pair[1].0);
        if let Some(gap) = gap {
            let what = format!("its event log has a gap before {gap}");
            if self.report(Some(game), None, what, "begin the log there, so that readers are reset") {
                self.step.execute("DELETE FROM events WHERE id >= ?1 AND id < ?2", (first, first + gap))?;
            }
        }
        let head = i64::try_from(self.step.cursor(game)?.offset).unwrap_or(i64::MAX);
        let Some(last) = spans.last().map(|span| span.1).filter(|last| *last != head) else { return Ok(()) };
        let what = format!("its event log ends at {last}, and its row says {head}");
        if last > head {
            if self.report(Some(game), None, what, "set the row") {
                self.step.execute("UPDATE games SET offset = ?2 WHERE id = ?1", (&key, last))?;
            }
        } else if self.report(Some(game), None, what, "begin a new log, so that readers are reset") {
            self.step.execute("DELETE FROM events WHERE id BETWEEN ?1 AND ?2", rows.range())?;
        }
        Ok(())
    }

    /// A game's log goes once the game rests, and not before.
    fn rest(&mut self, game: GameId) -> Result<(), StoreError> {
        let key = game.to_string();
        let (first, last) = self.step.row_keys(game)?.range();
        let known: Option<(bool, bool, bool)> = self.step.first(
            "SELECT lane_length = 0, rests_since IS NOT NULL, EXISTS (SELECT 1 FROM events WHERE id BETWEEN ?2 AND ?3) FROM games WHERE id = ?1",
            (&key, first, last),
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )?;
        let (what, remedy) = match known {
            Some((false, true, _)) => ("its event log is to go, and it has unfinished requests", "keep the log"),
            Some((true, false, true)) => {
                ("it rests, and its event log stays for ever", "let the log go after its time")
            }
            _ => return Ok(()),
        };
        if self.report(Some(game), None, what.to_owned(), remedy) {
            let sql = "UPDATE games SET rests_since = iif(lane_length = 0, ?2, NULL) WHERE id = ?1";
            self.step.execute(sql, (&key, self.step.now))?;
        }
        Ok(())
    }

    /// Turn records follow each other without a gap: a game could not go back over one.
    fn turns(&mut self, game: GameId) -> Result<(), StoreError> {
        let (first, last) = self.step.row_keys(game)?.range();
        let gap: Option<i64> = self
            .step
            .first(
                "SELECT max(id) FROM turns AS behind WHERE id BETWEEN ?1 AND ?2 \
                 AND id > (SELECT min(id) FROM turns WHERE id BETWEEN ?1 AND ?2) \
                 AND NOT EXISTS (SELECT 1 FROM turns WHERE id = behind.id - 1)",
                (first, last),
                |row| row.get(0),
            )?
            .flatten();
        if let Some(gap) = gap {
            let what = format!("its turn records have a gap before turn {}", gap - first);
            if self.report(Some(game), None, what, "delete the records before it, which lead nowhere") {
                self.step.execute("DELETE FROM turns WHERE id >= ?1 AND id < ?2", (first, gap))?;
            }
        }
        Ok(())
    }

    /// Each dead letter has a failed request, and each failed request has a dead letter or expires.
    fn dead_letters(&mut self) -> Result<(), StoreError> {
        let letters = self.requests(
            "SELECT request_id FROM dead_letters WHERE request_id NOT IN (SELECT id FROM requests WHERE status = 'failed')",
        )?;
        for request in letters {
            let what = "it has a dead letter, and has not failed".to_owned();
            if self.report(None, Some(request), what, "delete the dead letter") {
                self.step.execute("DELETE FROM dead_letters WHERE request_id = ?1", [request.to_string()])?;
            }
        }
        let lasting = self.requests(
            "SELECT id FROM requests WHERE expires_at IS NULL AND status NOT IN ('queued', 'processing') \
             AND id NOT IN (SELECT request_id FROM dead_letters)",
        )?;
        for request in lasting {
            let what = "it has ended without a dead letter, and its row will never expire".to_owned();
            if self.report(None, Some(request), what, "let it") {
                self.step.expire(request)?;
            }
        }
        Ok(())
    }

    fn depth(&mut self) -> Result<(), StoreError> {
        self.count("depth", "TRUE", "requests")?;
        self.count("story_event_depth", "type = 'story_event'", "story events")
    }

    /// Compares a table that counts queued requests with what it counts.
    fn count(&mut self, table: &str, condition: &str, counted: &str) -> Result<(), StoreError> {
        let count = |sql: &str| self.step.first(sql, [], |row| row.get::<_, i64>(0)).map(Option::unwrap_or_default);
        let kept = count(&format!("SELECT queued FROM {table}"))?;
        let queued = count(&format!("SELECT count(*) FROM requests WHERE status = 'queued' AND {condition}"))?;
        let what = format!("the depth is kept as {kept}, and {queued} {counted} are queued");
        if kept != queued && self.report(None, None, what, "set the count") {
            self.step.execute(&format!("UPDATE {table} SET queued = ?1"), [queued])?;
        }
        Ok(())
    }
}
