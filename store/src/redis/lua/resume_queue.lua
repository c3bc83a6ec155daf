-- Ends a pause, and wakes a worker for each game that can be claimed again, up to 64. Arguments: scope, the game or ''.
-- Returns {since (ms), who} of the pause that has ended, or {} if there is none, as for a repeat.
local scope, game = unpack(ARGV, 5)
local key, field = PAUSES, scope
if game ~= '' then key, field = PAUSED_GAMES, game end
local since, by = string.match(call('HGET', key, field) or '', '^(%d+) (.*)$')
if not since then return {} end
call('HDEL', key, field)

local freed = 0
if game ~= '' then
  call('HDEL', GAME .. game, 'paused')
  local order_key = call('ZSCORE', READY .. PAUSED, game)
  if order_key then
    move(game, order_key, PAUSED, provider_of(game))
    freed = 1
  end
else
  if string.sub(scope, 1, 7) ~= 'worker:' then call('HSET', PAUSES_ENDED, scope, NOW_TEXT) end
  local tenant = string.match(scope, '^tenant:(.*)$')
  if tenant then let_go(tenant) end
  local name = string.match(scope, '^provider:(.*)$')
  for _, provider in ipairs(name and { name } or call('HKEYS', PROVIDERS)) do
    freed = freed + call('ZCARD', READY .. provider)
  end
end
local tokens = {}
for n = 1, math.min(freed, 64) do tokens[n] = '1' end
if freed > 0 then wake(tokens) end
return { since, by }
