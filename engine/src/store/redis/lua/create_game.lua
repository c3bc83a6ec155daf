-- Stores a new game. Arguments: game, document, provider, tenant and user of its owner or '', then the messages of its
-- history. Returns nothing; a repeat changes nothing.
local FIRST_MESSAGE = 10
local game, document, provider, tenant, user = unpack(ARGV, 5, FIRST_MESSAGE - 1)
if call('EXISTS', GAME .. game) == 1 then return end
call('HSET', GAME .. game, 'document', document, 'version', '1', 'fence', '0', 'offset', '0', 'epoch', epoch(),
  'created_at', NOW_TEXT, 'updated_at', NOW_TEXT, 'provider', provider)
call('HSETNX', PROVIDERS, provider, 'closed')
call('ZADD', GAMES, NOW_TEXT, game)
if tenant ~= '' then
  call('HSET', GAME .. game, 'tenant', tenant)
  if user ~= '' then call('HSET', GAME .. game, 'user', user) end
  list_for_owner(game, tenant, user ~= '' and user)
end
-- One by one: an imported history may be longer than what Lua can unpack.
for i = FIRST_MESSAGE, #ARGV do call('RPUSH', HISTORY .. game, ARGV[i]) end
