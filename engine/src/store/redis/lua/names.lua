-- What every script calls things by. ARGV begins with what is the same for all of them: 1 the key prefix, 2 events kept, 3 how
-- long the status of a finished request is kept and 4 how long an idempotency key is (ms). Every other key is built from the
-- prefix, so that all keys of a script share its hash tag. KEYS[1] is always `<prefix>requests`, which routes the script to
-- its shard.
--
-- A game's lane (`requests:game:{game}`) holds its unfinished requests by their places. Its head stays there while it is
-- in processing and while it is in back-off, so a retry or a takeover keeps its place without moving anything.
-- A game with a lane is in exactly one of `requests:ready`, `requests:delayed` and `requests:active`.
local P, KEPT, STATUS_TTL, KEY_TTL = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local call = redis.call
local QUEUED, READY = P .. 'requests', P .. 'requests:ready'
local ACTIVE, SEQUENCE, WAKE = P .. 'requests:active', P .. 'requests:sequence', P .. 'requests:wake'
local EPOCH, GAMES, WORKERS = P .. 'epoch', P .. 'games', P .. 'workers'
-- What the keys of one game, one request or one idempotency key begin with.
local LANE, GAME, HISTORY = P .. 'requests:game:', P .. 'gamestate:', P .. 'game-history:'
local LOCK = P .. 'game-lock:'
local LOG, STATUS, KEY = P .. 'game-events:', P .. 'chat-request-status:', P .. 'idempotency-key:'

-- Lua prints large numbers with an exponent; ids and times are written in full. Numbers that do not change are written as
-- text wherever a call is frequent: it would print each with all its digits. What is read is text too; arithmetic takes it
-- as a number, in half the time that `tonumber` takes.
local format = string.format
local function int(number) return format('%d', number) end

local time = call('TIME')
local NOW = time[1] * 1000 + math.floor(time[2] / 1000)
local NOW_TEXT = int(NOW)
