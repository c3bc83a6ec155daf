-- Ends a request with its effects: game, history, status, events, story events, lease, next request. All or nothing.
-- ARGV: 5 game, 6 request, 7 token, 8 base version, 9 document, 10 result (JSON), 11 data of game.state_updated,
--       12 data of request.completed, 13 story events' placement ('tail' or 'next'), 14 number of history messages n, then
--       n messages; then for each story event: request, data of request.queued, number of status fields and values m,
--       then m of them.
-- Returns 'done', 'lost' or 'version'. A repeat by the same lease answers 'done'.
local game, request, token = ARGV[5], ARGV[6], ARGV[7]
if not holds(game, token) then
  return was_ended(request, 'commit', token) and 'done' or 'lost'
end
if redis.call('HGET', GAME(game), 'version') ~= ARGV[8] then return 'version' end

redis.call('HSET', GAME(game), 'document', ARGV[9], 'version', int(tonumber(ARGV[8]) + 1), 'updated_at', int(NOW))
redis.call('ZADD', GAMES, int(NOW), game)
local turns = tonumber(ARGV[14])
if turns > 0 then redis.call('RPUSH', HISTORY(game), unpack(ARGV, 15, 14 + turns)) end

local seq = redis.call('HGET', STATUS(request), 'seq')
local _, place = head(game)
redis.call('ZREM', LANE(game), request)
redis.call('HSET', STATUS(request), 'status', 'completed', 'completed_at', int(NOW), 'result', ARGV[10],
  'ended_by', 'commit ' .. token)
redis.call('HDEL', STATUS(request), 'narration', 'delta', 'error')
expire(request)
tell(game, { 'game.state_updated', ARGV[11], request }, { 'request.completed', ARGV[12], request })

local children, at = {}, 15 + turns
while at <= #ARGV do
  local fields = tonumber(ARGV[at + 2])
  children[#children + 1] = { ARGV[at], ARGV[at + 1], { unpack(ARGV, at + 3, at + 2 + fields) } }
  at = at + 3 + fields
end
for n, child in ipairs(children) do
  if ARGV[13] == 'next' then
    -- Placed next, they take the finished request's place, in the lane and in the global order.
    admit(game, child[1], seq, int(tonumber(place) - #children + n), n - 1, child[3], child[2])
  else
    local tail = int(redis.call('INCR', SEQUENCE))
    admit(game, child[1], tail, tail, redis.call('ZCARD', LANE(game)), child[3], child[2])
  end
end

free(game)
make_ready(game)
return 'done'
