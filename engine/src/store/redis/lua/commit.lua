-- Ends requests with their effects: game, history, status, events, story events, lease, next request. Each all or nothing.
-- ARGV: 10 where story events are placed ('tail' or 'next').
-- A turn's part of ARGV, from `first` to `last`: 0 game, 1 request, 2 token, 3 idempotency key or '', 4 base version,
--       5 document, 6 result (JSON), 7 data of game.state_updated, 8 data of request.completed, 9 number of history messages
--       n, then n messages; then for each story event: request, data of request.queued, number of status fields and values
--       m, then m of them.

-- What many turns write to the same keys is gathered, and so are the keys and the tokens of their games' present leases.
local changed, freed, unlocked, ready, locks, held = {}, {}, {}, {}, {}, {}

-- Ends one request. Returns 'done', 'lost' or 'version', and with 'done' whether it is the first time; a repeat by the same
-- lease answers 'done'.
local function commit(first, last)
  local game, request, token = ARGV[first], ARGV[first + 1], ARGV[first + 2]
  local state, status, lane = GAME .. game, STATUS .. request, LANE .. game
  local version, offset = unpack(call('HMGET', state, 'version', 'offset'))
  if held[game] ~= token then
    return was_ended(request, 'commit', token) and 'done' or 'lost'
  end
  if version ~= ARGV[first + 4] then return 'version' end

  local messages = 0 + ARGV[first + 9]
  local children, next = {}, first + 10 + messages
  while next <= last do
    local fields = 0 + ARGV[next + 2]
    children[#children + 1] = { ARGV[next], ARGV[next + 1], { unpack(ARGV, next + 3, next + 2 + fields) } }
    next = next + 3 + fields
  end
  -- Placed next, story events take the finished request's place, in the lane and in the global order, the last of them its
  -- very place.
  local place = #children > 0 and ARGV[10] == 'next' and tonumber(call('ZSCORE', lane, request))

  -- A server that is full refuses the first of these, and has kept everything as it was.
  if messages > 0 then call('RPUSH', HISTORY .. game, unpack(ARGV, first + 10, first + 9 + messages)) end
  call('HSET', status, 'status', 'completed', 'completed_at', NOW_TEXT, 'result', ARGV[first + 6],
    'ended_by', 'commit ' .. token)
  call('HDEL', status, 'narration', 'delta', 'error')
  call('ZREM', lane, request)
  local key = ARGV[first + 3]
  expire(request, key ~= '' and key)
  local now, at = append(game, offset, request,
    'game.state_updated', ARGV[first + 7], 'request.completed', ARGV[first + 8])
  call('HSET', state, 'document', ARGV[first + 5], 'version', int(version + 1), 'updated_at', NOW_TEXT,
    'epoch', now, 'offset', at)

  for n, child in ipairs(children) do
    if place then
      admit(game, child[1], format('%.17g', place - (#children - n) / 1024), n - 1, child[3], child[2])
    else
      admit(game, child[1], int(call('INCR', SEQUENCE)), call('ZCARD', lane), child[3], child[2])
    end
  end

  changed[#changed + 1], changed[#changed + 2] = NOW_TEXT, game
  freed[#freed + 1], unlocked[#unlocked + 1], held[game] = game, locks[game], nil
  local after, place_after = first_of(lane)
  if after then ready[#ready + 1], ready[#ready + 2] = place_after, game end
  return 'done', true
end

-- Ends many, {first, last} of each, none of which spoils another. Adds to each whether it is the first time. Returns the
-- answers, what commit returns of each or 'error ' and what the server says, and the games that can be claimed, of which
-- nobody is told, each behind the place of its head.
local function commit_all(turns)
  local keys, answers = {}, {}
  for n, turn in ipairs(turns) do
    local game = ARGV[turn[1]]
    locks[game] = LOCK .. game
    keys[n] = locks[game]
  end
  keys[#turns + 1] = EPOCH
  local tokens = call('MGET', unpack(keys))
  known_epoch = tokens[#turns + 1]
  for n, turn in ipairs(turns) do held[ARGV[turn[1]]] = tokens[n] end
  for n, turn in ipairs(turns) do
    local done, answer, anew = pcall(commit, turn[1], turn[2])
    answers[n] = done and answer or 'error ' .. problem_of(answer)
    turn[3] = done and anew
  end
  if #freed > 0 then
    call('ZADD', GAMES, unpack(changed))
    call('ZREM', ACTIVE, unpack(freed))
    call('DEL', unpack(unlocked))
  end
  if #ready > 0 then call('ZADD', READY, unpack(ready)) end
  return answers, ready
end
