-- Put before every script, and made anew for every call, so it holds no more than the frequent ones need. ARGV begins with
-- what is the same for all of them: 1 the key prefix, 2 events kept, 3 how long the status of a finished request is kept and
-- 4 how long an idempotency key is (ms). Every other key is built from the prefix, so that all keys of a script share its
-- hash tag. KEYS[1] is always `<prefix>requests`, which routes the script to its shard.
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
-- text everywhere: a call would print each with all its digits.
local format = string.format
local function int(number) return format('%d', number) end

local time = call('TIME')
local NOW = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local NOW_TEXT = int(NOW)

-- Read when it is first asked for: a step has one.
local known_epoch
local function epoch()
  known_epoch = known_epoch or call('GET', EPOCH)
  if not known_epoch then
    known_epoch = NOW_TEXT
    call('SET', EPOCH, known_epoch)
  end
  return known_epoch
end

-- What is told of an entry of a log: four lines for each event: id, name, request, data.
local function frames(entry)
  local offset, request, name, data, second_name, second_data = unpack(entry)
  local id, about = epoch() .. ':', '\n' .. request .. '\n'
  local first = id .. int(offset + 1) .. '\n' .. name .. about .. data
  return second_name and first .. '\n' .. id .. int(offset + 2) .. '\n' .. second_name .. about .. second_data or first
end

-- Tells whoever follows a channel of an entry. A step that makes many puts another function here, which gathers them.
local function say(channel, entry) call('PUBLISH', channel, frames(entry)) end

-- Appends an event to a game's log, behind `offset`, or two of the same request, and tells whoever listens. They are one
-- entry, under the id of the last one: the request ('' where none is behind them), then the data of each under its name.
-- The caller keeps the epoch and the offset that are returned with the game.
local function append(game, offset, request, ...)
  local now, log, at = epoch(), LOG .. game, int(offset + select('#', ...) / 2)
  call('XADD', log, 'MAXLEN', '~', KEPT, now .. '-' .. at, 'request', request, ...)
  local entry = { offset, request, ... }
  say(log, entry)
  if request ~= '' then say(P .. 'chat-request-events:' .. request, entry) end
  return now, at
end

-- Appends an event and keeps its id with the game. Returns the id before it.
local function tell(game, name, data, request)
  local before, offset = unpack(call('HMGET', GAME .. game, 'epoch', 'offset'))
  local now, last = append(game, tonumber(offset or '0'), request or '', name, data)
  call('HSET', GAME .. game, 'epoch', now, 'offset', last)
  return (before or now) .. ':' .. (offset or '0')
end

-- The members with which the data of a request's events begin.
local function members(game, request) return '{"request_id":"' .. request .. '","game_id":"' .. game .. '"' end

-- The first request of a lane, and its place, which is also that of its game among those that are ready.
local function first_of(lane)
  local first = call('ZRANGE', lane, '0', '0', 'WITHSCORES')
  return first[1], first[2]
end
local function head(game) return first_of(LANE .. game) end

-- Tells an idle worker that there is work, or several. A token carries no data: losing one loses nothing.
local function wake(tokens)
  if call('LPUSH', WAKE, unpack(tokens or { '1' })) > 64 then call('LTRIM', WAKE, 0, 63) end
end

-- What a server said of a call that failed under `pcall`.
local function problem_of(failure) return type(failure) == 'table' and failure.err or tostring(failure) end

-- The token of a game's present lease, if there is one.
local function lease_of(game)
  return call('GET', LOCK .. game)
end

-- Whether the token is that of the game's present lease.
local function holds(game, token) return lease_of(game) == token end

-- Whether this step has ended the attempt already.
local function was_ended(request, step, token)
  return call('HGET', STATUS .. request, 'ended_by') == step .. ' ' .. token
end

-- Queues a request at a place, behind `position` others of its game. `fields` are its further status fields; `queued` is the
-- data of its request.queued event. Returns the id before that event.
local function admit(game, request, place, position, fields, queued)
  local before = tell(game, 'request.queued', queued, request)
  call('HSET', STATUS .. request, 'status', 'queued', 'attempt', '0', 'place', place, 'game_id', game,
    'position', int(position), 'enqueued_at', NOW_TEXT, 'cursor', before, unpack(fields))
  call('ZADD', LANE .. game, place, request)
  call('ZADD', QUEUED, place, request)
  return before
end

-- Lets the status of a finished request expire, and with it the idempotency key that it was accepted under.
local function expire(request, key)
  local ttl = STATUS_TTL
  if key then
    if tonumber(KEY_TTL) > tonumber(ttl) then ttl = KEY_TTL end
    call('PEXPIRE', KEY .. key, ttl)
  end
  call('PEXPIRE', STATUS .. request, ttl)
end
