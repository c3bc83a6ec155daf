-- Compares a request's record with the lane that it ought to be in, and mends what contradicts the rules.
-- ARGV: 5 request, 6 '1' to mend. Returns {request, what is wrong, remedy} of each contradiction.
local request, mend = ARGV[5], ARGV[6] == '1'
local found = {}
local function wrong(what, remedy, mending)
  found[#found + 1] = { request, what, remedy }
  if mend then mending() end
end

local status, game, place = unpack(call('HMGET', STATUS .. request, 'status', 'game_id', 'place'))
if not status then
  if call('ZSCORE', QUEUED, request) then
    wrong('it is in the global order, and has no record', 'take it out',
      function() call('ZREM', QUEUED, request) end)
  end
  local letter = call('HGET', DEAD_INDEX, request)
  if letter then
    wrong('it has a dead letter, and no record', 'delete the letter', function()
      call('XDEL', DEAD, letter)
      call('HDEL', DEAD_INDEX, request)
    end)
  end
  return found
end
local unfinished, lasting = status == 'queued' or status == 'processing', call('PTTL', STATUS .. request) < 0
if unfinished and call('EXISTS', GAME .. game) == 0 then
  wrong('its game is gone', 'cancel it', function()
    finish(game, request, 'cancelled')
    expire(request, key_of(request))
  end)
elseif unfinished and not call('ZSCORE', LANE .. game, request) then
  wrong('it is ' .. status .. ', and in no lane', 'put it into its game\'s lane', function()
    call('HSET', STATUS .. request, 'status', 'queued')
    call('ZADD', LANE .. game, place, request)
    call('ZADD', QUEUED, place, request)
    if not call('ZSCORE', ACTIVE, game) and not call('ZSCORE', DELAYED, game) then make_ready(game) end
  end)
end
if unfinished and not lasting then
  wrong('it is ' .. status .. ', and its record will expire', 'keep it',
    function() call('PERSIST', STATUS .. request) end)
elseif not unfinished and call('ZSCORE', QUEUED, request) then
  wrong('it is ' .. status .. ', and still in the global order', 'take it out',
    function() call('ZREM', QUEUED, request) end)
end
local letter = call('HGET', DEAD_INDEX, request)
if status == 'failed' and lasting and not letter then
  wrong('it is given up, and has no dead letter', 'let its record expire', function() expire(request, key_of(request)) end)
elseif (status == 'completed' or status == 'cancelled') and lasting then
  wrong('it is ' .. status .. ', and its record will never expire', 'let it', function() expire(request, key_of(request)) end)
end
return found
