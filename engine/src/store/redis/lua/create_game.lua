-- Stores a new game. Arguments: game, document, then the messages of its history. Returns nothing; a repeat changes nothing.
local FIRST_MESSAGE = 7
local game, document = unpack(ARGV, 5, 6)
if call('EXISTS', GAME .. game) == 1 then return end
call('HSET', GAME .. game, 'document', document, 'version', '1', 'fence', '0', 'offset', '0', 'epoch', epoch(),
  'created_at', NOW_TEXT, 'updated_at', NOW_TEXT)
call('ZADD', GAMES, NOW_TEXT, game)
-- One by one: an imported history may be longer than what Lua can unpack.
for i = FIRST_MESSAGE, #ARGV do call('RPUSH', HISTORY .. game, ARGV[i]) end
