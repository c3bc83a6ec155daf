-- Puts a request back at the head of its game: after a failed attempt, or handed back by a worker that stops.
-- ARGV: 5 game, 6 request, 7 token, 8 delay (ms), 9 problem (JSON), or '' for a hand-back, which does not count the attempt.
-- Returns 'ok' or 'lost'. A repeat by the same lease answers 'ok'.
local game, request, token, problem = ARGV[5], ARGV[6], ARGV[7], ARGV[9]
local step = problem == '' and 'hand_back' or 'retry'
if not holds(game, token) then
  return was_ended(request, step, token) and 'ok' or 'lost'
end

-- A time in ms since 1970 as RFC 3339, for event payloads.
local function rfc3339(ms)
  local days, rest = math.floor(ms / 86400000), ms % 86400000
  -- The civil calendar counted from 0000-03-01, so that leap days end the year.
  local z = days + 719468
  local era = math.floor(z / 146097)
  local doe = z - era * 146097
  local yoe = math.floor((doe - math.floor(doe / 1460) + math.floor(doe / 36524) - math.floor(doe / 146096)) / 365)
  local doy = doe - (365 * yoe + math.floor(yoe / 4) - math.floor(yoe / 100))
  local mp = math.floor((5 * doy + 2) / 153)
  local month = mp < 10 and mp + 3 or mp - 9
  local year = yoe + era * 400 + (month <= 2 and 1 or 0)
  return string.format('%04d-%02d-%02dT%02d:%02d:%02d.%03dZ', year, month, doy - math.floor((153 * mp + 2) / 5) + 1,
    math.floor(rest / 3600000), math.floor(rest / 60000) % 60, math.floor(rest / 1000) % 60, rest % 1000)
end

supersede(game, request)
record(request, step == 'retry' and 'retried' or 'handed_back', step == 'retry' and problem or nil)
call('HSET', STATUS .. request, 'status', 'queued')
ended(request, step, token)
call('ZADD', QUEUED, call('ZSCORE', LANE .. game, request), request)
free(game)
if step == 'hand_back' then
  call('HINCRBY', STATUS .. request, 'attempt', -1)
  make_ready(game)
else
  local due = int(NOW + tonumber(ARGV[8]))
  call('HSET', STATUS .. request, 'error', problem, 'not_before', due)
  call('ZADD', DELAYED, due, game)
  tell(game, 'request.retrying', members(game, request) .. ',"attempt":' ..
    call('HGET', STATUS .. request, 'attempt') .. ',"not_before":"' .. rfc3339(tonumber(due)) .. '","error":' ..
    problem .. '}', request)
  -- Idle workers wait for the earliest back-off that they know of.
  wake()
end
return 'ok'
