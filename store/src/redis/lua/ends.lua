-- The functions that end an attempt or a request in another way than by a commit, and let its game continue.

-- Makes a game claimable if it has a head request, and then wakes an idle worker.
local function make_ready(game)
  local first, rank = head(game)
  if first then
    enter(provider_of(game), game, first, rank)
    wake()
  end
end

-- Takes a game out of the ready ones; its next head waits for the game's own provider again.
local function leave_ready(game)
  leave(provider_of(game), game)
  call('HDEL', GAME .. game, 'waits_for', 'held')
end

-- Ends a game's lease, if there is one, and frees the slot of its provider.
local function free(game)
  call('ZREM', ACTIVE, game)
  call('DEL', LOCK .. game)
  local serves = call('HGET', GAME .. game, 'serves')
  if serves then
    call('SREM', SLOTS .. serves, game)
    call('HDEL', GAME .. game, 'serves')
    wake()
  end
end

-- Records which step ended an attempt, so that a repeat of this step, and of no other, returns what it returned first.
local function record_end(request, step, token) call('HSET', STATUS .. request, 'ended_by', step .. ' ' .. token) end

-- Appends an attempt that did not commit to its request's record. `problem` is JSON, or nil. `number` is given where the attempt is not
-- counted.
local function record_attempt(request, outcome, problem, number)
  local before, attempt, worker, started_at =
    unpack(call('HMGET', STATUS .. request, 'attempts', 'attempt', 'worker', 'started_at'))
  local entry = recorded_attempt(number or attempt, cjson.encode(worker or ''), started_at or NOW_TEXT, NOW_TEXT, outcome, problem)
  call('HSET', STATUS .. request, 'attempts', before and before .. ',' .. entry or entry)
end

-- If the attempt has published text that no checkpoint holds, announces that this text is void.
local function supersede(game, request)
  local chunks, narration, attempt = unpack(call('HMGET', STATUS .. request, 'chunks', 'narration', 'attempt'))
  if chunks and chunks ~= '0' and not narration then
    append_event(game, 'attempt.superseded', attempt_superseded_event(request, game, attempt), request)
  end
  call('HSET', STATUS .. request, 'chunks', '0')
end

-- The idempotency key that a request was accepted under, if there is one.
local function key_of(request) return call('HGET', STATUS .. request, 'idempotency_key') end

-- Removes a request from its lane for good.
local function finish(game, request, status)
  give_back(game, request)
  call('ZREM', LANE .. game, request)
  wait_no_more(request)
  call('HSET', STATUS .. request, 'status', status, 'completed_at', NOW_TEXT)
  call('HDEL', STATUS .. request, 'not_before')
  settle(request)
end

-- Makes a request a dead letter with its whole record. `problem` is JSON that players may read. Its status stays as
-- long as the dead letter.
local function dead_letter(game, request, problem)
  call('HSET', STATUS .. request, 'error', problem)
  call('HDEL', STATUS .. request, 'revived')
  finish(game, request, 'failed')
  -- Whose it is stays known when the game is gone: who is erased later has this as well.
  local tenant, user = unpack(call('HMGET', GAME .. game, 'tenant', 'user'))
  if tenant then call('HSET', STATUS .. request, 'tenant', tenant) end
  if user then call('HSET', STATUS .. request, 'user', user) end
  call('HINCRBY', TOTALS, 'failed:' .. (string.match(problem, '"type":"/problems/([%w-]+)"') or 'internal'), '1')
  local letter = { 'request_id', request, 'version', call('HGET', GAME .. game, 'version') or '0' }
  for _, field in ipairs(call('HGETALL', STATUS .. request)) do letter[#letter + 1] = field end
  call('HSET', DEAD_INDEX, request, call('XADD', DEAD, '*', unpack(letter)))
  local kind, attempt = unpack(call('HMGET', STATUS .. request, 'type', 'attempt'))
  append_event(game, 'request.failed', request_failed_event(request, game, kind, attempt, problem), request)
  let_log_go(game)
end

-- Cancels an unfinished request. If it is in processing, its worker is notified and its attempt can write nothing more.
local function cancel(game, request)
  local first = head(game) == request
  if first then
    if call('ZSCORE', ACTIVE, game) then
      supersede(game, request)
      record_attempt(request, 'cancelled')
      local token = lease_of(game)
      if token then call('PUBLISH', REVOKED, token) end
      free(game)
    end
    call('ZREM', DELAYED, game)
    leave_ready(game)
  end
  finish(game, request, 'cancelled')
  expire(game, request, key_of(request))
  append_event(game, 'request.cancelled', request_cancelled_event(request, game), request)
  let_log_go(game)
  if first then make_ready(game) end
end
