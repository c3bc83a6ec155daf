-- When the first entry of an order is due, if there is one.
local function first_due(order) return tonumber(call('ZRANGE', order, '0', '0', 'WITHSCORES')[2]) end

-- How many games one call recovers: a script blocks the server, so its loops are bounded.
local BATCH = 64

-- Since when the head of a game waits for a provider that opened at `opened_at`. While its tenant was paused, it did not.
local function waits_since(game, request, opened_at)
  local tenant = call('HGET', GAME .. game, 'tenant')
  local resumed = tenant and call('HGET', PAUSES_ENDED, 'tenant:' .. tenant) or 0
  return math.max(opened_at, tonumber(resumed), tonumber(call('HGET', STATUS .. request, 'enqueued_at')))
end

-- Gives a request up that has waited too long for a provider. What a player has read is not taken back: of a request with a narration only
-- the delta is given up, by a checkpoint that says why, and its game is ready for a commit that needs no model. Any other request becomes
-- a dead letter.
local function give_up_request(game, request, provider)
  local reason, detail = unpack(call('HMGET', PROVIDER .. provider, 'reason', 'detail'))
  reason = reason or 'unreachable'
  leave_ready(game)
  if call('HEXISTS', STATUS .. request, 'narration') == 1 then
    -- A `Completion`, as `checkpoint_delta` would store it.
    call('HSETNX', STATUS .. request, 'delta',
      '{"text":"","usage":{"prompt_tokens":0,"completion_tokens":0},"given_up":"the storyteller was not ready for too long (' .. reason .. ')"}')
    call('HSETNX', PROVIDERS, NO_MODEL, 'closed')
    memo.circuits = nil
    call('HSET', GAME .. game, 'waits_for', NO_MODEL)
  else
    local problem = cjson.decode(GIVEN_UP)
    problem.detail = format('%s; provider `%s` (%s): %s', problem.detail, provider, reason, detail or '')
    local attempt = call('HGET', STATUS .. request, 'attempt')
    record_attempt(request, 'failed', cjson.encode(problem), int(attempt + 1))
    dead_letter(game, request, GIVEN_UP)
  end
  make_ready(game)
end

-- Gives requests up that have waited too long for a provider. Returns when the next one has, if one waits.
local function give_up(name, repair)
  local opened_at, due = call('HGET', PROVIDER .. name, 'opened_at'), nil
  if GIVE_UP_AFTER == '0' or not opened_at or is_paused(name) or fallback_of(name) then return end
  -- What was paused has not waited for the provider: it begins to when the pause ends.
  for _, ended in pairs(call('HMGET', PAUSES_ENDED, 'all', 'provider:' .. name)) do
    opened_at = math.max(opened_at, ended or 0)
  end
  if repair and opened_at + GIVE_UP_AFTER <= NOW then
    for _, game in ipairs(call('ZRANGE', READY .. name, 0, BATCH - 1)) do
      local request, tenant = head(game), paused_tenant_of(game)
      if tenant then
        hold(game, tenant, name, call('ZSCORE', READY .. name, game))
      elseif request and waits_since(game, request, opened_at) + GIVE_UP_AFTER <= NOW then
        give_up_request(game, request, name)
      end
    end
  end
  local first = first_ready(name, 1)[1]
  local request = first and head(first)
  return request and waits_since(first, request, opened_at) + GIVE_UP_AFTER
end

-- Moves games that an engine of an earlier release has made ready, which knew one order for all providers.
local function adopt_ready()
  local earlier = P .. 'requests:ready'
  for _, game in ipairs(call('ZRANGE', earlier, 0, BATCH - 1)) do
    call('ZREM', earlier, game)
    if not call('ZSCORE', ACTIVE, game) then make_ready(game) end
  end
end

-- Recovers leases and back-offs that have expired, if `repair`. Returns when the next one expires, if there is one.
local function recover_expired(repair)
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
        call('HINCRBY', TOTALS, 'leases_expired', '1')
        if tonumber(call('HGET', STATUS .. request, 'attempt')) >= max_attempts then
          dead_letter(game, request, EXHAUSTED)
        else
          call('HSET', STATUS .. request, 'status', 'queued')
          let_wait(request, rank)
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
  local due = delayed and active and math.min(delayed, active) or delayed or active

  if repair then adopt_ready() end
  local all = circuits()
  for n = 1, #all, 2 do
    local name, circuit = all[n], all[n + 1]
    if circuit ~= 'closed' then
      local given_up = give_up(name, repair)
      due = given_up and math.min(due or given_up, given_up) or due
    end
  end
  return due
end
