-- Ends an attempt that met a fault of a provider: the provider opens, and the request waits for it at the head of its lane.
-- Arguments: game, request, token, then those of faults: provider, reason, detail, retry after, probe delay and longest probe
-- delay (ms).
-- Returns 'ok' or 'lost'. A repeat by the same lease returns 'ok'.
local game, request, token, provider, reason, detail, retry_after, delay, longest = unpack(ARGV, 5)
if not holds(game, token) then
  return was_ended(request, 'pause', token) and 'ok' or 'lost'
end

supersede(game, request)
call('HSET', STATUS .. request, 'status', 'queued')
record_end(request, 'pause', token)
call('HINCRBY', STATUS .. request, 'attempt', -1)
-- A provider that is at fault has used nothing, unless it has narrated before.
local reserved, narration = unpack(call('HMGET', STATUS .. request, 'reserved', 'narration'))
if reserved and not narration then
  settle_reserved(reserved, 0, 0)
  call('HDEL', STATUS .. request, 'reserved')
end
local probe_at = record_fault(provider, reason, detail, tonumber(retry_after), tonumber(delay), tonumber(longest), token)
free(game)
local rank = call('ZSCORE', LANE .. game, request)
let_wait(request, rank)
local under = provider_of(game)
if under ~= PAUSED and under ~= provider then
  call('HSET', GAME .. game, 'waits_for', provider)
  under = provider
end
enter(under, game, request, rank)
append_event(game, 'request.waiting', request_waiting_event(request, game, reason, probe_at), request)
-- Idle workers wait for the earliest probe that they know of.
wake()
return 'ok'
