-- Brings a game back that `backup_game.lua` has read, with its lane, and the records of its dead letters, which `restore_dead.lua` makes
-- dead letters again. What ran is released: it is queued, at its place, and the attempt does not count.
-- Arguments: what it comes to: 'whole', a store that nobody uses yet, 'add', one that is played on, or 'replace', the same where it takes the place of
-- the game that is there; game; time of change (ms), or '' if the game itself is gone and only dead letters are left of it; its pause or ''; the version of content that it holds or ''; number of values n, {key,
-- how long it is kept (ms, 0 for ever), value} n times; number of requests m, {request, value} m times; number of dead letters d,
-- {entry, request, version, value} d times.
-- Returns 'done', 'known' if the game is here already, 'busy' if it would replace one that has unfinished requests, 'content' if the version of its content
-- is missing, or why the server refuses a value. A repeat changes nothing.
local at = 4
local function take()
  at = at + 1
  return ARGV[at]
end
local into, game, score, pause, content = take(), take(), take(), take(), take()
local exists = score ~= '' and call('EXISTS', GAME .. game) == 1
if exists and into ~= 'replace' then return 'known' end
if exists and call('EXISTS', LANE .. game) == 1 then return 'busy' end
if content ~= '' and call('HEXISTS', CONTENT .. content, 'text') == 0 then return 'content' end

if into ~= 'whole' then
  -- Others play on: nothing may be refused when something has changed, so each value is stored under another name first.
  local from, refused = at, nil
  local function try(value) refused = refused or put(P .. 'restoring:' .. game, '0', value) end
  for _ = 1, tonumber(take()) do take(); take(); try(take()) end
  for _ = 1, tonumber(take()) do take(); try(take()) end
  for _ = 1, tonumber(take()) do take(); take(); take(); try(take()) end
  at = from
  call('UNLINK', P .. 'restoring:' .. game)
  if refused then return refused end
  -- The content is held before the game that is there lets it go.
  if content ~= '' then call('HINCRBY', CONTENT .. content, 'games', '1') end
  if exists then drop_game(game) end
  -- The game goes on from an offset that it had before. In a new epoch, its next events are told from those that had these offsets.
  call('SET', EPOCH, int(tonumber(epoch()) + 1))
  memo.epoch = nil
end

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
  local entry = into ~= 'whole' and call('HGET', DEAD_INDEX, request)
  if entry then
    call('XDEL', DEAD, entry)
    call('HDEL', DEAD_INDEX, request)
  end
  local refused = put(STATUS .. request, '0', take())
  if refused then return refused end
  put_key(request, '0')
end
local letters = {}
for _ = 1, tonumber(take()) do
  local entry, request, version, value = take(), take(), take(), take()
  letters[#letters + 1] = { entry, request, version }
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
if into == 'whole' then hold_content(nil, call('HGET', GAME .. game, 'document'), '') end

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
if into ~= 'whole' then
  for _, letter in ipairs(letters) do dead_again(unpack(letter)) end
  -- An empty message makes the subscribers read the log.
  call('PUBLISH', LOG .. game, '')
end
return 'done'
