-- The embedded store. Times are milliseconds since 1970; ids are text.

CREATE TABLE IF NOT EXISTS meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- A game and its lane. `lane_state` says where a lane with requests stands, `lane_key` the key that orders it there:
-- ready: the head request's arrival sequence, or in fair order its place in `starts`; delayed: when its back-off ends; active: when its lease ends.
-- `claimed_by` is the claim that made the lease, so that a repeat of it finds the lease.
-- A ready lane waits for `waits_for`, the provider whose fault has paused its head, or for the game's own `provider`. `serves` is
-- the provider whose slot the lease holds, where it is not simply the game's own without a limit.
-- `number` begins the keys of the game's rows in other tables (`row_keys.rs`). A game without unfinished requests rests since its last event; once its
-- log has gone, that is NULL. `rested_at` is the id before the first event of a log that began again in another epoch.
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
    serves      TEXT,
    game_name   TEXT,
    number      INTEGER NOT NULL DEFAULT 0,
    rests_since INTEGER,
    rested_at   TEXT
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS games_by_number ON games (number);
CREATE INDEX IF NOT EXISTS games_by_rest ON games (rests_since) WHERE rests_since IS NOT NULL;
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

-- What operators have paused: `all`, `provider:NAME`, `tenant:NAME` or `game:ID`. A ready game that is paused waits for '*paused', which no
-- provider is called, so that no claim looks at it.
CREATE TABLE IF NOT EXISTS pauses (
    scope     TEXT PRIMARY KEY,
    paused_by TEXT NOT NULL,
    since     INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS paused_game_goes AFTER DELETE ON games BEGIN
    DELETE FROM pauses WHERE scope = 'game:' || OLD.id;
END;

-- Ready games that are held for a paused tenant: their lanes wait for '*tenant:NAME', as for a provider that no claim looks at. What they waited for
-- before stands here. `pauses` has `lets-go:NAME` for as long as not all of a tenant that is resumed are back.
CREATE TABLE IF NOT EXISTS held (
    game_id   TEXT PRIMARY KEY,
    waits_for TEXT
) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS held_game_moves AFTER UPDATE OF waits_for ON games
WHEN OLD.waits_for LIKE '*tenant:%' AND NEW.waits_for IS NOT OLD.waits_for BEGIN
    DELETE FROM held WHERE game_id = OLD.id;
END;
CREATE TRIGGER IF NOT EXISTS held_game_goes AFTER DELETE ON games BEGIN
    DELETE FROM held WHERE game_id = OLD.id;
END;

-- What operators have changed.
CREATE TABLE IF NOT EXISTS audit (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    nonce   TEXT NOT NULL UNIQUE,
    at      INTEGER NOT NULL,
    who     TEXT NOT NULL,
    action  TEXT NOT NULL,
    subject TEXT NOT NULL,
    outcome TEXT NOT NULL
);

-- A game's state, apart from its row above: that one is written with every event, and must be small.
CREATE TABLE IF NOT EXISTS documents (
    game_id  TEXT PRIMARY KEY,
    document TEXT NOT NULL
);

-- Versions of content: what games that begin alike have in common. A document that begins with the id of one (32 digits from the 13th character on)
-- is stored as what differs from it. `games` counts these documents, by triggers, so that no statement can forget to; a version goes with the last one.
CREATE TABLE IF NOT EXISTS contents (
    id    TEXT PRIMARY KEY,
    text  TEXT NOT NULL,
    games INTEGER NOT NULL DEFAULT 0
);
CREATE TRIGGER IF NOT EXISTS document_comes AFTER INSERT ON documents WHEN substr(NEW.document, 1, 12) = '{"content":"' BEGIN
    UPDATE contents SET games = games + 1 WHERE id = substr(NEW.document, 13, 32);
END;
CREATE TRIGGER IF NOT EXISTS document_changes AFTER UPDATE OF document ON documents
WHEN substr(OLD.document, 1, 44) <> substr(NEW.document, 1, 44) BEGIN
    UPDATE contents SET games = games + 1 WHERE id = substr(NEW.document, 13, 32) AND substr(NEW.document, 1, 12) = '{"content":"';
    UPDATE contents SET games = games - 1 WHERE id = substr(OLD.document, 13, 32) AND substr(OLD.document, 1, 12) = '{"content":"';
    DELETE FROM contents WHERE id = substr(OLD.document, 13, 32) AND games <= 0;
END;
CREATE TRIGGER IF NOT EXISTS document_goes AFTER DELETE ON documents WHEN substr(OLD.document, 1, 12) = '{"content":"' BEGIN
    UPDATE contents SET games = games - 1 WHERE id = substr(OLD.document, 13, 32);
    DELETE FROM contents WHERE id = substr(OLD.document, 13, 32) AND games <= 0;
END;

-- `seq` is the rank over all games; `place` the rank within the game's lane. `ended_by` is the step and
-- the token that ended the latest attempt, so that a repeat of this step, and of no other, returns what it returned first.
-- `attempts` records those that did not commit; `key` and `fingerprint` are the idempotency key's; `revived` says that the
-- request was a dead letter before.
CREATE TABLE IF NOT EXISTS requests (
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
CREATE INDEX IF NOT EXISTS requests_by_lane ON requests (game_id, place) WHERE status IN ('queued', 'processing');
CREATE INDEX IF NOT EXISTS requests_queued ON requests (seq) WHERE status = 'queued';
CREATE INDEX IF NOT EXISTS requests_by_key ON requests (key) WHERE key IS NOT NULL;
CREATE INDEX IF NOT EXISTS requests_by_expiry ON requests (expires_at) WHERE expires_at IS NOT NULL;

-- The key is that of `row_keys.rs`, with the number of the message; below, with that of the turn and with the offset of the event.
CREATE TABLE IF NOT EXISTS history (
    id      INTEGER PRIMARY KEY,
    message TEXT NOT NULL
);

-- Turn records, and how many messages the history had before each turn.
CREATE TABLE IF NOT EXISTS turns (
    id              INTEGER PRIMARY KEY,
    messages_before INTEGER NOT NULL,
    record          TEXT NOT NULL
);

-- The tries of a game's last message that can be chosen again.
CREATE TABLE IF NOT EXISTS tries (
    game_id TEXT PRIMARY KEY,
    tries   TEXT NOT NULL
);

-- The latest changes of each game from outside a turn, so that a repeat returns what was returned first.
CREATE TABLE IF NOT EXISTS changes (
    number      INTEGER PRIMARY KEY,
    game_id     TEXT NOT NULL,
    key         TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    version     INTEGER NOT NULL,
    turn        INTEGER NOT NULL,
    cursor      TEXT NOT NULL,
    request     TEXT,
    made_at     INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS changes_by_game ON changes (game_id, number);

CREATE TABLE IF NOT EXISTS events (
    id      INTEGER PRIMARY KEY,
    epoch   INTEGER NOT NULL,
    request TEXT,
    name    TEXT NOT NULL,
    data    TEXT NOT NULL
);

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

-- How many of them are story events. A table of its own: a database of an earlier release gets it without a migration, and its triggers
-- count also while that release has the database open again.
CREATE TABLE IF NOT EXISTS story_event_depth (
    queued INTEGER NOT NULL
);
INSERT INTO story_event_depth (queued) SELECT (SELECT count(*) FROM requests WHERE status = 'queued' AND type = 'story_event')
WHERE NOT EXISTS (SELECT 1 FROM story_event_depth);
CREATE TRIGGER IF NOT EXISTS story_event_comes AFTER INSERT ON requests
WHEN NEW.type = 'story_event' AND NEW.status = 'queued' BEGIN
    UPDATE story_event_depth SET queued = queued + 1;
END;
CREATE TRIGGER IF NOT EXISTS story_event_moves AFTER UPDATE OF status ON requests
WHEN NEW.type = 'story_event' AND NEW.status <> OLD.status BEGIN
    UPDATE story_event_depth SET queued = queued + (NEW.status = 'queued') - (OLD.status = 'queued');
END;
CREATE TRIGGER IF NOT EXISTS story_event_goes AFTER DELETE ON requests
WHEN OLD.type = 'story_event' AND OLD.status = 'queued' BEGIN
    UPDATE story_event_depth SET queued = queued - 1;
END;

-- Dead letters, in order. The rows of their requests stay as long as these.
CREATE TABLE IF NOT EXISTS dead_letters (
    number        INTEGER PRIMARY KEY AUTOINCREMENT,
    request_id    TEXT NOT NULL UNIQUE,
    failed_at     INTEGER NOT NULL,
    state_version INTEGER NOT NULL
);

-- Whose a game is; a game that was created without keys has no row. `changed_at` is the game's `updated_at`: the lists of an owner
-- are in its order. Triggers keep both in step, so that no statement can forget to.
CREATE TABLE IF NOT EXISTS owners (
    game_id    TEXT PRIMARY KEY,
    tenant     TEXT NOT NULL,
    user       TEXT,
    changed_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS owners_by_tenant ON owners (tenant, changed_at, game_id);
CREATE INDEX IF NOT EXISTS owners_by_user ON owners (tenant, user, changed_at, game_id);
CREATE TRIGGER IF NOT EXISTS game_changes AFTER UPDATE OF updated_at ON games BEGIN
    UPDATE owners SET changed_at = NEW.updated_at WHERE game_id = NEW.id;
END;
CREATE TRIGGER IF NOT EXISTS game_goes AFTER DELETE ON games BEGIN
    DELETE FROM owners WHERE game_id = OLD.id;
    DELETE FROM capabilities WHERE game_id = OLD.id;
END;

-- Keys by the beginning of their hash; `grants` is JSON.
CREATE TABLE IF NOT EXISTS api_keys (
    id         TEXT PRIMARY KEY,
    hash       TEXT NOT NULL,
    grants     TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER
) WITHOUT ROWID;

-- The same, of one game each.
CREATE TABLE IF NOT EXISTS capabilities (
    game_id    TEXT NOT NULL,
    id         TEXT NOT NULL,
    hash       TEXT NOT NULL,
    grants     TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    PRIMARY KEY (game_id, id)
) WITHOUT ROWID;

-- Limits of callers. `free_at` is when everything that was used of a rate is free again (microseconds); `unfinished` counts the
-- rows of `charges`, by triggers.
CREATE TABLE IF NOT EXISTS buckets (
    name       TEXT PRIMARY KEY,
    free_at    INTEGER NOT NULL DEFAULT 0,
    unfinished INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS buckets_by_time ON buckets (free_at) WHERE unfinished = 0;

-- The unfinished requests that count against a limit.
CREATE TABLE IF NOT EXISTS charges (
    request_id TEXT NOT NULL,
    bucket     TEXT NOT NULL,
    PRIMARY KEY (request_id, bucket)
) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS charge_comes AFTER INSERT ON charges BEGIN
    INSERT OR IGNORE INTO buckets (name) VALUES (NEW.bucket);
    UPDATE buckets SET unfinished = unfinished + 1 WHERE name = NEW.bucket;
END;
CREATE TRIGGER IF NOT EXISTS charge_goes AFTER DELETE ON charges BEGIN
    UPDATE buckets SET unfinished = unfinished - 1 WHERE name = OLD.bucket;
END;
CREATE TRIGGER IF NOT EXISTS charged_request_ends AFTER UPDATE OF status ON requests
WHEN NEW.status NOT IN ('queued', 'processing') BEGIN
    DELETE FROM charges WHERE request_id = NEW.id;
END;
CREATE TRIGGER IF NOT EXISTS charged_request_goes AFTER DELETE ON requests BEGIN
    DELETE FROM charges WHERE request_id = OLD.id;
END;

-- Budgets (`budget.rs`): what is used of each, tokens ('t') by the hour and cost ('c', millionths) by the day; and what unfinished requests have
-- reserved of that, under the token of the attempt. When a request ends, what it has reserved stays used, unless the step has settled it before.
CREATE TABLE IF NOT EXISTS used (
    bucket TEXT NOT NULL,
    what   TEXT NOT NULL,
    slot   INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (bucket, what, slot)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS used_by_slot ON used (what, slot);
CREATE TABLE IF NOT EXISTS reserved (
    request_id TEXT NOT NULL,
    bucket     TEXT NOT NULL,
    what       TEXT NOT NULL,
    slot       INTEGER NOT NULL,
    amount     INTEGER NOT NULL,
    token      TEXT NOT NULL,
    PRIMARY KEY (request_id, bucket, what)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS reserved_by_bucket ON reserved (bucket, what, slot);
CREATE TRIGGER IF NOT EXISTS reserving_request_ends AFTER UPDATE OF status ON requests
WHEN NEW.status NOT IN ('queued', 'processing') BEGIN
    DELETE FROM reserved WHERE request_id = NEW.id;
END;
CREATE TRIGGER IF NOT EXISTS reserving_request_goes AFTER DELETE ON requests BEGIN
    DELETE FROM reserved WHERE request_id = OLD.id;
END;

-- Fair order (`queue.order`): where heads stand that have been ready, and where the latest turn of each tenant ends; '' is the tenant
-- of games without one. Both tables are empty in order of arrival.
CREATE TABLE IF NOT EXISTS starts (
    request_id TEXT PRIMARY KEY,
    place      INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS finishes (
    tenant TEXT PRIMARY KEY,
    finish INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS finishes_in_order ON finishes (finish);
CREATE TRIGGER IF NOT EXISTS started_request_ends AFTER UPDATE OF status ON requests
WHEN NEW.status NOT IN ('queued', 'processing') BEGIN
    DELETE FROM starts WHERE request_id = NEW.id;
END;
CREATE TRIGGER IF NOT EXISTS started_request_goes AFTER DELETE ON requests BEGIN
    DELETE FROM starts WHERE request_id = OLD.id;
END;

-- Fair order as well: when the head of each game counts as arrived (its arrival, plus what its priority adds), for the request with the
-- number `seq`; and while the game is ready, the provider that it waits for, as of `games`. A tenant's turn goes to the first of its games there.
-- In order of arrival nothing is written here.
CREATE TABLE IF NOT EXISTS arrivals (
    game_id   TEXT PRIMARY KEY,
    tenant    TEXT NOT NULL,
    seq       INTEGER NOT NULL,
    arrival   INTEGER NOT NULL,
    ready_for TEXT
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS arrivals_in_order ON arrivals (ready_for, tenant, arrival) WHERE ready_for IS NOT NULL;
CREATE TRIGGER IF NOT EXISTS arrived_game_goes AFTER DELETE ON games BEGIN
    DELETE FROM arrivals WHERE game_id = OLD.id;
END;
