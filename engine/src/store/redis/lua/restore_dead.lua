-- Makes requests dead letters again whose records `restore_game.lua` has brought back. Arguments: entry, request, version of the game then, for
-- each, the first to fail first. Returns how many there were to make. One that is queued, or is a dead letter already, is left out, so a repeat changes nothing.
local made = 0
for i = 5, #ARGV, 3 do
  local entry, request, version = unpack(ARGV, i, i + 2)
  if call('HGET', STATUS .. request, 'status') == 'failed' and call('PTTL', STATUS .. request) == -1
    and call('HEXISTS', DEAD_INDEX, request) == 0 then
    -- A record stays as it was when its request failed, so the dead letter is made of it as it was then.
    local letter = { 'request_id', request, 'version', version }
    for _, field in ipairs(call('HGETALL', STATUS .. request)) do letter[#letter + 1] = field end
    call('XADD', DEAD, entry, unpack(letter))
    call('HSET', DEAD_INDEX, request, entry)
    made = made + 1
  end
end
return made
