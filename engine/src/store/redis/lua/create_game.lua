-- Keeps a new game. ARGV: 2 game, 3 document, 4… history messages. Returns nothing; repeating it changes nothing.
local game = ARGV[2]
if redis.call('EXISTS', GAME(game)) == 1 then return end
local now = int(NOW)
redis.call('HSET', GAME(game), 'document', ARGV[3], 'version', '1', 'fence', '0', 'offset', '0', 'epoch', epoch(),
  'created_at', now, 'updated_at', now)
redis.call('ZADD', GAMES, now, game)
-- One by one: an imported history may be longer than what Lua can unpack.
for i = 4, #ARGV do redis.call('RPUSH', HISTORY(game), ARGV[i]) end
