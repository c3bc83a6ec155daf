-- Queues a request at a rank of its game's lane, behind `position` others: `provider` is the one that the lane waits for.
-- Tells it if that one gets no calls. Returns the id before its request.queued event.
local function accept(game, request, rank, position, fields, queued, provider)
  local before = admit(game, request, rank, position, fields, queued)
  if position == 0 then
    enter(provider, game, request, rank)
    wake()
  end
  if circuit_of(provider) ~= 'closed' and not fallback_of(provider) and not paused_tenant_of(game) then
    local reason, probe_at = unpack(call('HMGET', PROVIDER .. provider, 'reason', 'probe_at'))
    append_event(game, 'request.waiting', request_waiting_event(request, game, reason, probe_at), request)
  end
  return before
end
