-- Makes a request a dead letter again whose record a backup has brought back. Returns whether it was to be made: one that is queued, or is a dead
-- letter already, is left out.
local function dead_again(entry, request, version)
  if call('HGET', STATUS .. request, 'status') ~= 'failed' or call('PTTL', STATUS .. request) ~= -1
    or call('HEXISTS', DEAD_INDEX, request) == 1 then
    return false
  end
  -- A record stays as it was when its request failed, so the dead letter is made of it as it was then.
  local letter = { 'request_id', request, 'version', version }
  for _, field in ipairs(call('HGETALL', STATUS .. request)) do letter[#letter + 1] = field end
  local made = redis.pcall('XADD', DEAD, entry, unpack(letter))
  -- A stream takes entries in their order only: where later ones are, it comes behind them.
  if type(made) == 'table' then made = call('XADD', DEAD, '*', unpack(letter)) end
  call('HSET', DEAD_INDEX, request, made)
  return true
end
