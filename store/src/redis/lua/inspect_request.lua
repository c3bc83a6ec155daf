-- Checks a request's record against the lane that it should be in, and repairs what breaks the rules of the store.
-- Arguments: request, '1' to repair. Returns {request, what is wrong, remedy, '1'} of each finding.
local request, repair = ARGV[5], ARGV[6] == '1'
local found = {}
local function report(what, remedy, fix)
  found[#found + 1] = { request, what, remedy, '1' }
  if repair then fix() end
end

local function waits() return call('ZSCORE', QUEUED, request) or call('ZSCORE', STORY_EVENTS, request) end

local status, game, rank = unpack(call('HMGET', STATUS .. request, 'status', 'game_id', 'place'))
if not status then
  if waits() then
    report('it is in the global order, and has no record', 'take it out', function() wait_no_more(request) end)
  end
  local entry = call('HGET', DEAD_INDEX, request)
  if entry then
    report('it has a dead letter, and no record', 'delete the dead letter', function()
      call('XDEL', DEAD, entry)
      call('HDEL', DEAD_INDEX, request)
    end)
  end
  return found
end
local unfinished, permanent = status == 'queued' or status == 'processing', call('PTTL', STATUS .. request) < 0
if unfinished and call('EXISTS', GAME .. game) == 0 then
  report('its game is gone', 'cancel it', function()
    finish(game, request, 'cancelled')
    expire(game, request, key_of(request))
  end)
elseif unfinished and not call('ZSCORE', LANE .. game, request) then
  report('it is ' .. status .. ', and in no lane', 'put it into its game\'s lane', function()
    call('HSET', STATUS .. request, 'status', 'queued')
    call('ZADD', LANE .. game, rank, request)
    call('PERSIST', LOG .. game)
    let_wait(request, rank)
    if not call('ZSCORE', ACTIVE, game) and not call('ZSCORE', DELAYED, game) then make_ready(game) end
  end)
end
if unfinished and not permanent then
  report('it is ' .. status .. ', and its record will expire', 'keep it',
    function() call('PERSIST', STATUS .. request) end)
elseif not unfinished and waits() then
  report('it is ' .. status .. ', and still in the global order', 'take it out', function() wait_no_more(request) end)
end
if not unfinished and call('HEXISTS', STATUS .. request, 'charged') == 1 then
  report('it is ' .. status .. ', and still counts against a limit', 'count it no more', function() settle(request) end)
end
local entry = call('HGET', DEAD_INDEX, request)
if status == 'failed' and permanent and not entry then
  report('it has failed, and has no dead letter', 'let its record expire', function() expire(game, request, key_of(request)) end)
elseif (status == 'completed' or status == 'cancelled') and permanent then
  report('it is ' .. status .. ', and its record will never expire', 'let it', function() expire(game, request, key_of(request)) end)
end
return found
