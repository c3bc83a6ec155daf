-- Put before every script. ARGV[1] is the key prefix; every other key is built from it, so that all keys of a script
-- share the prefix's hash tag. KEYS[1] is always `<prefix>requests`, which routes the script to its shard.
--
-- A game's lane (`requests:game:{game}`) holds its unfinished requests. Its head stays there while it is in processing
-- and while it is in back-off, so a retry or a takeover keeps its place without moving anything.
-- A game with a lane is in exactly one of `requests:ready`, `requests:delayed` and `requests:active`.
local P = ARGV[1]
local QUEUED, READY = P .. 'requests', P .. 'requests:ready'
local DELAYED, ACTIVE = P .. 'requests:delayed', P .. 'requests:active'
local DEAD, SEQUENCE, WAKE = P .. 'chat-requests-failed', P .. 'requests:sequence', P .. 'requests:wake'
local EPOCH, GAMES = P .. 'epoch', P .. 'games'
local function LANE(game) return P .. 'requests:game:' .. game end
local function LOCK(game) return P .. 'game-lock:' .. game end
local function GAME(game) return P .. 'gamestate:' .. game end
local function HISTORY(game) return P .. 'game-history:' .. game end
local function LOG(game) return P .. 'game-events:' .. game end
local function STATUS(request) return P .. 'chat-request-status:' .. request end

local time = redis.call('TIME')
local NOW = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

-- Lua prints large numbers with an exponent; ids and times are written in full.
local function int(number) return string.format('%.0f', number) end

-- A time in ms since 1970 as RFC 3339, for event payloads.
local function rfc3339(ms)
  local days, rest = math.floor(ms / 86400000), ms % 86400000
  -- The civil calendar counted from 0000-03-01, so that leap days end the year.
  local z = days + 719468
  local era = math.floor(z / 146097)
  local doe = z - era * 146097
  local yoe = math.floor((doe - math.floor(doe / 1460) + math.floor(doe / 36524) - math.floor(doe / 146096)) / 365)
  local doy = doe - (365 * yoe + math.floor(yoe / 4) - math.floor(yoe / 100))
  local mp = math.floor((5 * doy + 2) / 153)
  local month = mp < 10 and mp + 3 or mp - 9
  local year = yoe + era * 400 + (month <= 2 and 1 or 0)
  return string.format('%04d-%02d-%02dT%02d:%02d:%02d.%03dZ', year, month, doy - math.floor((153 * mp + 2) / 5) + 1,
    math.floor(rest / 3600000), math.floor(rest / 60000) % 60, math.floor(rest / 1000) % 60, rest % 1000)
end

local function epoch()
  local value = redis.call('GET', EPOCH)
  if not value then
    value = int(NOW)
    redis.call('SET', EPOCH, value)
  end
  return value
end

-- Appends an event to a game's log and tells whoever listens, in one step. `request` is '' when none is behind it.
local function append_event(game, request, name, data, kept)
  local e = epoch()
  local offset = int(redis.call('HINCRBY', GAME(game), 'offset', 1))
  redis.call('HSET', GAME(game), 'epoch', e)
  redis.call('XADD', LOG(game), 'MAXLEN', '~', kept, e .. '-' .. offset, 'e', name, 'r', request, 'd', data)
  local frame = e .. ':' .. offset .. '\n' .. name .. '\n' .. request .. '\n' .. data
  redis.call('PUBLISH', LOG(game), frame)
  if request ~= '' then
    redis.call('PUBLISH', P .. 'chat-request-events:' .. request, frame)
  end
end

-- The id of a game's latest event.
local function head(game)
  local found = redis.call('HMGET', GAME(game), 'epoch', 'offset')
  return (found[1] or epoch()) .. ':' .. (found[2] or '0')
end

-- Tells one idle worker that there is work. The token carries no data: losing one loses nothing.
local function wake()
  redis.call('LPUSH', WAKE, '1')
  redis.call('LTRIM', WAKE, 0, 63)
end

-- Makes a game claimable if it has a head request.
local function make_ready(game)
  local first = redis.call('LINDEX', LANE(game), 0)
  if first then
    redis.call('ZADD', READY, redis.call('HGET', STATUS(first), 'seq'), game)
    wake()
  end
end

-- Whether the token is that of the game's present lease.
local function holds(game, token) return redis.call('GET', LOCK(game)) == token end

-- Ends a lease, whoever holds it.
local function free(game)
  redis.call('ZREM', ACTIVE, game)
  redis.call('DEL', LOCK(game))
end

-- Records which step ended an attempt, so that a repeat of this step, and of no other, answers as it answered first.
local function ended(request, step, token) redis.call('HSET', STATUS(request), 'ended_by', step .. ' ' .. token) end

-- Whether this step has ended the attempt already.
local function was_ended(request, step, token)
  return redis.call('HGET', STATUS(request), 'ended_by') == step .. ' ' .. token
end

-- An attempt that has shown text which no checkpoint keeps: what it has shown is void.
local function supersede(game, request, kept)
  local found = redis.call('HMGET', STATUS(request), 'chunks', 'narration', 'attempt')
  if found[1] and found[1] ~= '0' and not found[2] then
    append_event(game, request, 'attempt.superseded',
      '{"request_id":"' .. request .. '","game_id":"' .. game .. '","attempt":' .. found[3] .. '}', kept)
  end
  redis.call('HSET', STATUS(request), 'chunks', '0')
end

-- Records a queued request that its caller puts into the lane, behind `position` others. `fields` are its status
-- fields; `queued` is the data of its request.queued event.
local function admit(game, request, seq, position, fields, queued, kept)
  redis.call('HSET', STATUS(request), 'status', 'queued', 'attempt', '0', 'seq', seq, 'game_id', game,
    'position', int(position), 'enqueued_at', int(NOW), 'cursor', head(game), unpack(fields))
  redis.call('ZADD', QUEUED, seq, request)
  append_event(game, request, 'request.queued', queued, kept)
end

-- Takes a finished request off its lane and lets its status expire. It is the lane's head, so LREM finds it at once.
local function finish(game, request, status, ttl)
  redis.call('LREM', LANE(game), 1, request)
  redis.call('ZREM', QUEUED, request)
  redis.call('HSET', STATUS(request), 'status', status, 'completed_at', int(NOW))
  redis.call('HDEL', STATUS(request), 'not_before')
  redis.call('PEXPIRE', STATUS(request), ttl)
end

-- Gives a request up: a dead letter with its whole record. `problem` is JSON.
local function bury(game, request, problem, ttl, kept)
  local kind, attempt = unpack(redis.call('HMGET', STATUS(request), 'type', 'attempt'))
  redis.call('HSET', STATUS(request), 'error', problem)
  finish(game, request, 'failed', ttl)
  local letter = { 'request_id', request, 'version', redis.call('HGET', GAME(game), 'version') or '0' }
  for _, value in ipairs(redis.call('HGETALL', STATUS(request))) do
    letter[#letter + 1] = value
  end
  redis.call('XADD', DEAD, '*', unpack(letter))
  append_event(game, request, 'request.failed', '{"request_id":"' .. request .. '","game_id":"' .. game ..
    '","type":"' .. kind .. '","status":"failed","attempt":' .. attempt .. ',"error":' .. problem .. '}', kept)
end
