-- Checks everything that is stored of a game against the rules of the store, and repairs what breaks them.
-- Arguments: game, '1' to repair, then each list of an owner's games in which it was found. Returns how many unfinished requests the game
-- has, then {request or '', what is wrong, remedy, '1' if it can be repaired} of each finding.
local game, repair = ARGV[5], ARGV[6] == '1'
local lane = call('ZRANGE', LANE .. game, 0, -1)
local found = { #lane }
local function report(request, what, remedy, fix)
  found[#found + 1] = { request, what, remedy, fix and '1' or '' }
  if repair and fix then fix() end
end

-- As in `inspect.rs`.
local LOST = 'restore the game from a backup, or delete it'
local exists = call('EXISTS', GAME .. game) == 1
for _, request in ipairs(lane) do
  local status = call('HGET', STATUS .. request, 'status')
  local function leave()
    call('ZREM', LANE .. game, request)
    wait_no_more(request)
    let_log_go(game)
  end
  if not status then
    report(request, 'it is in a lane, and has no record', 'take it off the lane', leave)
  elseif not exists then
    report(request, 'its game is gone', 'cancel it', function()
      finish(game, request, 'cancelled')
      expire(game, request, key_of(request))
    end)
  elseif status ~= 'queued' and status ~= 'processing' then
    report(request, 'it is ' .. status .. ', and still in a lane', 'take it off the lane', leave)
  end
end

local first, rank = head(game)
local order_key = first and rank
-- In fair order. A head has none if the queue was in order of arrival when the game became ready.
if FAIR and first then order_key = call('HGET', STATUS .. first, 'start') end
local provider = provider_of(game)
local ready, delayed = call('ZSCORE', READY .. provider, game), call('ZSCORE', DELAYED, game)
-- One that an engine of an earlier release has made ready waits for its adoption by the next claim.
ready = ready or call('ZSCORE', P .. 'requests:ready', game)
local active, token = call('ZSCORE', ACTIVE, game), lease_of(game)
local held, tenant, user = unpack(call('HMGET', GAME .. game, 'held', 'tenant', 'user'))
local function restore()
  free(game)
  leave_ready(game)
  leave(PAUSED, game)
  if tenant then leave(HELD .. tenant, game) end
  call('ZREM', P .. 'requests:ready', game)
  call('ZREM', DELAYED, game)
  make_ready(game)
end
-- Where it is among the games of its tenant that are ready under a name, and where it should be.
local function priority_at(name) return tonumber(call('ZSCORE', priorities_of(tenant or '', name), game) or -1) end
local function arrival_of_head()
  local arrival, arrived_as = unpack(call('HMGET', GAME .. game, 'arrival', 'arrived_as'))
  return tonumber(arrived_as or -1) == math.ceil(rank) and tonumber(arrival)
end
local orders = (ready and 1 or 0) + (delayed and 1 or 0) + (active and 1 or 0)
if not first then
  if orders > 0 or token then report('', 'it waits or is leased without a request', 'end that', restore) end
elseif orders ~= 1 then
  report('', 'it has requests, and is in ' .. orders .. ' of the orders ready, delayed and active', 'make it ready', restore)
elseif ready and tonumber(ready) ~= tonumber(order_key or -1) then
  report('', 'it is ready by ' .. ready .. ', and the place of its head is ' .. (order_key or 'not given'), 'set its place', restore)
elseif FAIR and ready and priority_at(provider) ~= arrival_of_head() then
  report('', 'it is ready, and not at its place among the games of its tenant', 'set its place', restore)
elseif token and not active then
  report('', 'it is leased, and not active', 'end the lease', restore)
elseif active and not token and tonumber(active) > NOW then
  report('', 'it is active, and not leased', 'let the next claim recover it',
    function() call('ZADD', ACTIVE, NOW, game) end)
elseif active and token and string.sub(token, -#first) ~= first then
  report('', 'it is leased for a request that is not its head', 'let the next claim recover it', function()
    call('DEL', LOCK .. game)
    call('ZADD', ACTIVE, NOW, game)
  end)
end

active = call('ZSCORE', ACTIVE, game)
-- One that an engine of an earlier release has stored is adopted by the first step that writes.
local is_adopted = call('HEXISTS', GAME .. game, 'provider') == 1
if ready and is_adopted and provider ~= PAUSED and not held and call('HEXISTS', PROVIDERS, provider_of(game)) == 0 then
  report('', 'it is ready for the provider `' .. provider_of(game) .. '`, which no claim looks at', 'add the provider',
    function() call('HSET', PROVIDERS, provider_of(game), 'closed') end)
end
local is_paused, is_listed = call('HEXISTS', GAME .. game, 'paused'), call('HEXISTS', PAUSED_GAMES, game)
if is_paused ~= is_listed then
  report('', 'its record and the list of pauses differ in whether it is paused', 'resume it', function()
    call('HDEL', PAUSED_GAMES, game)
    call('HDEL', GAME .. game, 'paused')
    if not call('ZSCORE', ACTIVE, game) and not call('ZSCORE', DELAYED, game) then
      leave(PAUSED, game)
      make_ready(game)
    end
  end)
elseif is_paused == 0 and call('ZSCORE', READY .. PAUSED, game) then
  report('', 'it is among the paused games, and not paused', 'take it out of that order',
    function() leave(PAUSED, game) end)
end
held = call('HGET', GAME .. game, 'held')
local is_expected = tenant and (call('HEXISTS', PAUSES, 'tenant:' .. tenant) == 1 or call('HEXISTS', PAUSES, LETS_GO .. tenant) == 1)
if held and not is_expected then
  report('', 'it is held for a tenant that is not paused', 'let it go on', restore)
elseif tenant and not held and call('ZSCORE', READY .. HELD .. tenant, game) then
  report('', 'it is among the games that are held for its tenant, and not held', 'take it out of that order',
    function() leave(HELD .. tenant, game) end)
end
local serves = call('HGET', GAME .. game, 'serves')
for _, name in ipairs(call('HKEYS', PROVIDERS)) do
  if name ~= provider_of(game) and call('ZSCORE', READY .. name, game) then
    report('', 'it is ready for the provider `' .. name .. '`, for which its lane does not wait', 'take it out of that order',
      function() leave(name, game) end)
  end
  if FAIR and priority_at(name) ~= -1 and not call('ZSCORE', READY .. name, game) then
    report('', 'it is among the games of its tenant for the provider `' .. name .. '`, and is not ready there', 'take it out of that order',
      function() leave_priorities(tenant or '', name, game) end)
  end
  if call('SISMEMBER', SLOTS .. name, game) == 1 and not (active and serves == name) then
    report('', 'it holds a slot of the provider `' .. name .. '` without a lease', 'free the slot',
      function() call('SREM', SLOTS .. name, game) end)
  end
end
for position, request in ipairs(call('ZRANGE', LANE .. game, 0, -1)) do
  local status, kept, kind = unpack(call('HMGET', STATUS .. request, 'status', 'place', 'type'))
  local should = position == 1 and active and 'processing' or 'queued'
  if exists and (status == 'queued' or status == 'processing') then
    if status ~= should then
      report(request, 'it is ' .. status .. ', and should be ' .. should, 'set its status',
        function() call('HSET', STATUS .. request, 'status', should) end)
    end
    local order = call('ZSCORE', QUEUED, request)
    if should == 'queued' and tonumber(order or -1) ~= tonumber(kept) then
      report(request, 'it is queued, and not at its rank in the global order', 'set its rank',
        function() call('ZADD', QUEUED, kept, request) end)
    elseif should == 'processing' and order then
      report(request, 'it is in processing, and still in the global order', 'take it out',
        function() call('ZREM', QUEUED, request) end)
    end
    local counts, is_counted = should == 'queued' and kind == 'story_event', call('ZSCORE', STORY_EVENTS, request)
    if counts and not is_counted then
      report(request, 'it is a story event that waits, and is not counted as one', 'count it',
        function() call('ZADD', STORY_EVENTS, kept, request) end)
    elseif is_counted and not counts then
      report(request, 'it is counted as a story event that waits, and is none', 'count it no more',
        function() call('ZREM', STORY_EVENTS, request) end)
    end
  end
end

if exists then
  local version, recorded, turns, offset, tail =
    unpack(call('HMGET', GAME .. game, 'version', 'recorded', 'turns', 'offset', 'tail'))
  if turns and not tonumber(turns) then report('', 'the number of its last turn cannot be read: ' .. turns, LOST) end
  -- An engine of an earlier release commits turns without records, and then those that are there say nothing.
  local before = recorded == version and string.match(call('LINDEX', TURNS .. game, '-1') or '', '^(%d+)\n')
  local messages = call('LLEN', HISTORY .. game)
  if before and messages < tonumber(before) then
    report('', 'its history has ' .. messages .. ' messages, and had ' .. before .. ' before its last turn', LOST)
  end
  local last, gap
  for _, entry in ipairs(call('XRANGE', LOG .. game, '-', '+')) do
    local _, from, to = span(entry)
    if last and from ~= last + 1 then gap = entry[1] end
    last = to
  end
  if tail then
    local _, to, count = read_tail(tail)
    local lengths, bytes = 0, 0
    for length in string.gmatch(call('GET', PIECES .. game) or '', '%d+') do lengths, bytes = lengths + 1, bytes + length end
    if not to or to ~= offset or last and to - count ~= last or lengths ~= tonumber(count) or bytes ~= call('STRLEN', TEXT .. game) then
      report('', 'the latest chunks of its log are not as its record says', 'begin the log behind them, so that readers are reset',
        function()
          call('DEL', LOG .. game, TEXT .. game, PIECES .. game)
          call('HDEL', GAME .. game, 'tail')
        end)
      last = nil
    else
      last = tonumber(to)
    end
  end
  if gap then
    report('', 'its event log has a gap before ' .. gap, 'begin the log there, so that readers are reset',
      function() call('XTRIM', LOG .. game, 'MINID', gap) end)
  end
  local rests, goes_in = call('EXISTS', LANE .. game) == 0, call('PTTL', LOG .. game)
  if goes_in >= 0 and not rests then
    report('', 'its event log is to go, and it has unfinished requests', 'keep the log', function() call('PERSIST', LOG .. game) end)
  elseif goes_in == -1 and rests and EVENTS_TTL ~= '0' then
    report('', 'it rests, and its event log stays for ever', 'let the log go after its time', function() let_log_go(game) end)
  end
  if last and last > tonumber(offset or '0') then
    report('', 'its event log ends at ' .. int(last) .. ', and its record says ' .. tostring(offset), 'set the record',
      function() call('HSET', GAME .. game, 'offset', int(last)) end)
  elseif last and last < tonumber(offset or '0') then
    report('', 'its event log ends at ' .. int(last) .. ', and its record says ' .. offset,
      'begin a new log, so that readers are reset', function() call('DEL', LOG .. game) end)
  end
end

-- What the game itself says of its owner counts. A turn moves the game to the front of every list that it is in, at once.
local at, own = call('ZSCORE', GAMES, game), {}
if exists and tenant then own[tenant] = true end
if exists and tenant and user then own[tenant .. ':' .. user] = true end
if at and not exists then
  report('', 'it is gone, and in the list of all games', 'take it out of that list', function() call('ZREM', GAMES, game) end)
elseif exists and not at then
  at = call('HGET', GAME .. game, 'updated_at') or NOW_TEXT
  report('', 'it is not in the list of all games', 'put it there', function() call('ZADD', GAMES, at, game) end)
end
for list in pairs(own) do
  if call('ZSCORE', GAMES_OF .. list, game) ~= at then
    report('', 'it is not in the list of games of `' .. list .. '`, or not at its place', 'put it there',
      function() call('ZADD', GAMES_OF .. list, at, game) end)
  end
end
for n = 7, #ARGV do
  local list = ARGV[n]
  if not own[list] and call('ZSCORE', GAMES_OF .. list, game) then
    report('', 'it is in the list of games of `' .. list .. '`, whose it is not', 'take it out of that list',
      function() call('ZREM', GAMES_OF .. list, game) end)
  end
end
return found
