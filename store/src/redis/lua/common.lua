-- The functions that most steps share.

-- Read at first use: a step has one epoch.
local function epoch()
  local known = memo.epoch or call('GET', EPOCH)
  if not known then
    known = NOW_TEXT
    call('SET', EPOCH, known)
  end
  memo.epoch = known
  return known
end

-- The message that announces an entry of a log: four lines for each event: id, name, request, data; and four for the time of the
-- commit, under the id of the last event, so that an engine of an earlier release takes them for an event that it knows.
local function frames(entry)
  if not entry.frames then
    local offset, request, name, data, second_name, second_data = unpack(entry)
    local id, about = epoch() .. ':', '\n' .. request .. '\n'
    local last = id .. int(offset + 1)
    local text = last .. '\n' .. name .. about .. data
    if second_name then
      last = id .. int(offset + 2)
      text = text .. '\n' .. last .. '\n' .. second_name .. about .. second_data
    end
    entry.frames = text .. '\n' .. last .. '\nat\n\n' .. NOW_TEXT
  end
  return entry.frames
end

-- Publishes an entry on a channel, or keeps it for the end of a step that appends many (`publish_at_the_end`).
local function publish(channel, entry)
  local pending = memo.pending
  if not pending then
    call('PUBLISH', channel, frames(entry))
    return
  end
  local count = #pending.channels + 1
  pending.channels[count], pending.entries[count] = channel, entry
end

-- The chunks that a game's log ends with are kept apart as long as nothing else follows, as the game's field `tail` says: epoch and
-- offset of the last one, how many there are, attempt, whether the narration is whole, request. All are text.
local function read_tail(tail) return string.match(tail, '^(%d+) (%d+) (%d+) (%d+) (%a+) (.+)$') end

-- Their data as one entry, or without their text if that is void.
local function joined(game, count, attempt, done, request, is_void)
  local text, pieces = unpack(call('MGET', TEXT .. game, PIECES .. game))
  local several = count ~= '1'
  return chat_chunk_event(request, game, attempt, is_void and '""' or '"' .. (text or '') .. '"', done, several and count,
    several and not is_void and '[' .. (pieces or '') .. ']')
end

-- Joins them to one entry, because the event `name` of `request` follows behind `offset`.
local function join(game, offset, tail, request, name)
  local written_in, last, count, attempt, done, owner = read_tail(tail)
  -- An engine of an earlier release has gone on behind them: their place is taken.
  if last == offset then
    call('XADD', LOG .. game, 'MAXLEN', '~', KEPT, written_in .. '-' .. last, 'request', owner, 'chat.chunk',
      joined(game, count, attempt, done, owner, ENDS_VOID[name] and request == owner))
  end
  call('DEL', TEXT .. game, PIECES .. game)
  call('HDEL', GAME .. game, 'tail')
end

-- Appends one event to a game's log behind `offset` and `tail`, or two of the same request, and publishes them. Both are one entry,
-- under the id of the last one: the request ('' where there is none), then the data of each event under its name.
-- Returns the epoch and the new offset, which the caller stores with the game.
local function append_entry(game, offset, tail, request, name, data, second_name, second_data)
  if tail then join(game, offset, tail, request, name) end
  local now, log, at = epoch(), LOG .. game, int(offset + (second_name and 2 or 1))
  if second_name then
    call('XADD', log, 'MAXLEN', '~', KEPT, now .. '-' .. at, 'request', request, name, data, second_name, second_data)
  else
    call('XADD', log, 'MAXLEN', '~', KEPT, now .. '-' .. at, 'request', request, name, data)
  end
  local entry = { offset, request, name, data, second_name, second_data }
  publish(log, entry)
  if request ~= '' then publish(OF_REQUEST .. request, entry) end
  return now, at
end

-- Lets the log of a game go after a time, if the game rests: called behind what may be its last event for long. The first request of a
-- lane keeps it again (`admit`), so no log goes while something is unfinished. Numbers go on in the game's hash.
local function let_log_go(game)
  if EVENTS_TTL ~= '0' and call('EXISTS', LANE .. game) == 0 then call('PEXPIRE', LOG .. game, EVENTS_TTL) end
end

-- Appends an event and stores its id with the game. Returns the id before it.
local function append_event(game, name, data, request)
  local before, offset, tail = unpack(call('HMGET', GAME .. game, 'epoch', 'offset', 'tail'))
  -- Readers of a log that is gone have the game's last id. In another epoch the first event behind it could not be told from one that
  -- has replaced others, so the game keeps this id.
  if before and before ~= epoch() and offset ~= '0' and call('EXISTS', LOG .. game) == 0 then
    call('HSET', GAME .. game, 'rested_at', before .. ':' .. offset)
  end
  local now, last = append_entry(game, offset or '0', tail, request or '', name, data)
  call('HSET', GAME .. game, 'epoch', now, 'offset', last)
  return (before or now) .. ':' .. (offset or '0')
end

-- The first request of a lane, and its rank, which is also the rank of its game among the ready ones.
local function first_of(lane)
  local first = call('ZRANGE', lane, '0', '0', 'WITHSCORES')
  return first[1], first[2]
end
local function head(game) return first_of(LANE .. game) end

-- Wakes one idle worker, or several. A token carries no data, so losing one loses no work. Some are kept for workers that are
-- about to wait; above 128 the rest is dropped in one sweep.
local function wake(tokens)
  if call('LPUSH', WAKE, unpack(tokens or { '1' })) > 128 then call('LTRIM', WAKE, '0', '63') end
end

-- The server's message for a call that failed under `pcall`.
local function problem_of(failure) return type(failure) == 'table' and failure.err or tostring(failure) end

-- The token of a game's present lease, if there is one.
local function lease_of(game) return call('GET', LOCK .. game) end

-- Whether the token is that of the game's present lease.
local function holds(game, token) return lease_of(game) == token end

-- Whether this step has ended the attempt already.
local function was_ended(request, step, token)
  return call('HGET', STATUS .. request, 'ended_by') == step .. ' ' .. token
end

-- The provider of a game that an engine of an earlier release has stored, which kept it in the document only.
local function adopt_provider(game)
  local document = call('HGET', GAME .. game, 'document')
  local read, found = pcall(cjson.decode, document or '')
  local name = read and type(found) == 'table' and type(found.provider) == 'string' and found.provider or ''
  if document and not memo.only_reads then
    call('HSET', GAME .. game, 'provider', name)
    call('HSETNX', PROVIDERS, name, 'closed')
    memo.circuits = nil
  end
  return name
end

-- Under which name a game is ready: PAUSED if an operator has paused it, that of its tenant while it is held, or else the provider that its lane waits for: the one
-- whose fault has paused its head, or the game's own.
local function provider_of(game)
  local own, waits_for, paused, held, tenant =
    unpack(call('HMGET', GAME .. game, 'provider', 'waits_for', 'paused', 'held', 'tenant'))
  if paused then return PAUSED end
  return held and HELD .. tenant or waits_for or own or adopt_provider(game)
end

-- Puts a request that has a status among those that wait.
local function let_wait(request, rank)
  call('ZADD', QUEUED, rank, request)
  if call('HGET', STATUS .. request, 'type') == 'story_event' then call('ZADD', STORY_EVENTS, rank, request) end
end

-- Takes a request out of those that wait.
local function wait_no_more(request)
  call('ZREM', QUEUED, request)
  call('ZREM', STORY_EVENTS, request)
end

-- Queues a request at a rank, behind `position` others of its game. `fields` are its further status fields; `queued` is the
-- data of its request.queued event. Returns the id before that event.
local function admit(game, request, rank, position, fields, queued)
  local before = append_event(game, 'request.queued', queued, request)
  call('HSET', STATUS .. request, 'status', 'queued', 'attempt', '0', 'place', rank, 'game_id', game,
    'position', int(position), 'enqueued_at', NOW_TEXT, 'cursor', before, unpack(fields))
  call('ZADD', LANE .. game, rank, request)
  if position == 0 then call('PERSIST', LOG .. game) end
  let_wait(request, rank)
  return before
end

-- What `reserved` of a status holds behind the token of the attempt, for each budget: bucket, hour, day, tokens, cost.
local RESERVED = '(%S+) (%d+) (%d+) (%d+) (%d+)\n'

-- What a request has reserved of budgets becomes what it has used; nobody may know that, and then all of it counts as used.
local function settle_reserved(reserved, tokens, cost)
  for bucket, hour, day, reserved_tokens, reserved_cost in string.gmatch(reserved, RESERVED) do
    local used = USED .. bucket
    -- One that has expired holds nothing that still counts, and would stay for ever.
    if call('EXISTS', used) == 1 then
      call('HINCRBY', used, 'rt', int(-reserved_tokens))
      call('HINCRBY', used, 'rc', int(-reserved_cost))
      if tokens then
        call('HINCRBY', used, 't' .. hour, int(tokens - reserved_tokens))
        call('HINCRBY', used, 'c' .. day, int(cost - reserved_cost))
      end
    end
  end
end

-- A request that has ended counts against no limit any more. What it has reserved becomes what it has used, where that is known, and else
-- counts as used.
local function settle(request, tokens, cost)
  local charged, reserved = unpack(call('HMGET', STATUS .. request, 'charged', 'reserved'))
  if charged then
    for bucket in string.gmatch(charged, '%S+') do call('SREM', UNFINISHED .. bucket, request) end
    call('HDEL', STATUS .. request, 'charged')
  end
  if reserved then
    settle_reserved(reserved, tokens, cost)
    call('HDEL', STATUS .. request, 'reserved')
  end
end

-- Lets the status of a finished request expire, and with it the idempotency key that it was accepted under.
local function expire(game, request, key)
  local ttl = STATUS_TTL
  if key then
    if tonumber(KEY_TTL) > tonumber(ttl) then ttl = KEY_TTL end
    call('PEXPIRE', KEY .. game .. ':' .. key, ttl)
    -- An engine of an earlier release kept the key without its game.
    call('PEXPIRE', KEY .. key, ttl)
  end
  call('PEXPIRE', STATUS .. request, ttl)
end
