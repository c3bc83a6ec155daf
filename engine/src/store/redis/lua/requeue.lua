-- Puts a request back at the head of its game: after a failed attempt, or handed back by a worker that stops.
-- ARGV: 2 game, 3 request, 4 token, 5 delay (ms), 6 problem (JSON), or '' for a hand-back, which does not count the
--       attempt, 7 events kept.
-- Returns 'ok' or 'lost'. A repeat by the same lease answers 'ok'.
local game, request, token, kept = ARGV[2], ARGV[3], ARGV[4], ARGV[7]
local step = ARGV[6] == '' and 'hand_back' or 'retry'
if not holds(game, token) then
  return was_ended(request, step, token) and 'ok' or 'lost'
end
supersede(game, request, kept)
redis.call('HSET', STATUS(request), 'status', 'queued')
ended(request, step, token)
redis.call('ZADD', QUEUED, redis.call('HGET', STATUS(request), 'seq'), request)
free(game)
if step == 'hand_back' then
  redis.call('HINCRBY', STATUS(request), 'attempt', -1)
  make_ready(game)
else
  local due = int(NOW + tonumber(ARGV[5]))
  redis.call('HSET', STATUS(request), 'error', ARGV[6], 'not_before', due)
  redis.call('ZADD', DELAYED, due, game)
  append_event(game, request, 'request.retrying', '{"request_id":"' .. request .. '","game_id":"' .. game ..
    '","attempt":' .. redis.call('HGET', STATUS(request), 'attempt') .. ',"not_before":"' .. rfc3339(tonumber(due)) ..
    '","error":' .. ARGV[6] .. '}', kept)
  -- Idle workers wait for the earliest back-off that they know of.
  wake()
end
return 'ok'
