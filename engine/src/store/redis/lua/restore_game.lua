-- Brings a game back that `backup_game.lua` has read, with its lane, and the records of its dead letters, which `restore_dead.lua` makes
-- dead letters again. What ran is released: it is queued, at its place, and the attempt does not count.
-- Arguments: game; time of change (ms), or '' if the game itself is gone and only dead letters are left of it; its pause or ''; the version of content that it holds or ''; number of values n, {key,
-- how long it is kept (ms, 0 for ever), value} n times; number of requests m, {request, value} m times; number of dead letters d,
-- {entry, request, version, value} d times.
-- Returns 'done', 'known' if the game is here already, or why the server refuses a value. A repeat changes nothing.
local at = 4
local function take()
  at = at + 1
  return ARGV[at]
end
local game, score, pause, content = take(), take(), take(), take()
if score ~= '' and call('EXISTS', GAME .. game) == 1 then return 'known' end
if content ~= '' and call('HEXISTS', CONTENT .. content, 'text') == 0 then return 'the version ' .. content .. ' of its content is missing' end

local last_key, last_ttl, last_value
for _ = 1, tonumber(take()) do
  if last_key then
    local refused = put(P .. last_key .. game, last_ttl, last_value)
    if refused then return refused end
  end
  last_key, last_ttl, last_value = take(), take(), take()
end
for _ = 1, tonumber(take()) do
  local request = take()
  local refused = put(STATUS .. request, '0', take())
  if refused then return refused end
  put_key(request, '0')
end
for _ = 1, tonumber(take()) do
  local _, request, _, value = take(), take(), take(), take()
  if call('EXISTS', STATUS .. request) == 0 then
    local refused = put(STATUS .. request, '0', value)
    if refused then return refused end
    put_key(request, '0')
  end
end
if score == '' then return 'done' end
-- The game itself: from here on nothing is refused.
local refused = put(P .. last_key .. game, last_ttl, last_value)
if refused then return refused end
hold_content(nil, call('HGET', GAME .. game, 'document'), '')

local tenant, user, provider = unpack(call('HMGET', GAME .. game, 'tenant', 'user', 'provider'))
call('ZADD', GAMES, score, game)
if tenant then call('ZADD', GAMES_OF .. tenant, score, game) end
if tenant and user then call('ZADD', GAMES_OF .. tenant .. ':' .. user, score, game) end
if provider then call('HSETNX', PROVIDERS, provider, 'closed') end
-- What it waited for, or had a slot of, was there.
call('HDEL', GAME .. game, 'waits_for', 'held', 'serves', 'paused')
if pause ~= '' then
  call('HSET', GAME .. game, 'paused', '1')
  call('HSET', PAUSED_GAMES, game, pause)
end

local lane, due = call('ZRANGE', LANE .. game, '0', '-1', 'WITHSCORES'), nil
for n = 1, #lane, 2 do
  local request, rank = lane[n], lane[n + 1]
  local status, charged, not_before, attempt = unpack(call('HMGET', STATUS .. request, 'status', 'charged', 'not_before', 'attempt'))
  -- What it has reserved of budgets was counted there.
  call('HDEL', STATUS .. request, 'start', 'reserved')
  for bucket in string.gmatch(charged or '', '%S+') do call('SADD', UNFINISHED .. bucket, request) end
  if status == 'processing' then
    supersede(game, request)
    record_attempt(request, 'handed_back')
    call('HSET', STATUS .. request, 'status', 'queued', 'attempt', int(math.max(tonumber(attempt) - 1, 0)))
  end
  let_wait(request, rank)
  if n == 1 then due = tonumber(not_before or '0') end
end
if due and due > NOW then
  call('ZADD', DELAYED, int(due), game)
elseif due then
  make_ready(game)
elseif call('PTTL', LOG .. game) == -1 then
  let_log_go(game)
end
return 'done'
