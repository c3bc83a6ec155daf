-- Put before every script, and made anew for every call, so it holds no more than the frequent ones need.

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
  if not entry.frames then
    local offset, request, name, data, second_name, second_data = unpack(entry)
    local id, about = epoch() .. ':', '\n' .. request .. '\n'
    entry.frames = id .. int(offset + 1) .. '\n' .. name .. about .. data
    if second_name then
      entry.frames = entry.frames .. '\n' .. id .. int(offset + 2) .. '\n' .. second_name .. about .. second_data
    end
  end
  return entry.frames
end

-- Tells whoever follows a channel of an entry. A step that makes many puts another function here, which gathers them.
local function say(channel, entry) call('PUBLISH', channel, frames(entry)) end

-- Appends an event to a game's log, behind `offset`, or two of the same request, and tells whoever listens. They are one
-- entry, under the id of the last one: the request ('' where none is behind them), then the data of each under its name.
-- The caller keeps the epoch and the offset that are returned with the game.
local function append(game, offset, request, name, data, second_name, second_data)
  local now, log, at = epoch(), LOG .. game, int(offset + (second_name and 2 or 1))
  if second_name then
    call('XADD', log, 'MAXLEN', '~', KEPT, now .. '-' .. at, 'request', request, name, data, second_name, second_data)
  else
    call('XADD', log, 'MAXLEN', '~', KEPT, now .. '-' .. at, 'request', request, name, data)
  end
  local entry = { offset, request, name, data, second_name, second_data }
  say(log, entry)
  if request ~= '' then say(P .. 'chat-request-events:' .. request, entry) end
  return now, at
end

-- Appends an event and keeps its id with the game. Returns the id before it.
local function tell(game, name, data, request)
  local before, offset = unpack(call('HMGET', GAME .. game, 'epoch', 'offset'))
  local now, last = append(game, offset or '0', request or '', name, data)
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

-- Tells an idle worker that there is work, or several. A token carries no data: losing one loses nothing. Some are kept for
-- those who are about to wait; the rest goes in one sweep when it has become many.
local function wake(tokens)
  if call('LPUSH', WAKE, unpack(tokens or { '1' })) > 128 then call('LTRIM', WAKE, '0', '63') end
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
