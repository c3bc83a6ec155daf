-- Keeps a new game. ARGV: 5 game, 6 document, 7… history messages. Returns nothing; repeating it changes nothing.
local game = ARGV[5]
if call('EXISTS', GAME .. game) == 1 then return end
local now = int(NOW)
call('HSET', GAME .. game, 'document', ARGV[6], 'version', '1', 'fence', '0', 'offset', '0', 'epoch', epoch(),
  'created_at', now, 'updated_at', now)
call('ZADD', GAMES, now, game)
-- One by one: an imported history may be longer than what Lua can unpack.
for i = 7, #ARGV do call('RPUSH', HISTORY .. game, ARGV[i]) end
