-- When the first entry of an order is due, if there is one.
local function first_due(order) return tonumber(call('ZRANGE', order, '0', '0', 'WITHSCORES')[2]) end

-- Recovers leases and back-offs that have expired, if `repair`. Returns when the next one expires, if there is one.
local function recover_expired(repair)
  -- How many games one call recovers: a script blocks the server, so its loops are bounded.
  local BATCH = 64
  local max_attempts = tonumber(MAX_ATTEMPTS)

  -- An expired lease: its worker is dead or stalled. The request stays at the head of its game.
  local active = first_due(ACTIVE)
  if repair and active and active <= NOW then
    for _, game in ipairs(call('ZRANGEBYSCORE', ACTIVE, '-inf', NOW_TEXT, 'LIMIT', 0, BATCH)) do
      free(game)
      local request, rank = head(game)
      if request then
        supersede(game, request)
        record_attempt(request, 'lost')
        if tonumber(call('HGET', STATUS .. request, 'attempt')) >= max_attempts then
          dead_letter(game, request, EXHAUSTED)
        else
          call('HSET', STATUS .. request, 'status', 'queued')
          call('ZADD', QUEUED, rank, request)
        end
        make_ready(game)
      end
    end
    active = first_due(ACTIVE)
  end

  -- An expired back-off.
  local delayed = first_due(DELAYED)
  if repair and delayed and delayed <= NOW then
    for _, game in ipairs(call('ZRANGEBYSCORE', DELAYED, '-inf', NOW_TEXT, 'LIMIT', 0, BATCH)) do
      call('ZREM', DELAYED, game)
      make_ready(game)
    end
    delayed = first_due(DELAYED)
  end
  return delayed and active and math.min(delayed, active) or delayed or active
end
