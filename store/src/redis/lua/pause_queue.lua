-- Pauses everything, a provider, a tenant, a game or a worker: claims leave it out until it is resumed. What is leased goes on to its end.
-- Arguments: scope ('all', 'provider:NAME', 'tenant:NAME', 'game:ID' or 'worker:NAME'), the game or '', who, how many pauses there may be.
-- Returns {since (ms), who}, {'unknown'} if there is no such game, or {'full'}. A repeat returns what was returned first.
local scope, game, who, most = unpack(ARGV, 5)
local key, field = PAUSES, scope
if game ~= '' then key, field = PAUSED_GAMES, game end
local function kept()
  local since, by = string.match(call('HGET', key, field) or '', '^(%d+) (.*)$')
  return since and { since, by }
end

local known = kept()
if known then return known end
if game ~= '' and call('EXISTS', GAME .. game) == 0 then return { 'unknown' } end
-- A worker that is gone comes back under another name.
for _, other in ipairs(call('HKEYS', PAUSES)) do
  local worker = string.match(other, '^worker:(.*)$')
  if worker and not call('ZSCORE', WORKERS, worker) then call('HDEL', PAUSES, other) end
end
if call('HLEN', PAUSES) + call('HLEN', PAUSED_GAMES) >= tonumber(most) then return { 'full' } end
call('HSET', key, field, NOW_TEXT .. ' ' .. who)
-- What is still held for a tenant stays so.
local tenant = string.match(scope, '^tenant:(.*)$')
if tenant then call('HDEL', PAUSES, LETS_GO .. tenant) end
if game ~= '' then
  local name = provider_of(game)
  local order_key = call('ZSCORE', READY .. name, game)
  call('HSET', GAME .. game, 'paused', '1')
  -- When it is resumed, its head begins with the game's own provider.
  call('HDEL', GAME .. game, 'waits_for', 'held')
  if order_key and name ~= PAUSED then move(game, order_key, name, PAUSED) end
end
return kept()
