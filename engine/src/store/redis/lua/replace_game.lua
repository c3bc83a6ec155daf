-- Replaces a game's document, from outside a turn.
-- Arguments: game, expected version, document, provider, data of game.state_updated, '1' if the history is replaced too, then its
-- messages.
-- Returns {'done'}, {'unknown'}, {'busy'} or {'changed', version}.
-- Repeated after an unknown outcome it returns {'changed', expected + 1}; the caller then reads the game.
local FIRST_MESSAGE = 11
local game, expected, document, provider, state_updated, with_history = unpack(ARGV, 5, FIRST_MESSAGE - 1)
local version = call('HGET', GAME .. game, 'version')
if not version then return { 'unknown' } end
if call('EXISTS', LANE .. game) == 1 then return { 'busy' } end
if version ~= expected then return { 'changed', version } end
call('HSET', GAME .. game, 'document', document, 'version', int(tonumber(version) + 1), 'updated_at', NOW_TEXT,
  'provider', provider)
call('HSETNX', PROVIDERS, provider, 'closed')
call('ZADD', GAMES, NOW_TEXT, game)
list_for_owner(game, unpack(call('HMGET', GAME .. game, 'tenant', 'user')))
if with_history == '1' then
  call('DEL', HISTORY .. game)
  for i = FIRST_MESSAGE, #ARGV do call('RPUSH', HISTORY .. game, ARGV[i]) end
end
append_event(game, 'game.state_updated', state_updated)
return { 'done' }
