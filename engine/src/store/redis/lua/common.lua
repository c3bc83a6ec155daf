-- Put before every script. ARGV begins with what is the same for all of them: 1 the key prefix, 2 events kept, 3 how long
-- the status of a finished request is kept and 4 how long an idempotency key is (ms). Every other key is built from the
-- prefix, so that all keys of a script share its hash tag. KEYS[1] is always `<prefix>requests`, which routes the script
-- to its shard.
--
-- A game's lane (`requests:game:{game}`) holds its unfinished requests by their places. Its head stays there while it is
-- in processing and while it is in back-off, so a retry or a takeover keeps its place without moving anything.
-- A game with a lane is in exactly one of `requests:ready`, `requests:delayed` and `requests:active`.
local P, KEPT, STATUS_TTL, KEY_TTL = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local call = redis.call
local QUEUED, READY = P .. 'requests', P .. 'requests:ready'
local DELAYED, ACTIVE = P .. 'requests:delayed', P .. 'requests:active'
local DEAD, DEAD_INDEX = P .. 'chat-requests-failed', P .. 'chat-requests-failed:index'
local SEQUENCE, WAKE, REVOKED = P .. 'requests:sequence', P .. 'requests:wake', P .. 'requests:revoked'
local EPOCH, GAMES = P .. 'epoch', P .. 'games'
local function LANE(game) return P .. 'requests:game:' .. game end
local function LOCK(game) return P .. 'game-lock:' .. game end
local function GAME(game) return P .. 'gamestate:' .. game end
local function HISTORY(game) return P .. 'game-history:' .. game end
local function LOG(game) return P .. 'game-events:' .. game end
local function STATUS(request) return P .. 'chat-request-status:' .. request end
local function KEY(key) return P .. 'idempotency-key:' .. key end

-- Lua prints large numbers with an exponent; ids and times are written in full.
local function int(number) return string.format('%d', number) end

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

-- The id of a game's latest event.
local function cursor(game)
  local found = call('HMGET', GAME(game), 'epoch', 'offset')
  return (found[1] or epoch()) .. ':' .. (found[2] or '0')
end

-- Appends events to a game's log, behind `offset`, and tells whoever listens in one message of frames, four lines each.
-- An event is {name, data, request}; all are of the same request, which is left out where none is behind them. The caller
-- keeps the epoch and the offset that are returned with the game.
local function append(game, offset, events)
  local now, log, request = epoch(), LOG(game), events[1][3] or ''
  local frames
  for _, event in ipairs(events) do
    offset = offset + 1
    local at = int(offset)
    call('XADD', log, 'MAXLEN', '~', KEPT, now .. '-' .. at, 'e', event[1], 'r', request, 'd', event[2])
    local frame = now .. ':' .. at .. '\n' .. event[1] .. '\n' .. request .. '\n' .. event[2]
    frames = frames and frames .. '\n' .. frame or frame
  end
  call('PUBLISH', log, frames)
  if request ~= '' then call('PUBLISH', P .. 'chat-request-events:' .. request, frames) end
  return now, int(offset)
end

-- Appends an event and keeps its id with the game. Returns the id before it.
local function tell(game, name, data, request)
  local before, offset = unpack(call('HMGET', GAME(game), 'epoch', 'offset'))
  local now, last = append(game, tonumber(offset or '0'), { { name, data, request } })
  call('HSET', GAME(game), 'epoch', now, 'offset', last)
  return (before or now) .. ':' .. (offset or '0')
end

-- The members with which the data of a request's events begin.
local function members(game, request) return '{"request_id":"' .. request .. '","game_id":"' .. game .. '"' end

-- The first request of a game's lane, and its place.
local function head(game)
  local first = call('ZRANGE', LANE(game), 0, 0, 'WITHSCORES')
  return first[1], first[2]
end

-- Tells one idle worker that there is work. The token carries no data: losing one loses nothing.
local function wake()
  if call('LPUSH', WAKE, '1') > 64 then call('LTRIM', WAKE, 0, 63) end
end

-- Makes a game claimable if it has a head request. Returns whether it has.
local function order(game)
  local first = head(game)
  if first then call('ZADD', READY, call('HGET', STATUS(first), 'seq'), game) end
  return first
end

-- The same, and an idle worker is told.
local function make_ready(game)
  if order(game) then wake() end
end

-- Whether the token is that of the game's present lease.
local function holds(game, token) return call('GET', LOCK(game)) == token end

-- Ends a lease, whoever holds it.
local function free(game)
  call('ZREM', ACTIVE, game)
  call('DEL', LOCK(game))
end

-- Records which step ended an attempt, so that a repeat of this step, and of no other, answers as it answered first.
local function ended(request, step, token) call('HSET', STATUS(request), 'ended_by', step .. ' ' .. token) end

-- Whether this step has ended the attempt already.
local function was_ended(request, step, token)
  return call('HGET', STATUS(request), 'ended_by') == step .. ' ' .. token
end

-- Adds an attempt that did not commit to its request's record. `problem` is JSON, if there is one.
local function record(request, outcome, problem)
  local before, attempt, worker, began =
    unpack(call('HMGET', STATUS(request), 'attempts', 'attempt', 'worker', 'started_at'))
  local entry = '{"attempt":' .. attempt .. ',"worker":' .. cjson.encode(worker or '') .. ',"started_at":' ..
    (began or NOW_TEXT) .. ',"ended_at":' .. NOW_TEXT .. ',"outcome":"' .. outcome .. '"' ..
    (problem and ',"error":' .. problem or '') .. '}'
  call('HSET', STATUS(request), 'attempts', before and before .. ',' .. entry or entry)
end

-- An attempt that has shown text which no checkpoint keeps: what it has shown is void.
local function supersede(game, request)
  local chunks, narration, attempt = unpack(call('HMGET', STATUS(request), 'chunks', 'narration', 'attempt'))
  if chunks and chunks ~= '0' and not narration then
    tell(game, 'attempt.superseded', members(game, request) .. ',"attempt":' .. attempt .. '}', request)
  end
  call('HSET', STATUS(request), 'chunks', '0')
end

-- Queues a request at a place of its game's lane, behind `position` others. `fields` are its further status fields;
-- `queued` is the data of its request.queued event. Returns the id before that event.
local function admit(game, request, seq, place, position, fields, queued)
  local before = tell(game, 'request.queued', queued, request)
  call('HSET', STATUS(request), 'status', 'queued', 'attempt', '0', 'seq', seq, 'game_id', game,
    'position', int(position), 'enqueued_at', NOW_TEXT, 'cursor', before, unpack(fields))
  call('ZADD', LANE(game), place, request)
  call('ZADD', QUEUED, seq, request)
  return before
end

-- Lets the status of a finished request expire, and with it the idempotency key that it was accepted under.
local function expire(request, key)
  local ttl = STATUS_TTL
  if key then
    if tonumber(KEY_TTL) > tonumber(ttl) then ttl = KEY_TTL end
    call('PEXPIRE', KEY(key), ttl)
  end
  call('PEXPIRE', STATUS(request), ttl)
end

-- The idempotency key that a request was accepted under, if it was.
local function key_of(request) return call('HGET', STATUS(request), 'idempotency_key') end

-- Takes a request off its lane for good.
local function finish(game, request, status)
  call('ZREM', LANE(game), request)
  call('ZREM', QUEUED, request)
  call('HSET', STATUS(request), 'status', status, 'completed_at', NOW_TEXT)
  call('HDEL', STATUS(request), 'not_before')
end

-- Gives a request up: a dead letter with its whole record. `problem` is JSON. Its status stays as long as the letter.
local function bury(game, request, problem)
  call('HSET', STATUS(request), 'error', problem)
  call('HDEL', STATUS(request), 'revived')
  finish(game, request, 'failed')
  local letter = { 'request_id', request, 'version', call('HGET', GAME(game), 'version') or '0' }
  local fields = call('HGETALL', STATUS(request))
  local found = {}
  for i = 1, #fields, 2 do found[fields[i]] = fields[i + 1] end
  for _, field in ipairs(fields) do letter[#letter + 1] = field end
  call('HSET', DEAD_INDEX, request, call('XADD', DEAD, '*', unpack(letter)))
  tell(game, 'request.failed', members(game, request) .. ',"type":"' .. found.type .. '","status":"failed","attempt":' ..
    found.attempt .. ',"error":' .. problem .. '}', request)
end

-- Withdraws an unfinished request, also one in processing: its worker is told, and can write nothing more.
local function withdraw(game, request)
  local first = head(game) == request
  if first then
    if call('ZSCORE', ACTIVE, game) then
      supersede(game, request)
      record(request, 'cancelled')
      local token = call('GET', LOCK(game))
      if token then call('PUBLISH', REVOKED, token) end
      free(game)
    end
    call('ZREM', DELAYED, game)
    call('ZREM', READY, game)
  end
  finish(game, request, 'cancelled')
  expire(request, key_of(request))
  tell(game, 'request.cancelled', members(game, request) .. ',"status":"cancelled"}', request)
  if first then make_ready(game) end
end
