-- The embedded store in layout 4, as the release that wrote it did. `{{document}}` is the document of the present game state.

CREATE TABLE IF NOT EXISTS meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- A game and its lane. `lane_state` says where a lane with requests stands, `lane_key` the key that orders it there:
-- ready: the head request's arrival sequence, or in fair order its place in `starts`; delayed: when its back-off ends; active: when its lease ends.
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
    serves      TEXT,
    game_name   TEXT
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
    first_cursor TEXT,
    alternatives TEXT
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

-- Turn records, and how many messages the history had before each turn.
CREATE TABLE IF NOT EXISTS turns (
    game_id         TEXT NOT NULL,
    turn            INTEGER NOT NULL,
    messages_before INTEGER NOT NULL,
    record          TEXT NOT NULL,
    PRIMARY KEY (game_id, turn)
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

-- One game whose player waits for a reply.
INSERT INTO meta (name, value) VALUES ('epoch', '1700000000000'), ('sync', 'full'), ('sequence', '3');
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

-- One game at rest after two turns.
INSERT INTO games (id, version, fence, epoch, offset, created_at, updated_at, lane_length, lane_key, provider)
VALUES ('01a21f74-addb-775b-a2b5-ca5a4d0edce3', 3, 2, 1795824069933, 107, 1795824070107, 1795824075101, 0, 0, 'offline');
INSERT INTO documents (game_id, document)
VALUES ('01a21f74-addb-775b-a2b5-ca5a4d0edce3', '{{document}}');
INSERT INTO requests (id, game_id, seq, place, type, message, user_message, status, attempt, chunks, position, cursor, enqueued_at, started_at, completed_at, result, ended_by, expires_at, worker, revived)
VALUES ('01a21f74-ade1-70b6-9d64-9516a129dce3', '01a21f74-addb-775b-a2b5-ca5a4d0edce3', 1, 1, 'chat', 'I look around.', 'Ada Finch: I look around.', 'completed', 1, 57, 0, '1795824069933:0', 1795824070113, 1795824070115, 1795824072849, '{"message":"A plank landing at the river''s edge, with a bell on a post and moss on everything else. The chain ferry lies to the north. The causeway that used to run west is only a rumour under the water. Nobody seems to be minding the brass lantern. You could go north to the Chain Ferry.","turn":1,"version":2,"duration_ms":2725,"usage":{"prompt_tokens":2499,"completion_tokens":123}}', 'commit 1:worker-1200-86778fa5:01a21f74-ade1-70b6-9d64-9516a129dce3', 1795827672849, 'worker-1200-86778fa5', 0);
INSERT INTO requests (id, game_id, seq, place, type, message, user_message, status, attempt, chunks, position, cursor, enqueued_at, started_at, completed_at, result, ended_by, expires_at, worker, revived)
VALUES ('01a21f74-b8bf-7729-b7d8-5139af1fdce3', '01a21f74-addb-775b-a2b5-ca5a4d0edce3', 2, 1, 'chat', 'I go north.', 'Ada Finch: I go north.', 'completed', 1, 42, 0, '1795824069933:61', 1795824072895, 1795824072896, 1795824075101, '{"message":"You head north. The deck of the chain ferry gives an inch as you step aboard, and takes the inch back. Odile moves her tea to the other hand and nods at the rail, which is where passengers go.","turn":2,"version":3,"duration_ms":2181,"usage":{"prompt_tokens":2569,"completion_tokens":96}}', 'commit 2:worker-1200-86778fa5:01a21f74-b8bf-7729-b7d8-5139af1fdce3', 1795827675101, 'worker-1200-86778fa5', 0);
INSERT INTO history (game_id, number, message)
VALUES ('01a21f74-addb-775b-a2b5-ca5a4d0edce3', 1, '{"role":"assistant","content":"You are Ada Finch, a traveller with good boots and no fixed address.\n\nYou stand on the landing with the fog up to your knees. A bell hangs from a post, a brass lantern burns beside it, and somewhere to the north the river talks to itself. What do you do?"}');
INSERT INTO history (game_id, number, message)
VALUES ('01a21f74-addb-775b-a2b5-ca5a4d0edce3', 2, '{"role":"user","content":"Ada Finch: I look around."}');
INSERT INTO history (game_id, number, message)
VALUES ('01a21f74-addb-775b-a2b5-ca5a4d0edce3', 3, '{"role":"assistant","content":"A plank landing at the river''s edge, with a bell on a post and moss on everything else. The chain ferry lies to the north. The causeway that used to run west is only a rumour under the water. Nobody seems to be minding the brass lantern. You could go north to the Chain Ferry."}');
INSERT INTO history (game_id, number, message)
VALUES ('01a21f74-addb-775b-a2b5-ca5a4d0edce3', 4, '{"role":"user","content":"Ada Finch: I go north."}');
INSERT INTO history (game_id, number, message)
VALUES ('01a21f74-addb-775b-a2b5-ca5a4d0edce3', 5, '{"role":"assistant","content":"You head north. The deck of the chain ferry gives an inch as you step aboard, and takes the inch back. Odile moves her tea to the other hand and nods at the rail, which is where passengers go."}');
INSERT INTO turns (game_id, turn, messages_before, record)
VALUES ('01a21f74-addb-775b-a2b5-ca5a4d0edce3', 1, 1, '{"record":{"turn":1,"request_id":"01a21f74-ade1-70b6-9d64-9516a129dce3","type":"chat","committed_at":"2026-11-28T00:01:12.846122818Z","message":"I look around.","user_message":"Ada Finch: I look around.","narration":"A plank landing at the river''s edge, with a bell on a post and moss on everything else. The chain ferry lies to the north. The causeway that used to run west is only a rumour under the water. Nobody seems to be minding the brass lantern. You could go north to the Chain Ferry.","proposed":{"user_location":null,"scene_change":null,"item_events":[],"npc_events":[],"set_vars":[],"game_ended":false},"usage":{"prompt_tokens":2499,"completion_tokens":123},"model":{"provider":"offline","model":"offline-narrator"},"timing":{"waited_ms":2,"first_token_ms":147,"narrated_ms":2117,"extracted_ms":2725,"took_ms":2725},"version":{"before":1,"after":2}},"undo":{"patch":[{"op":"replace","path":"/turn_counter","value":0},{"op":"replace","path":"/scene_turn_counter","value":0}]}}');
INSERT INTO turns (game_id, turn, messages_before, record)
VALUES ('01a21f74-addb-775b-a2b5-ca5a4d0edce3', 2, 3, '{"record":{"turn":2,"request_id":"01a21f74-b8bf-7729-b7d8-5139af1fdce3","type":"chat","committed_at":"2026-11-28T00:01:15.082097348Z","message":"I go north.","user_message":"Ada Finch: I go north.","narration":"You head north. The deck of the chain ferry gives an inch as you step aboard, and takes the inch back. Odile moves her tea to the other hand and nods at the rail, which is where passengers go.","proposed":{"user_location":"north","scene_change":null,"item_events":[],"npc_events":[],"set_vars":[],"game_ended":false},"changes":[{"type":"player_moved","from":"landing","to":"ferry"}],"usage":{"prompt_tokens":2569,"completion_tokens":96},"model":{"provider":"offline","model":"offline-narrator"},"timing":{"waited_ms":1,"first_token_ms":146,"narrated_ms":1619,"extracted_ms":2180,"took_ms":2181},"version":{"before":2,"after":3}},"undo":{"patch":[{"op":"replace","path":"/user_location","value":"landing"},{"op":"replace","path":"/visited_locations/0","value":"landing"},{"op":"remove","path":"/visited_locations/1"},{"op":"replace","path":"/turn_counter","value":1},{"op":"replace","path":"/scene_turn_counter","value":1},{"op":"remove","path":"/just_entered"}]}}');
INSERT INTO events (game_id, offset, epoch, request, name, data)
VALUES ('01a21f74-addb-775b-a2b5-ca5a4d0edce3', 1, 1795824069933, '01a21f74-ade1-70b6-9d64-9516a129dce3', 'request.queued', '{"request_id":"01a21f74-ade1-70b6-9d64-9516a129dce3","game_id":"01a21f74-addb-775b-a2b5-ca5a4d0edce3","type":"chat","status":"queued","user_message":"Ada Finch: I look around."}');
INSERT INTO events (game_id, offset, epoch, request, name, data)
VALUES ('01a21f74-addb-775b-a2b5-ca5a4d0edce3', 2, 1795824069933, '01a21f74-ade1-70b6-9d64-9516a129dce3', 'request.processing', '{"request_id":"01a21f74-ade1-70b6-9d64-9516a129dce3","game_id":"01a21f74-addb-775b-a2b5-ca5a4d0edce3","type":"chat","status":"processing","attempt":1,"user_message":"Ada Finch: I look around."}');
INSERT INTO events (game_id, offset, epoch, request, name, data)
VALUES ('01a21f74-addb-775b-a2b5-ca5a4d0edce3', 59, 1795824069933, '01a21f74-ade1-70b6-9d64-9516a129dce3', 'chat.chunk', '{"request_id":"01a21f74-ade1-70b6-9d64-9516a129dce3","game_id":"01a21f74-addb-775b-a2b5-ca5a4d0edce3","attempt":1,"content":"A plank landing at the river''s edge, with a bell on a post and moss on everything else. The chain ferry lies to the north. The causeway that used to run west is only a rumour under the water. Nobody seems to be minding the brass lantern. You could go north to the Chain Ferry.","done":true,"chunks":57,"pieces":[2,6,8,3,4,8,5,1,5,2,5,3,2,5,4,5,3,11,6,4,6,6,5,3,4,7,4,9,5,5,3,4,5,3,5,2,7,6,4,7,7,6,3,3,8,4,6,9,4,6,3,6,3,4,6,6,0]}');
INSERT INTO events (game_id, offset, epoch, request, name, data)
VALUES ('01a21f74-addb-775b-a2b5-ca5a4d0edce3', 60, 1795824069933, '01a21f74-ade1-70b6-9d64-9516a129dce3', 'game.state_updated', '{"request_id":"01a21f74-ade1-70b6-9d64-9516a129dce3","game_id":"01a21f74-addb-775b-a2b5-ca5a4d0edce3","version":2,"turn":1,"location":"landing","scene":"crossing","is_ended":false,"changes":[]}');
INSERT INTO events (game_id, offset, epoch, request, name, data)
VALUES ('01a21f74-addb-775b-a2b5-ca5a4d0edce3', 61, 1795824069933, '01a21f74-ade1-70b6-9d64-9516a129dce3', 'request.completed', '{"request_id":"01a21f74-ade1-70b6-9d64-9516a129dce3","game_id":"01a21f74-addb-775b-a2b5-ca5a4d0edce3","type":"chat","status":"completed","attempt":1,"result":{"message":"A plank landing at the river''s edge, with a bell on a post and moss on everything else. The chain ferry lies to the north. The causeway that used to run west is only a rumour under the water. Nobody seems to be minding the brass lantern. You could go north to the Chain Ferry.","turn":1,"version":2,"duration_ms":2725,"usage":{"prompt_tokens":2499,"completion_tokens":123}}}');
INSERT INTO events (game_id, offset, epoch, request, name, data)
VALUES ('01a21f74-addb-775b-a2b5-ca5a4d0edce3', 62, 1795824069933, '01a21f74-b8bf-7729-b7d8-5139af1fdce3', 'request.queued', '{"request_id":"01a21f74-b8bf-7729-b7d8-5139af1fdce3","game_id":"01a21f74-addb-775b-a2b5-ca5a4d0edce3","type":"chat","status":"queued","user_message":"Ada Finch: I go north."}');
INSERT INTO events (game_id, offset, epoch, request, name, data)
VALUES ('01a21f74-addb-775b-a2b5-ca5a4d0edce3', 63, 1795824069933, '01a21f74-b8bf-7729-b7d8-5139af1fdce3', 'request.processing', '{"request_id":"01a21f74-b8bf-7729-b7d8-5139af1fdce3","game_id":"01a21f74-addb-775b-a2b5-ca5a4d0edce3","type":"chat","status":"processing","attempt":1,"user_message":"Ada Finch: I go north."}');
INSERT INTO events (game_id, offset, epoch, request, name, data)
VALUES ('01a21f74-addb-775b-a2b5-ca5a4d0edce3', 105, 1795824069933, '01a21f74-b8bf-7729-b7d8-5139af1fdce3', 'chat.chunk', '{"request_id":"01a21f74-b8bf-7729-b7d8-5139af1fdce3","game_id":"01a21f74-addb-775b-a2b5-ca5a4d0edce3","attempt":1,"content":"You head north. The deck of the chain ferry gives an inch as you step aboard, and takes the inch back. Odile moves her tea to the other hand and nods at the rail, which is where passengers go.","done":true,"chunks":42,"pieces":[4,5,7,4,5,3,4,6,6,6,3,5,3,4,5,7,1,4,6,4,5,6,6,6,4,4,3,4,6,5,4,5,3,4,5,1,6,3,6,11,3,0]}');
INSERT INTO events (game_id, offset, epoch, request, name, data)
VALUES ('01a21f74-addb-775b-a2b5-ca5a4d0edce3', 106, 1795824069933, '01a21f74-b8bf-7729-b7d8-5139af1fdce3', 'game.state_updated', '{"request_id":"01a21f74-b8bf-7729-b7d8-5139af1fdce3","game_id":"01a21f74-addb-775b-a2b5-ca5a4d0edce3","version":3,"turn":2,"location":"ferry","scene":"crossing","is_ended":false,"changes":[{"type":"player_moved","from":"landing","to":"ferry"}]}');
INSERT INTO events (game_id, offset, epoch, request, name, data)
VALUES ('01a21f74-addb-775b-a2b5-ca5a4d0edce3', 107, 1795824069933, '01a21f74-b8bf-7729-b7d8-5139af1fdce3', 'request.completed', '{"request_id":"01a21f74-b8bf-7729-b7d8-5139af1fdce3","game_id":"01a21f74-addb-775b-a2b5-ca5a4d0edce3","type":"chat","status":"completed","attempt":1,"result":{"message":"You head north. The deck of the chain ferry gives an inch as you step aboard, and takes the inch back. Odile moves her tea to the other hand and nods at the rail, which is where passengers go.","turn":2,"version":3,"duration_ms":2181,"usage":{"prompt_tokens":2569,"completion_tokens":96}}}');
PRAGMA user_version = 4;
