-- The embedded store in layout 3, as the release that wrote it did. `{{document}}` is the document of the present game state.

CREATE TABLE IF NOT EXISTS meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- A game and its lane. `lane_state` says where a lane with requests stands, `lane_key` the key that orders it there:
-- ready: the head request's arrival sequence; delayed: when its back-off ends; active: when its lease ends.
-- `claimed_by` is the claim that made the lease, so that a repeat of it finds the lease.
-- A ready lane waits for `waits_for`, the provider whose fault has paused its head, or for the game's own `provider`. `serves` is
-- the provider whose slot the lease holds, where it is not simply the game's own without a limit.
CREATE TABLE IF NOT EXISTS games (
    id          TEXT PRIMARY KEY,
    version     INTEGER NOT NULL,
    fence       INTEGER NOT NULL DEFAULT 0,
    epoch       INTEGER NOT NULL,
    offset      INTEGER NOT NULL DEFAULT 0,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    lane_length INTEGER NOT NULL DEFAULT 0,
    lane_state  TEXT CHECK (lane_state IN ('ready', 'delayed', 'active')),
    lane_key    INTEGER NOT NULL DEFAULT 0,
    token       TEXT,
    claimed_by  TEXT,
    provider    TEXT NOT NULL DEFAULT '',
    waits_for   TEXT,
    serves      TEXT
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS games_by_lane ON games (lane_state, lane_key) WHERE lane_state IS NOT NULL;
CREATE INDEX IF NOT EXISTS games_by_provider ON games (ifnull(waits_for, provider), lane_key) WHERE lane_state = 'ready';
CREATE INDEX IF NOT EXISTS games_by_slot ON games (serves) WHERE serves IS NOT NULL;
CREATE INDEX IF NOT EXISTS games_by_claim ON games (claimed_by) WHERE claimed_by IS NOT NULL;
CREATE INDEX IF NOT EXISTS games_by_change ON games (updated_at);

-- The providers that games use. A circuit that is not closed has the rest: the latest fault, since when it is not closed, when
-- the next probe may begin, how many have failed, and the game and token of the present one.
CREATE TABLE IF NOT EXISTS providers (
    name       TEXT PRIMARY KEY,
    circuit    TEXT NOT NULL DEFAULT 'closed' CHECK (circuit IN ('closed', 'open', 'half_open')),
    reason     TEXT,
    detail     TEXT,
    opened_at  INTEGER,
    probe_at   INTEGER,
    failed     INTEGER NOT NULL DEFAULT 0,
    probe      TEXT,
    probe_game TEXT
) WITHOUT ROWID;

-- A game's state, apart from its row above: that one is written with every event, and must be small.
CREATE TABLE IF NOT EXISTS documents (
    game_id  TEXT PRIMARY KEY,
    document TEXT NOT NULL
);

-- `seq` is the rank over all games; `place` the rank within the game's lane. `ended_by` is the step and
-- the token that ended the latest attempt, so that a repeat of this step, and of no other, returns what it returned first.
-- `attempts` records those that did not commit; `key` and `fingerprint` are the idempotency key's; `revived` says that the
-- request was a dead letter before.
CREATE TABLE IF NOT EXISTS requests (
    id           TEXT PRIMARY KEY,
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
    first_cursor TEXT
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS requests_by_lane ON requests (game_id, place) WHERE status IN ('queued', 'processing');
CREATE INDEX IF NOT EXISTS requests_queued ON requests (seq) WHERE status = 'queued';
CREATE INDEX IF NOT EXISTS requests_by_key ON requests (key) WHERE key IS NOT NULL;
CREATE INDEX IF NOT EXISTS requests_by_expiry ON requests (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE IF NOT EXISTS history (
    game_id TEXT NOT NULL,
    number  INTEGER NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (game_id, number)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS events (
    game_id TEXT NOT NULL,
    offset  INTEGER NOT NULL,
    epoch   INTEGER NOT NULL,
    request TEXT,
    name    TEXT NOT NULL,
    data    TEXT NOT NULL,
    PRIMARY KEY (game_id, offset)
) WITHOUT ROWID;

-- How many requests are queued. Counted by triggers, so that no statement can forget to, and so that accepting a request
-- costs the same however many wait.
CREATE TABLE IF NOT EXISTS depth (
    queued INTEGER NOT NULL
);
INSERT INTO depth (queued) SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM depth);
CREATE TRIGGER IF NOT EXISTS request_comes AFTER INSERT ON requests WHEN NEW.status = 'queued' BEGIN
    UPDATE depth SET queued = queued + 1;
END;
CREATE TRIGGER IF NOT EXISTS request_moves AFTER UPDATE OF status ON requests WHEN NEW.status <> OLD.status BEGIN
    UPDATE depth SET queued = queued + (NEW.status = 'queued') - (OLD.status = 'queued');
END;
CREATE TRIGGER IF NOT EXISTS request_goes AFTER DELETE ON requests WHEN OLD.status = 'queued' BEGIN
    UPDATE depth SET queued = queued - 1;
END;

-- Dead letters, in order. The rows of their requests stay as long as these.
CREATE TABLE IF NOT EXISTS dead_letters (
    number        INTEGER PRIMARY KEY AUTOINCREMENT,
    request_id    TEXT NOT NULL UNIQUE,
    failed_at     INTEGER NOT NULL,
    state_version INTEGER NOT NULL
);

-- One game whose player waits for a reply.
INSERT INTO meta (name, value) VALUES ('epoch', '1700000000000'), ('sync', 'full'), ('sequence', '1');
INSERT INTO games (id, version, epoch, offset, created_at, updated_at, lane_length, lane_state, lane_key, provider)
VALUES ('018bcfe5-6800-7000-8000-000000000001', 1, 1700000000000, 1, 1700000000000, 1700000000000, 1, 'ready', 1, 'offline');
INSERT INTO providers (name) VALUES ('offline');
INSERT INTO documents (game_id, document) VALUES ('018bcfe5-6800-7000-8000-000000000001', '{{document}}');
INSERT INTO requests (id, game_id, seq, place, type, message, user_message, position, cursor, enqueued_at)
VALUES ('018bcfe5-6800-7000-8000-000000000002', '018bcfe5-6800-7000-8000-000000000001', 1, 1, 'chat', 'look', 'look', 0,
    '1700000000000:0', 1700000000000);
INSERT INTO events (game_id, offset, epoch, request, name, data) VALUES ('018bcfe5-6800-7000-8000-000000000001', 1,
    1700000000000, '018bcfe5-6800-7000-8000-000000000002', 'request.queued',
    '{"request_id":"018bcfe5-6800-7000-8000-000000000002","game_id":"018bcfe5-6800-7000-8000-000000000001","type":"chat","status":"queued","user_message":"look"}');
PRAGMA user_version = 3;
