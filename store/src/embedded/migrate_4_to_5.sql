-- Layout 5 numbers the games, and keeps events, messages and turn records under keys made of that number (`row_keys.rs`); requests get rowids, for the
-- same reason. It also notes since when a game rests: those that do begin to when they were last changed.
ALTER TABLE games ADD COLUMN number INTEGER NOT NULL DEFAULT 0;
ALTER TABLE games ADD COLUMN rests_since INTEGER;
ALTER TABLE games ADD COLUMN rested_at TEXT;
UPDATE games SET number = numbered.number
FROM (SELECT id, row_number() OVER (ORDER BY created_at, id) AS number FROM games) AS numbered WHERE numbered.id = games.id;
UPDATE games SET rests_since = updated_at WHERE lane_length = 0;

CREATE TABLE events_of_5 (
    id      INTEGER PRIMARY KEY,
    epoch   INTEGER NOT NULL,
    request TEXT,
    name    TEXT NOT NULL,
    data    TEXT NOT NULL
);
INSERT INTO events_of_5 (id, epoch, request, name, data)
SELECT games.number << 30 | events.offset, events.epoch, request, name, data FROM events JOIN games ON games.id = game_id ORDER BY 1;
DROP TABLE events;
ALTER TABLE events_of_5 RENAME TO events;

CREATE TABLE history_of_5 (
    id      INTEGER PRIMARY KEY,
    message TEXT NOT NULL
);
INSERT INTO history_of_5 (id, message)
SELECT games.number << 30 | history.number, message FROM history JOIN games ON games.id = game_id ORDER BY 1;
DROP TABLE history;
ALTER TABLE history_of_5 RENAME TO history;

-- Layout 4 came with this table, which a database of an earlier one does not have yet.
CREATE TABLE IF NOT EXISTS turns (
    game_id         TEXT NOT NULL,
    turn            INTEGER NOT NULL,
    messages_before INTEGER NOT NULL,
    record          TEXT NOT NULL,
    PRIMARY KEY (game_id, turn)
);
CREATE TABLE turns_of_5 (
    id              INTEGER PRIMARY KEY,
    messages_before INTEGER NOT NULL,
    record          TEXT NOT NULL
);
INSERT INTO turns_of_5 (id, messages_before, record)
SELECT games.number << 30 | turn, messages_before, record FROM turns JOIN games ON games.id = game_id ORDER BY 1;
DROP TABLE turns;
ALTER TABLE turns_of_5 RENAME TO turns;

CREATE TABLE requests_of_5 (
    id           TEXT PRIMARY KEY NOT NULL,
    game_id      TEXT NOT NULL,
    seq          INTEGER NOT NULL,
    place        INTEGER NOT NULL,
    type         TEXT NOT NULL,
    message      TEXT NOT NULL,
    actor        TEXT,
    user_message TEXT NOT NULL,
    caused_by    TEXT,
    status       TEXT NOT NULL DEFAULT 'queued',
    attempt      INTEGER NOT NULL DEFAULT 0,
    chunks       INTEGER NOT NULL DEFAULT 0,
    position     INTEGER NOT NULL,
    cursor       TEXT NOT NULL,
    enqueued_at  INTEGER NOT NULL,
    started_at   INTEGER,
    completed_at INTEGER,
    not_before   INTEGER,
    error        TEXT,
    result       TEXT,
    narration    TEXT,
    delta        TEXT,
    ended_by     TEXT,
    expires_at   INTEGER,
    worker       TEXT,
    attempts     TEXT,
    key          TEXT,
    fingerprint  TEXT,
    revived      INTEGER NOT NULL DEFAULT 0,
    first_cursor TEXT,
    alternatives TEXT
);
INSERT INTO requests_of_5 (id, game_id, seq, place, type, message, actor, user_message, caused_by, status, attempt, chunks, position,
    cursor, enqueued_at, started_at, completed_at, not_before, error, result, narration, delta, ended_by, expires_at, worker, attempts, key,
    fingerprint, revived, first_cursor, alternatives)
SELECT id, game_id, seq, place, type, message, actor, user_message, caused_by, status, attempt, chunks, position,
    cursor, enqueued_at, started_at, completed_at, not_before, error, result, narration, delta, ended_by, expires_at, worker, attempts, key,
    fingerprint, revived, first_cursor, alternatives FROM requests ORDER BY seq;
-- Its indexes and triggers go with it, and come again with the rest of the layout.
DROP TABLE requests;
ALTER TABLE requests_of_5 RENAME TO requests;
