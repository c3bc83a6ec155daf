-- Changes the state of a provider.

-- Records a fault. `token` is that of the attempt that met it, or ''. `retry_after`, `delay` and `longest` are in ms.
local function record_fault(name, reason, detail, retry_after, delay, longest, token)
  local record = PROVIDER .. name
  local circuit = circuit_of(name)
  local opened_at, probe_at, failed, probe = unpack(call('HMGET', record, 'opened_at', 'probe_at', 'failed', 'probe'))
  local asked = NOW + retry_after
  if circuit == 'closed' then
    opened_at, failed, probe_at = NOW_TEXT, 0, math.max(asked, NOW + math.min(delay, longest))
  elseif circuit == 'half_open' and (token == probe or not is_probed(name)) then
    failed = failed + 1
    -- Above 2^30 the product is beyond any limit.
    probe_at = math.max(asked, NOW + math.min(delay * 2 ^ math.min(failed, 30), longest))
  else
    -- A late fault of a call that began earlier: only what the provider itself asks for moves its probe.
    probe_at = math.max(tonumber(probe_at), asked)
  end
  call('HSET', record, 'reason', reason, 'detail', detail, 'opened_at', opened_at, 'probe_at', int(probe_at), 'failed', int(failed))
  if circuit ~= 'half_open' or token == probe or not is_probed(name) then
    call('HSET', PROVIDERS, name, 'open')
    call('HDEL', record, 'probe', 'probe_game')
  end
  return int(probe_at)
end
