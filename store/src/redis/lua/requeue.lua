-- Puts a request back at the head of its game: after a failed attempt, released by a worker that shuts down, or postponed because there is nothing to
-- pay it from at present.
-- Arguments: game, request, token, delay (ms), the problem in full (JSON), or '' for a release without a delay and for a postponement with one, which do not
-- count the attempt, and the problem as players may read it.
-- Returns 'ok' or 'lost'. A repeat by the same lease returns 'ok'.
local game, request, token, delay, problem, shown = unpack(ARGV, 5)
local step = problem ~= '' and 'retry' or delay == '0' and 'release' or 'postpone'
if not holds(game, token) then
  return was_ended(request, step, token) and 'ok' or 'lost'
end

supersede(game, request)
-- A postponement is not recorded: there may be one every few seconds.
if step ~= 'postpone' then
  record_attempt(request, step == 'retry' and 'retried' or 'handed_back', step == 'retry' and problem or nil)
end
call('HSET', STATUS .. request, 'status', 'queued')
record_end(request, step, token)
let_wait(request, call('ZSCORE', LANE .. game, request))
free(game)
if step ~= 'retry' then call('HINCRBY', STATUS .. request, 'attempt', -1) end
if step == 'release' then
  make_ready(game)
else
  local due = int(NOW + tonumber(delay))
  call('HSET', STATUS .. request, 'not_before', due)
  call('ZADD', DELAYED, due, game)
  if step == 'retry' then
    take_start(request)
    call('HSET', STATUS .. request, 'error', shown)
    local attempt = call('HGET', STATUS .. request, 'attempt')
    append_event(game, 'request.retrying', request_retrying_event(request, game, attempt, due, shown), request)
  end
  -- Idle workers wait for the earliest back-off that they know of.
  wake()
end
return 'ok'
