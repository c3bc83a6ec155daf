-- Stores a new game. Arguments: game, document, provider, its last turn, its name or '', tenant and user of its owner or '', the
-- charges (JSON) or '', version, offset of the latest event, the text of the version of content that the document names or '', number of history messages n, n
-- messages, then its turn records. Returns {'done'} or {'limited', …}, or {'content'} if that text is needed and nothing is stored; a repeat changes nothing.
local FIRST_MESSAGE = 17
local game, document, provider, turn, name, tenant, user, charged, version, offset, content, messages = unpack(ARGV, 5, FIRST_MESSAGE - 1)
if call('EXISTS', GAME .. game) == 1 then return { 'done' } end
local charges = charges_of(charged)
local limited = refused_by(charges, {})
if limited then return limited end
if not hold_content(nil, document, content) then return { 'content' } end
use_up(charges)
-- Each claim appends an event, so no lease of before has a fence above the offset.
call('HSET', GAME .. game, 'document', document, 'version', version, 'fence', offset, 'offset', offset, 'epoch', epoch(),
  'created_at', NOW_TEXT, 'updated_at', NOW_TEXT, 'provider', provider, 'turns', turn, 'recorded', version)
if name ~= '' then call('HSET', GAME .. game, 'name', name) end
call('HSETNX', PROVIDERS, provider, 'closed')
call('ZADD', GAMES, NOW_TEXT, game)
if tenant ~= '' then
  call('HSET', GAME .. game, 'tenant', tenant)
  if user ~= '' then call('HSET', GAME .. game, 'user', user) end
  list_for_owner(game, tenant, user ~= '' and user)
end
-- One by one: an imported history may be longer than what Lua can unpack.
local first_turn = FIRST_MESSAGE + messages
for i = FIRST_MESSAGE, first_turn - 1 do call('RPUSH', HISTORY .. game, ARGV[i]) end
for i = first_turn, #ARGV do call('RPUSH', TURNS .. game, ARGV[i]) end
return { 'done' }
