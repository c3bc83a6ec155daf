-- The embedded store in layout 5, as the release that wrote it did. `{{document}}` is the document of the present game state.

CREATE TABLE api_keys (
    id         TEXT PRIMARY KEY,
    hash       TEXT NOT NULL,
    grants     TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER
) WITHOUT ROWID;
CREATE TABLE arrivals (
    game_id   TEXT PRIMARY KEY,
    tenant    TEXT NOT NULL,
    seq       INTEGER NOT NULL,
    arrival   INTEGER NOT NULL,
    ready_for TEXT
) WITHOUT ROWID;
CREATE TABLE audit (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    nonce   TEXT NOT NULL UNIQUE,
    at      INTEGER NOT NULL,
    who     TEXT NOT NULL,
    action  TEXT NOT NULL,
    subject TEXT NOT NULL,
    outcome TEXT NOT NULL
);
CREATE TABLE buckets (
    name       TEXT PRIMARY KEY,
    free_at    INTEGER NOT NULL DEFAULT 0,
    unfinished INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE capabilities (
    game_id    TEXT NOT NULL,
    id         TEXT NOT NULL,
    hash       TEXT NOT NULL,
    grants     TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    PRIMARY KEY (game_id, id)
) WITHOUT ROWID;
CREATE TABLE changes (
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
CREATE TABLE charges (
    request_id TEXT NOT NULL,
    bucket     TEXT NOT NULL,
    PRIMARY KEY (request_id, bucket)
) WITHOUT ROWID;
CREATE TABLE dead_letters (
    number        INTEGER PRIMARY KEY AUTOINCREMENT,
    request_id    TEXT NOT NULL UNIQUE,
    failed_at     INTEGER NOT NULL,
    state_version INTEGER NOT NULL
);
CREATE TABLE depth (
    queued INTEGER NOT NULL
);
INSERT INTO "depth" VALUES(1);
CREATE TABLE documents (
    game_id  TEXT PRIMARY KEY,
    document TEXT NOT NULL
);
INSERT INTO "documents" VALUES('018bcfe5-6800-7000-8000-000000000001','{{document}}');
INSERT INTO "documents" VALUES('01a21f74-addb-775b-a2b5-ca5a4d0edce3','{{document}}');
CREATE TABLE "events" (
    id      INTEGER PRIMARY KEY,
    epoch   INTEGER NOT NULL,
    request TEXT,
    name    TEXT NOT NULL,
    data    TEXT NOT NULL
);
INSERT INTO "events" VALUES(1073741825,1700000000000,'018bcfe5-6800-7000-8000-000000000002','request.queued','{"request_id":"018bcfe5-6800-7000-8000-000000000002","game_id":"018bcfe5-6800-7000-8000-000000000001","type":"chat","status":"queued","user_message":"look"}');
INSERT INTO "events" VALUES(2147483649,1795824069933,'01a21f74-ade1-70b6-9d64-9516a129dce3','request.queued','{"request_id":"01a21f74-ade1-70b6-9d64-9516a129dce3","game_id":"01a21f74-addb-775b-a2b5-ca5a4d0edce3","type":"chat","status":"queued","user_message":"Ada Finch: I look around."}');
INSERT INTO "events" VALUES(2147483650,1795824069933,'01a21f74-ade1-70b6-9d64-9516a129dce3','request.processing','{"request_id":"01a21f74-ade1-70b6-9d64-9516a129dce3","game_id":"01a21f74-addb-775b-a2b5-ca5a4d0edce3","type":"chat","status":"processing","attempt":1,"user_message":"Ada Finch: I look around."}');
INSERT INTO "events" VALUES(2147483707,1795824069933,'01a21f74-ade1-70b6-9d64-9516a129dce3','chat.chunk','{"request_id":"01a21f74-ade1-70b6-9d64-9516a129dce3","game_id":"01a21f74-addb-775b-a2b5-ca5a4d0edce3","attempt":1,"content":"A plank landing at the river''s edge, with a bell on a post and moss on everything else. The chain ferry lies to the north. The causeway that used to run west is only a rumour under the water. Nobody seems to be minding the brass lantern. You could go north to the Chain Ferry.","done":true,"chunks":57,"pieces":[2,6,8,3,4,8,5,1,5,2,5,3,2,5,4,5,3,11,6,4,6,6,5,3,4,7,4,9,5,5,3,4,5,3,5,2,7,6,4,7,7,6,3,3,8,4,6,9,4,6,3,6,3,4,6,6,0]}');
INSERT INTO "events" VALUES(2147483708,1795824069933,'01a21f74-ade1-70b6-9d64-9516a129dce3','game.state_updated','{"request_id":"01a21f74-ade1-70b6-9d64-9516a129dce3","game_id":"01a21f74-addb-775b-a2b5-ca5a4d0edce3","version":2,"turn":1,"location":"landing","scene":"crossing","is_ended":false,"changes":[]}');
INSERT INTO "events" VALUES(2147483709,1795824069933,'01a21f74-ade1-70b6-9d64-9516a129dce3','request.completed','{"request_id":"01a21f74-ade1-70b6-9d64-9516a129dce3","game_id":"01a21f74-addb-775b-a2b5-ca5a4d0edce3","type":"chat","status":"completed","attempt":1,"result":{"message":"A plank landing at the river''s edge, with a bell on a post and moss on everything else. The chain ferry lies to the north. The causeway that used to run west is only a rumour under the water. Nobody seems to be minding the brass lantern. You could go north to the Chain Ferry.","turn":1,"version":2,"duration_ms":2725,"usage":{"prompt_tokens":2499,"completion_tokens":123}}}');
INSERT INTO "events" VALUES(2147483710,1795824069933,'01a21f74-b8bf-7729-b7d8-5139af1fdce3','request.queued','{"request_id":"01a21f74-b8bf-7729-b7d8-5139af1fdce3","game_id":"01a21f74-addb-775b-a2b5-ca5a4d0edce3","type":"chat","status":"queued","user_message":"Ada Finch: I go north."}');
INSERT INTO "events" VALUES(2147483711,1795824069933,'01a21f74-b8bf-7729-b7d8-5139af1fdce3','request.processing','{"request_id":"01a21f74-b8bf-7729-b7d8-5139af1fdce3","game_id":"01a21f74-addb-775b-a2b5-ca5a4d0edce3","type":"chat","status":"processing","attempt":1,"user_message":"Ada Finch: I go north."}');
INSERT INTO "events" VALUES(2147483753,1795824069933,'01a21f74-b8bf-7729-b7d8-5139af1fdce3','chat.chunk','{"request_id":"01a21f74-b8bf-7729-b7d8-5139af1fdce3","game_id":"01a21f74-addb-775b-a2b5-ca5a4d0edce3","attempt":1,"content":"You head north. The deck of the chain ferry gives an inch as you step aboard, and takes the inch back. Odile moves her tea to the other hand and nods at the rail, which is where passengers go.","done":true,"chunks":42,"pieces":[4,5,7,4,5,3,4,6,6,6,3,5,3,4,5,7,1,4,6,4,5,6,6,6,4,4,3,4,6,5,4,5,3,4,5,1,6,3,6,11,3,0]}');
INSERT INTO "events" VALUES(2147483754,1795824069933,'01a21f74-b8bf-7729-b7d8-5139af1fdce3','game.state_updated','{"request_id":"01a21f74-b8bf-7729-b7d8-5139af1fdce3","game_id":"01a21f74-addb-775b-a2b5-ca5a4d0edce3","version":3,"turn":2,"location":"ferry","scene":"crossing","is_ended":false,"changes":[{"type":"player_moved","from":"landing","to":"ferry"}]}');
INSERT INTO "events" VALUES(2147483755,1795824069933,'01a21f74-b8bf-7729-b7d8-5139af1fdce3','request.completed','{"request_id":"01a21f74-b8bf-7729-b7d8-5139af1fdce3","game_id":"01a21f74-addb-775b-a2b5-ca5a4d0edce3","type":"chat","status":"completed","attempt":1,"result":{"message":"You head north. The deck of the chain ferry gives an inch as you step aboard, and takes the inch back. Odile moves her tea to the other hand and nods at the rail, which is where passengers go.","turn":2,"version":3,"duration_ms":2181,"usage":{"prompt_tokens":2569,"completion_tokens":96}}}');
CREATE TABLE finishes (
    tenant TEXT PRIMARY KEY,
    finish INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE games (
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
, number INTEGER NOT NULL DEFAULT 0, rests_since INTEGER, rested_at TEXT) WITHOUT ROWID;
INSERT INTO "games" VALUES('018bcfe5-6800-7000-8000-000000000001',1,0,1700000000000,1,1700000000000,1700000000000,1,'ready',1,NULL,NULL,'offline',NULL,NULL,NULL,1,NULL,NULL);
INSERT INTO "games" VALUES('01a21f74-addb-775b-a2b5-ca5a4d0edce3',3,2,1795824069933,107,1795824070107,1795824075101,0,NULL,0,NULL,NULL,'offline',NULL,NULL,NULL,2,1795824075101,NULL);
CREATE TABLE held (
    game_id   TEXT PRIMARY KEY,
    waits_for TEXT
) WITHOUT ROWID;
CREATE TABLE "history" (
    id      INTEGER PRIMARY KEY,
    message TEXT NOT NULL
);
INSERT INTO "history" VALUES(2147483649,'{"role":"assistant","content":"You are Ada Finch, a traveller with good boots and no fixed address.\n\nYou stand on the landing with the fog up to your knees. A bell hangs from a post, a brass lantern burns beside it, and somewhere to the north the river talks to itself. What do you do?"}');
INSERT INTO "history" VALUES(2147483650,'{"role":"user","content":"Ada Finch: I look around."}');
INSERT INTO "history" VALUES(2147483651,'{"role":"assistant","content":"A plank landing at the river''s edge, with a bell on a post and moss on everything else. The chain ferry lies to the north. The causeway that used to run west is only a rumour under the water. Nobody seems to be minding the brass lantern. You could go north to the Chain Ferry."}');
INSERT INTO "history" VALUES(2147483652,'{"role":"user","content":"Ada Finch: I go north."}');
INSERT INTO "history" VALUES(2147483653,'{"role":"assistant","content":"You head north. The deck of the chain ferry gives an inch as you step aboard, and takes the inch back. Odile moves her tea to the other hand and nods at the rail, which is where passengers go."}');
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO "meta" VALUES('epoch','1700000000000');
INSERT INTO "meta" VALUES('sequence','3');
INSERT INTO "meta" VALUES('sync','full');
CREATE TABLE owners (
    game_id    TEXT PRIMARY KEY,
    tenant     TEXT NOT NULL,
    user       TEXT,
    changed_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE pauses (
    scope     TEXT PRIMARY KEY,
    paused_by TEXT NOT NULL,
    since     INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE providers (
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
INSERT INTO "providers" VALUES('offline','closed',NULL,NULL,NULL,NULL,0,NULL,NULL);
CREATE TABLE "requests" (
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
INSERT INTO "requests" VALUES('018bcfe5-6800-7000-8000-000000000002','018bcfe5-6800-7000-8000-000000000001',1,1,'chat','look',NULL,'look',NULL,'queued',0,0,0,'1700000000000:0',1700000000000,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL);
INSERT INTO "requests" VALUES('01a21f74-ade1-70b6-9d64-9516a129dce3','01a21f74-addb-775b-a2b5-ca5a4d0edce3',1,1,'chat','I look around.',NULL,'Ada Finch: I look around.',NULL,'completed',1,57,0,'1795824069933:0',1795824070113,1795824070115,1795824072849,NULL,NULL,'{"message":"A plank landing at the river''s edge, with a bell on a post and moss on everything else. The chain ferry lies to the north. The causeway that used to run west is only a rumour under the water. Nobody seems to be minding the brass lantern. You could go north to the Chain Ferry.","turn":1,"version":2,"duration_ms":2725,"usage":{"prompt_tokens":2499,"completion_tokens":123}}',NULL,NULL,'commit 1:worker-1200-86778fa5:01a21f74-ade1-70b6-9d64-9516a129dce3',1795827672849,'worker-1200-86778fa5',NULL,NULL,NULL,0,NULL,NULL);
INSERT INTO "requests" VALUES('01a21f74-b8bf-7729-b7d8-5139af1fdce3','01a21f74-addb-775b-a2b5-ca5a4d0edce3',2,1,'chat','I go north.',NULL,'Ada Finch: I go north.',NULL,'completed',1,42,0,'1795824069933:61',1795824072895,1795824072896,1795824075101,NULL,NULL,'{"message":"You head north. The deck of the chain ferry gives an inch as you step aboard, and takes the inch back. Odile moves her tea to the other hand and nods at the rail, which is where passengers go.","turn":2,"version":3,"duration_ms":2181,"usage":{"prompt_tokens":2569,"completion_tokens":96}}',NULL,NULL,'commit 2:worker-1200-86778fa5:01a21f74-b8bf-7729-b7d8-5139af1fdce3',1795827675101,'worker-1200-86778fa5',NULL,NULL,NULL,0,NULL,NULL);
CREATE TABLE starts (
    request_id TEXT PRIMARY KEY,
    place      INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE story_event_depth (
    queued INTEGER NOT NULL
);
INSERT INTO "story_event_depth" VALUES(0);
CREATE TABLE tries (
    game_id TEXT PRIMARY KEY,
    tries   TEXT NOT NULL
);
CREATE TABLE "turns" (
    id              INTEGER PRIMARY KEY,
    messages_before INTEGER NOT NULL,
    record          TEXT NOT NULL
);
INSERT INTO "turns" VALUES(2147483649,1,'{"record":{"turn":1,"request_id":"01a21f74-ade1-70b6-9d64-9516a129dce3","type":"chat","committed_at":"2026-11-28T00:01:12.846122818Z","message":"I look around.","user_message":"Ada Finch: I look around.","narration":"A plank landing at the river''s edge, with a bell on a post and moss on everything else. The chain ferry lies to the north. The causeway that used to run west is only a rumour under the water. Nobody seems to be minding the brass lantern. You could go north to the Chain Ferry.","proposed":{"user_location":null,"scene_change":null,"item_events":[],"npc_events":[],"set_vars":[],"game_ended":false},"usage":{"prompt_tokens":2499,"completion_tokens":123},"model":{"provider":"offline","model":"offline-narrator"},"timing":{"waited_ms":2,"first_token_ms":147,"narrated_ms":2117,"extracted_ms":2725,"took_ms":2725},"version":{"before":1,"after":2}},"undo":{"patch":[{"op":"replace","path":"/turn_counter","value":0},{"op":"replace","path":"/scene_turn_counter","value":0}]}}');
INSERT INTO "turns" VALUES(2147483650,3,'{"record":{"turn":2,"request_id":"01a21f74-b8bf-7729-b7d8-5139af1fdce3","type":"chat","committed_at":"2026-11-28T00:01:15.082097348Z","message":"I go north.","user_message":"Ada Finch: I go north.","narration":"You head north. The deck of the chain ferry gives an inch as you step aboard, and takes the inch back. Odile moves her tea to the other hand and nods at the rail, which is where passengers go.","proposed":{"user_location":"north","scene_change":null,"item_events":[],"npc_events":[],"set_vars":[],"game_ended":false},"changes":[{"type":"player_moved","from":"landing","to":"ferry"}],"usage":{"prompt_tokens":2569,"completion_tokens":96},"model":{"provider":"offline","model":"offline-narrator"},"timing":{"waited_ms":1,"first_token_ms":146,"narrated_ms":1619,"extracted_ms":2180,"took_ms":2181},"version":{"before":2,"after":3}},"undo":{"patch":[{"op":"replace","path":"/user_location","value":"landing"},{"op":"replace","path":"/visited_locations/0","value":"landing"},{"op":"remove","path":"/visited_locations/1"},{"op":"replace","path":"/turn_counter","value":1},{"op":"replace","path":"/scene_turn_counter","value":1},{"op":"remove","path":"/just_entered"}]}}');
CREATE INDEX games_by_lane ON games (lane_state, lane_key) WHERE lane_state IS NOT NULL;
CREATE INDEX games_by_provider ON games (ifnull(waits_for, provider), lane_key) WHERE lane_state = 'ready';
CREATE INDEX games_by_slot ON games (serves) WHERE serves IS NOT NULL;
CREATE INDEX games_by_claim ON games (claimed_by) WHERE claimed_by IS NOT NULL;
CREATE INDEX games_by_change ON games (updated_at);
CREATE TRIGGER paused_game_goes AFTER DELETE ON games BEGIN
    DELETE FROM pauses WHERE scope = 'game:' || OLD.id;
END;
CREATE TRIGGER held_game_moves AFTER UPDATE OF waits_for ON games
WHEN OLD.waits_for LIKE '*tenant:%' AND NEW.waits_for IS NOT OLD.waits_for BEGIN
    DELETE FROM held WHERE game_id = OLD.id;
END;
CREATE TRIGGER held_game_goes AFTER DELETE ON games BEGIN
    DELETE FROM held WHERE game_id = OLD.id;
END;
CREATE INDEX changes_by_game ON changes (game_id, number);
CREATE INDEX owners_by_tenant ON owners (tenant, changed_at, game_id);
CREATE INDEX owners_by_user ON owners (tenant, user, changed_at, game_id);
CREATE TRIGGER game_changes AFTER UPDATE OF updated_at ON games BEGIN
    UPDATE owners SET changed_at = NEW.updated_at WHERE game_id = NEW.id;
END;
CREATE TRIGGER game_goes AFTER DELETE ON games BEGIN
    DELETE FROM owners WHERE game_id = OLD.id;
    DELETE FROM capabilities WHERE game_id = OLD.id;
END;
CREATE INDEX buckets_by_time ON buckets (free_at) WHERE unfinished = 0;
CREATE TRIGGER charge_comes AFTER INSERT ON charges BEGIN
    INSERT OR IGNORE INTO buckets (name) VALUES (NEW.bucket);
    UPDATE buckets SET unfinished = unfinished + 1 WHERE name = NEW.bucket;
END;
CREATE TRIGGER charge_goes AFTER DELETE ON charges BEGIN
    UPDATE buckets SET unfinished = unfinished - 1 WHERE name = OLD.bucket;
END;
CREATE INDEX finishes_in_order ON finishes (finish);
CREATE UNIQUE INDEX games_by_number ON games (number);
CREATE INDEX games_by_rest ON games (rests_since) WHERE rests_since IS NOT NULL;
CREATE INDEX requests_by_lane ON requests (game_id, place) WHERE status IN ('queued', 'processing');
CREATE INDEX requests_queued ON requests (seq) WHERE status = 'queued';
CREATE INDEX requests_by_key ON requests (key) WHERE key IS NOT NULL;
CREATE INDEX requests_by_expiry ON requests (expires_at) WHERE expires_at IS NOT NULL;
CREATE TRIGGER request_comes AFTER INSERT ON requests WHEN NEW.status = 'queued' BEGIN
    UPDATE depth SET queued = queued + 1;
END;
CREATE TRIGGER request_moves AFTER UPDATE OF status ON requests WHEN NEW.status <> OLD.status BEGIN
    UPDATE depth SET queued = queued + (NEW.status = 'queued') - (OLD.status = 'queued');
END;
CREATE TRIGGER request_goes AFTER DELETE ON requests WHEN OLD.status = 'queued' BEGIN
    UPDATE depth SET queued = queued - 1;
END;
CREATE TRIGGER story_event_comes AFTER INSERT ON requests
WHEN NEW.type = 'story_event' AND NEW.status = 'queued' BEGIN
    UPDATE story_event_depth SET queued = queued + 1;
END;
CREATE TRIGGER story_event_moves AFTER UPDATE OF status ON requests
WHEN NEW.type = 'story_event' AND NEW.status <> OLD.status BEGIN
    UPDATE story_event_depth SET queued = queued + (NEW.status = 'queued') - (OLD.status = 'queued');
END;
CREATE TRIGGER story_event_goes AFTER DELETE ON requests
WHEN OLD.type = 'story_event' AND OLD.status = 'queued' BEGIN
    UPDATE story_event_depth SET queued = queued - 1;
END;
CREATE TRIGGER charged_request_ends AFTER UPDATE OF status ON requests
WHEN NEW.status NOT IN ('queued', 'processing') BEGIN
    DELETE FROM charges WHERE request_id = NEW.id;
END;
CREATE TRIGGER charged_request_goes AFTER DELETE ON requests BEGIN
    DELETE FROM charges WHERE request_id = OLD.id;
END;
CREATE TRIGGER started_request_ends AFTER UPDATE OF status ON requests
WHEN NEW.status NOT IN ('queued', 'processing') BEGIN
    DELETE FROM starts WHERE request_id = NEW.id;
END;
CREATE TRIGGER started_request_goes AFTER DELETE ON requests BEGIN
    DELETE FROM starts WHERE request_id = OLD.id;
END;
CREATE INDEX arrivals_in_order ON arrivals (ready_for, tenant, arrival) WHERE ready_for IS NOT NULL;
CREATE TRIGGER arrived_game_goes AFTER DELETE ON games BEGIN
    DELETE FROM arrivals WHERE game_id = OLD.id;
END;
PRAGMA user_version = 5;
