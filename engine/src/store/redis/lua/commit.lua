-- Ends requests with their effects: game, history, status, events, story events, lease, next request. Each all or nothing.
-- ARGV: 9 where story events are placed ('tail' or 'next').
-- A turn's part of ARGV, from `first` to `last`: 0 game, 1 request, 2 token, 3 base version, 4 document, 5 result (JSON),
--       6 data of game.state_updated, 7 data of request.completed, 8 number of history messages n, then n messages; then for
--       each story event: request, data of request.queued, number of status fields and values m, then m of them.

-- What many turns write to the same keys is gathered and written at once.
local changed, freed, locks, ready = {}, {}, {}, {}

-- Ends one request. Returns 'done', 'lost' or 'version', and with 'done' whether it is the first time; a repeat by the same
-- lease answers 'done'.
local function commit(first, last)
  local game, request, token = ARGV[first], ARGV[first + 1], ARGV[first + 2]
  local state, status, lane = GAME .. game, STATUS .. request, LANE .. game
  local version, offset = unpack(call('HMGET', state, 'version', 'offset'))
  if not holds(game, token) then
    return was_ended(request, 'commit', token) and 'done' or 'lost'
  end
  if version ~= ARGV[first + 3] then return 'version' end

  local messages = tonumber(ARGV[first + 8])
  local children, next = {}, first + 9 + messages
  while next <= last do
    local fields = tonumber(ARGV[next + 2])
    children[#children + 1] = { ARGV[next], ARGV[next + 1], { unpack(ARGV, next + 3, next + 2 + fields) } }
    next = next + 3 + fields
  end
  -- Placed next, story events take the finished request's place, in the lane and in the global order.
  local seq, place
  if #children > 0 and ARGV[9] == 'next' then
    seq, place = call('HGET', status, 'seq'), call('ZSCORE', lane, request)
  end

  -- A server that is full refuses the first of these, and has kept everything as it was.
  if messages > 0 then call('RPUSH', HISTORY .. game, unpack(ARGV, first + 9, first + 8 + messages)) end
  call('HSET', status, 'status', 'completed', 'completed_at', NOW_TEXT, 'result', ARGV[first + 5],
    'ended_by', 'commit ' .. token)
  call('HDEL', status, 'narration', 'delta', 'error')
  call('ZREM', lane, request)
  expire(request, call('HGET', status, 'idempotency_key'))
  local now, at = append(game, tonumber(offset), request,
    'game.state_updated', ARGV[first + 6], 'request.completed', ARGV[first + 7])
  call('HSET', state, 'document', ARGV[first + 4], 'version', int(tonumber(version) + 1), 'updated_at', NOW_TEXT,
    'epoch', now, 'offset', at)

  for n, child in ipairs(children) do
    if place then
      admit(game, child[1], seq, int(tonumber(place) - #children + n), n - 1, child[3], child[2])
    else
      local tail = int(call('INCR', SEQUENCE))
      admit(game, child[1], tail, tail, call('ZCARD', lane), child[3], child[2])
    end
  end

  changed[#changed + 1], changed[#changed + 2] = NOW_TEXT, game
  freed[#freed + 1], locks[#locks + 1] = game, LOCK .. game
  local after = head(game)
  if after then ready[#ready + 1], ready[#ready + 2] = call('HGET', STATUS .. after, 'seq'), game end
  return 'done', true
end

-- Ends many, {first, last} of each, none of which spoils another. Adds to each whether it is the first time. Returns the
-- games that can be claimed, of which nobody is told, each behind the place of its head.
local function commit_all(turns, answers)
  for n, turn in ipairs(turns) do
    local done, answer, anew = pcall(commit, turn[1], turn[2])
    answers[n] = done and { answer } or { 'error', problem_of(answer) }
    turn[3] = done and anew
  end
  if #freed > 0 then
    call('ZADD', GAMES, unpack(changed))
    call('ZREM', ACTIVE, unpack(freed))
    call('DEL', unpack(locks))
  end
  if #ready > 0 then call('ZADD', READY, unpack(ready)) end
  return ready
end
