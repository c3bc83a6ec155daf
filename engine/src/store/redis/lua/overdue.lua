-- When the first of an order is due, if there is one.
local function first_due(order) return tonumber(call('ZRANGE', order, '0', '0', 'WITHSCORES')[2]) end

-- Looks after leases and back-offs that are over, if it is to `mend` them. Returns when the next of them is, if there is one.
-- ARGV: as in lease.lua.
local function look_after(mend)
  local attempts, exhausted = tonumber(ARGV[6]), ARGV[8]
  -- How many due or expired games one call looks after: scripts block the server, so their loops are bounded.
  local BATCH = 64

  -- A lease that has run out: its worker is dead or stalled. The request goes back to the head of its game.
  local active = first_due(ACTIVE)
  if mend and active and active <= NOW then
    for _, game in ipairs(call('ZRANGEBYSCORE', ACTIVE, '-inf', NOW_TEXT, 'LIMIT', 0, BATCH)) do
      free(game)
      local request, place = head(game)
      if request then
        supersede(game, request)
        record(request, 'lost')
        if tonumber(call('HGET', STATUS .. request, 'attempt')) >= attempts then
          bury(game, request, exhausted)
        else
          call('HSET', STATUS .. request, 'status', 'queued')
          call('ZADD', QUEUED, place, request)
        end
        make_ready(game)
      end
    end
    active = first_due(ACTIVE)
  end

  -- A back-off that has passed.
  local delayed = first_due(DELAYED)
  if mend and delayed and delayed <= NOW then
    for _, game in ipairs(call('ZRANGEBYSCORE', DELAYED, '-inf', NOW_TEXT, 'LIMIT', 0, BATCH)) do
      call('ZREM', DELAYED, game)
      make_ready(game)
    end
    delayed = first_due(DELAYED)
  end
  return delayed and active and math.min(delayed, active) or delayed or active
end
