-- Stores a new game. Arguments: game, document, provider, its last turn, its name or '', tenant and user of its owner or '', the
-- charges (JSON) or '', version, offset of the latest event, when it was made (ms) or '' for now, the text of the version of content that the document
-- names or '', the tries of its last message (JSON) or '', the name under which messages and records were laid ready or '' if they are here, numbers of
-- history messages, of turn records, of remembered changes and of requests that have ended; then these: messages, records, changes, and for each request
-- its id, how long it is kept (ms), number of its fields n, and n pairs of name and value.
-- Returns {'done'} or {'limited', …}. {'content'} if that text is needed, or {'gone'} if what was laid ready is no more there: nothing is stored then. A
-- repeat changes nothing.
local FIRST = 23
local game, document, provider, turn, name, tenant, user, charged, version, offset, made, content, tries, staged, messages, turns, changes, requests =
  unpack(ARGV, 5, FIRST - 1)
local staged_history, staged_turns = STAGED .. 'history:' .. staged, STAGED .. 'turns:' .. staged
local function let_go()
  if staged ~= '' then call('UNLINK', staged_history, staged_turns) end
end
if call('EXISTS', GAME .. game) == 1 then
  let_go()
  return { 'done' }
end
if staged ~= '' and (call('LLEN', staged_history) ~= tonumber(messages) or call('LLEN', staged_turns) ~= tonumber(turns)) then
  return { 'gone' }
end
local charges = charges_of(charged)
local limited = refused_by(charges, {})
if limited then
  let_go()
  return limited
end
if not hold_content(nil, document, content) then return { 'content' } end
use_up(charges)
-- Each claim appends an event, so no lease of before has a fence above the offset.
call('HSET', GAME .. game, 'document', document, 'version', version, 'fence', offset, 'offset', offset, 'epoch', epoch(),
  'created_at', made ~= '' and made or NOW_TEXT, 'updated_at', NOW_TEXT, 'provider', provider, 'turns', turn, 'recorded', version)
if name ~= '' then call('HSET', GAME .. game, 'name', name) end
call('HSETNX', PROVIDERS, provider, 'closed')
call('ZADD', GAMES, NOW_TEXT, game)
if tenant ~= '' then
  call('HSET', GAME .. game, 'tenant', tenant)
  if user ~= '' then call('HSET', GAME .. game, 'user', user) end
  list_for_owner(game, tenant, user ~= '' and user)
end
local at = FIRST
local function take()
  at = at + 1
  return ARGV[at - 1]
end
local function fill(key, count, ready)
  if staged == '' then
    -- One by one: there may be more than what Lua can unpack.
    for _ = 1, tonumber(count) do call('RPUSH', key, take()) end
  elseif count ~= '0' then
    call('RENAME', ready, key)
    call('PERSIST', key)
  end
end
fill(HISTORY .. game, messages, staged_history)
fill(TURNS .. game, turns, staged_turns)
if tries ~= '' then call('SET', TRIES .. game, tries) end
for _ = 1, tonumber(changes) do call('RPUSH', CHANGES .. game, take()) end
if changes ~= '0' then call('PEXPIRE', CHANGES .. game, KEY_TTL) end
for _ = 1, tonumber(requests) do
  local request, ttl, fields = take(), take(), tonumber(take())
  -- A game that comes back to the store that it has left finds its requests there.
  local is_new = call('EXISTS', STATUS .. request) == 0
  for _ = 1, fields do
    local field, value = take(), take()
    if is_new then call('HSET', STATUS .. request, field, value) end
  end
  if is_new then
    call('PEXPIRE', STATUS .. request, ttl)
    put_key(request, ttl)
  end
end
return { 'done' }
