-- Ends a request with its effects: game, history, status, events, story events, lease, next request. All or nothing.
-- ARGV: 2 game, 3 request, 4 token, 5 base version, 6 document, 7 result (JSON), 8 data of game.state_updated,
--       9 data of request.completed, 10 status TTL (ms), 11 events kept, 12 story events' placement ('tail' or 'next'),
--       13 number of history messages n, then n messages; then for each story event: request, data of request.queued,
--       number of status fields and values m, then m of them.
-- Returns 'done', 'lost' or 'version'. A repeat by the same lease answers 'done'.
local game, request, token, kept = ARGV[2], ARGV[3], ARGV[4], ARGV[11]
if not holds(game, token) then
  return was_ended(request, 'commit', token) and 'done' or 'lost'
end
if redis.call('HGET', GAME(game), 'version') ~= ARGV[5] then return 'version' end

redis.call('HSET', GAME(game), 'document', ARGV[6], 'version', int(tonumber(ARGV[5]) + 1), 'updated_at', int(NOW))
redis.call('ZADD', GAMES, int(NOW), game)
local turns = tonumber(ARGV[13])
if turns > 0 then redis.call('RPUSH', HISTORY(game), unpack(ARGV, 14, 13 + turns)) end

local seq = redis.call('HGET', STATUS(request), 'seq')
redis.call('HSET', STATUS(request), 'result', ARGV[7])
ended(request, 'commit', token)
redis.call('HDEL', STATUS(request), 'narration', 'delta', 'error')
finish(game, request, 'completed', ARGV[10])
append_event(game, request, 'game.state_updated', ARGV[8], kept)
append_event(game, request, 'request.completed', ARGV[9], kept)

local children, at = {}, 14 + turns
while at <= #ARGV do
  local fields = tonumber(ARGV[at + 2])
  children[#children + 1] = { ARGV[at], ARGV[at + 1], { unpack(ARGV, at + 3, at + 2 + fields) } }
  at = at + 3 + fields
end
local ahead = ARGV[12] == 'next'
for n, child in ipairs(children) do
  -- Placed next, it takes the finished request's place in the global order.
  admit(game, child[1], ahead and seq or int(redis.call('INCR', SEQUENCE)),
    ahead and n - 1 or redis.call('LLEN', LANE(game)), child[3], child[2], kept)
  if not ahead then redis.call('RPUSH', LANE(game), child[1]) end
end
for i = ahead and #children or 0, 1, -1 do redis.call('LPUSH', LANE(game), children[i][1]) end

free(game)
make_ready(game)
return 'done'
