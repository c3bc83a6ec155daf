-- What ends an attempt or a request in another way than by a commit, and lets its game go on. Put behind common.lua where it is
-- needed.
local DELAYED, REVOKED = P .. 'requests:delayed', P .. 'requests:revoked'
local DEAD, DEAD_INDEX = P .. 'chat-requests-failed', P .. 'chat-requests-failed:index'

-- Makes a game claimable if it has a head request. Returns whether it has.
local function order(game)
  local first, place = head(game)
  if first then call('ZADD', READY, place, game) end
  return first
end

-- The same, and an idle worker is told.
local function make_ready(game)
  if order(game) then wake() end
end

-- Ends a lease, whoever holds it.
local function free(game)
  call('ZREM', ACTIVE, game)
  call('DEL', LOCK .. game)
end

-- Records which step ended an attempt, so that a repeat of this step, and of no other, answers as it answered first.
local function ended(request, step, token) call('HSET', STATUS .. request, 'ended_by', step .. ' ' .. token) end

-- Adds an attempt that did not commit to its request's record. `problem` is JSON, if there is one.
local function record(request, outcome, problem)
  local before, attempt, worker, began =
    unpack(call('HMGET', STATUS .. request, 'attempts', 'attempt', 'worker', 'started_at'))
  local entry = '{"attempt":' .. attempt .. ',"worker":' .. cjson.encode(worker or '') .. ',"started_at":' ..
    (began or NOW_TEXT) .. ',"ended_at":' .. NOW_TEXT .. ',"outcome":"' .. outcome .. '"' ..
    (problem and ',"error":' .. problem or '') .. '}'
  call('HSET', STATUS .. request, 'attempts', before and before .. ',' .. entry or entry)
end

-- An attempt that has shown text which no checkpoint keeps: what it has shown is void.
local function supersede(game, request)
  local chunks, narration, attempt = unpack(call('HMGET', STATUS .. request, 'chunks', 'narration', 'attempt'))
  if chunks and chunks ~= '0' and not narration then
    tell(game, 'attempt.superseded', members(game, request) .. ',"attempt":' .. attempt .. '}', request)
  end
  call('HSET', STATUS .. request, 'chunks', '0')
end

-- The idempotency key that a request was accepted under, if it was.
local function key_of(request) return call('HGET', STATUS .. request, 'idempotency_key') end

-- Takes a request off its lane for good.
local function finish(game, request, status)
  call('ZREM', LANE .. game, request)
  call('ZREM', QUEUED, request)
  call('HSET', STATUS .. request, 'status', status, 'completed_at', NOW_TEXT)
  call('HDEL', STATUS .. request, 'not_before')
end

-- Gives a request up: a dead letter with its whole record. `problem` is JSON. Its status stays as long as the letter.
local function bury(game, request, problem)
  call('HSET', STATUS .. request, 'error', problem)
  call('HDEL', STATUS .. request, 'revived')
  finish(game, request, 'failed')
  local letter = { 'request_id', request, 'version', call('HGET', GAME .. game, 'version') or '0' }
  local fields = call('HGETALL', STATUS .. request)
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
      local token = lease_of(game)
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
