-- Ends a request with its effects: game, history, status, events, story events, lease, next request. All or nothing.
-- ARGV, from `at` on: 1 game, 2 request, 3 token, 4 base version, 5 document, 6 result (JSON), 7 data of game.state_updated,
--       8 data of request.completed, 9 story events' placement ('tail' or 'next'), 10 number of history messages n, then n
--       messages; then for each story event: request, data of request.queued, number of status fields and values m, then
--       m of them.
-- Returns 'done', 'lost' or 'version', and with 'done', the first time, whether the game can be claimed again, of which
-- nobody is told. A repeat by the same lease answers 'done'.
local function commit(at)
  local game, request, token = ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  if not holds(game, token) then
    return was_ended(request, 'commit', token) and 'done' or 'lost'
  end
  local version, offset = unpack(call('HMGET', GAME(game), 'version', 'offset'))
  if version ~= ARGV[at + 4] then return 'version' end

  local turns = tonumber(ARGV[at + 10])
  if turns > 0 then call('RPUSH', HISTORY(game), unpack(ARGV, at + 11, at + 10 + turns)) end
  local children, next = {}, at + 11 + turns
  while next <= #ARGV do
    local fields = tonumber(ARGV[next + 2])
    children[#children + 1] = { ARGV[next], ARGV[next + 1], { unpack(ARGV, next + 3, next + 2 + fields) } }
    next = next + 3 + fields
  end
  -- Placed next, story events take the finished request's place, in the lane and in the global order.
  local seq, place
  if #children > 0 and ARGV[at + 9] == 'next' then
    seq, place = call('HGET', STATUS(request), 'seq'), call('ZSCORE', LANE(game), request)
  end

  call('ZREM', LANE(game), request)
  call('HSET', STATUS(request), 'status', 'completed', 'completed_at', NOW_TEXT, 'result', ARGV[at + 6],
    'ended_by', 'commit ' .. token)
  call('HDEL', STATUS(request), 'narration', 'delta', 'error')
  expire(request, key_of(request))
  local now, last = append(game, tonumber(offset),
    { { 'game.state_updated', ARGV[at + 7], request }, { 'request.completed', ARGV[at + 8], request } })
  call('HSET', GAME(game), 'document', ARGV[at + 5], 'version', int(tonumber(version) + 1), 'updated_at', NOW_TEXT,
    'epoch', now, 'offset', last)
  call('ZADD', GAMES, NOW_TEXT, game)

  for n, child in ipairs(children) do
    if place then
      admit(game, child[1], seq, int(tonumber(place) - #children + n), n - 1, child[3], child[2])
    else
      local tail = int(call('INCR', SEQUENCE))
      admit(game, child[1], tail, tail, call('ZCARD', LANE(game)), child[3], child[2])
    end
  end

  free(game)
  return 'done', order(game)
end
