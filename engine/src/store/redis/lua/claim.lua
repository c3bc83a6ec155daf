-- Leases free games to a worker, first those whose head request arrived first.
-- ARGV, from `at` on: 1 worker, 2 nonce, 3 how many, 4 lease TTL (ms), 5 attempts a request has, 6 history window, 7 problem
--       (JSON) for a request whose attempts are all lost.
-- Returns {ms until a back-off or lease ends or -1, claim…}; a claim is {game, token, request, values of its status, values
-- of the game, history}, the values in the order in which they are read below.
-- The same nonce gets the same claims again, those whose leases still hold; if none does, it is a new claim. `fresh`: the
-- caller knows that there was none yet. `look`: also looks after leases and back-offs that are over.
local function claim(at, fresh, look)
  local worker, nonce, max, ttl = ARGV[at + 1], ARGV[at + 2], tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4])
  local attempts, window, exhausted = tonumber(ARGV[at + 5]), tonumber(ARGV[at + 6]), ARGV[at + 7]
  -- How many due or expired games one call looks after: scripts block the server, so their loops are bounded.
  local BATCH = 64
  local reply = { -1 }

  local function status_of(request)
    return call('HMGET', STATUS(request), 'attempt', 'started_at', 'type', 'message', 'user_message', 'actor', 'caused_by',
      'enqueued_at', 'cursor', 'error', 'narration', 'delta', 'not_before', 'first_cursor')
  end

  local function state_of(game)
    return call('HMGET', GAME(game), 'epoch', 'offset', 'version', 'document', 'created_at', 'updated_at', 'fence')
  end

  local function describe(game, token, request, status, state)
    reply[#reply + 1] = { game, token, request, status, state,
      window > 0 and call('LRANGE', HISTORY(game), -window, -1) or {} }
  end

  -- When the first of an order is due, if there is one.
  local function first_due(order) return tonumber(call('ZRANGE', order, 0, 0, 'WITHSCORES')[2]) end

  -- Completes the reply with the time at which looking again is worth it.
  local function answer(delayed, active)
    local due = delayed and active and math.min(delayed, active) or delayed or active
    if due then reply[1] = math.max(0, math.ceil(due - NOW)) end
    return reply
  end

  -- The claim that this nonce made: game and token of each, a line each.
  local MADE = P .. 'claims:' .. worker .. ':' .. nonce
  if not fresh then
    for game, token in string.gmatch(call('GET', MADE) or '', '([^\n]+)\n([^\n]+)') do
      if holds(game, token) then
        local request = head(game)
        describe(game, token, request, status_of(request), state_of(game))
      end
    end
    if #reply > 1 then return answer(first_due(DELAYED), first_due(ACTIVE)) end
  end

  -- A lease that has run out: its worker is dead or stalled. The request goes back to the head of its game.
  local active = look and first_due(ACTIVE)
  if active and active <= NOW then
    for _, game in ipairs(call('ZRANGEBYSCORE', ACTIVE, '-inf', NOW_TEXT, 'LIMIT', 0, BATCH)) do
      free(game)
      local request = head(game)
      if request then
        supersede(game, request)
        record(request, 'lost')
        local attempt, seq = unpack(call('HMGET', STATUS(request), 'attempt', 'seq'))
        if tonumber(attempt) >= attempts then
          bury(game, request, exhausted)
        else
          call('HSET', STATUS(request), 'status', 'queued')
          call('ZADD', QUEUED, seq, request)
        end
        make_ready(game)
      end
    end
    active = first_due(ACTIVE)
  end

  -- A back-off that has passed.
  local delayed = look and first_due(DELAYED)
  if delayed and delayed <= NOW then
    for _, game in ipairs(call('ZRANGEBYSCORE', DELAYED, '-inf', NOW_TEXT, 'LIMIT', 0, BATCH)) do
      call('ZREM', DELAYED, game)
      make_ready(game)
    end
    delayed = first_due(DELAYED)
  end

  local made, ends = {}, int(NOW + ttl)
  for _ = 1, max do
    local game = call('ZPOPMIN', READY)[1]
    if not game then break end
    local request = head(game)
    if request then
      local status, state = status_of(request), state_of(game)
      local attempt, fence = int(tonumber(status[1]) + 1), int(tonumber(state[7]) + 1)
      local token = fence .. ':' .. worker .. ':' .. request
      call('SET', LOCK(game), token, 'PX', ttl)
      call('ZADD', ACTIVE, ends, game)
      call('ZREM', QUEUED, request)
      call('HSET', STATUS(request), 'status', 'processing', 'attempt', attempt, 'started_at', NOW_TEXT,
        'worker', worker, 'chunks', '0')
      if status[13] then call('HDEL', STATUS(request), 'not_before') end
      status[13] = false
      local now, offset = append(game, tonumber(state[2]), { { 'request.processing', members(game, request) ..
        ',"type":"' .. status[3] .. '","status":"processing","attempt":' .. attempt .. ',"user_message":' ..
        cjson.encode(status[5]) .. '}', request } })
      call('HSET', GAME(game), 'fence', fence, 'epoch', now, 'offset', offset)
      -- What was read before it was written.
      status[1], status[2], state[1], state[2] = attempt, NOW_TEXT, now, offset
      made[#made + 1] = game .. '\n' .. token
      describe(game, token, request, status, state)
      active = active and math.min(active, NOW + ttl) or NOW + ttl
    end
  end
  if #made > 0 then call('SET', MADE, table.concat(made, '\n'), 'PX', ttl) end
  return answer(delayed, active)
end
