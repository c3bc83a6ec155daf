-- Deletes a game. Arguments: game. Returns {'done'}, {'unknown'} or {'busy'}.
local game = ARGV[5]
if call('EXISTS', GAME .. game) == 0 then return { 'unknown' } end
if call('EXISTS', LANE .. game) == 1 then return { 'busy' } end
local tenant, user = unpack(call('HMGET', GAME .. game, 'tenant', 'user'))
call('DEL', GAME .. game, HISTORY .. game, TURNS .. game, TRIES .. game, CHANGES .. game, LOG .. game, CAPABILITIES .. game,
  TEXT .. game, PIECES .. game)
call('ZREM', GAMES, game)
call('HDEL', PAUSED_GAMES, game)
if tenant then call('ZREM', GAMES_OF .. tenant, game) end
if user then call('ZREM', GAMES_OF .. tenant .. ':' .. user, game) end
-- An empty message makes the subscribers read the log: they find that the game is gone.
call('PUBLISH', LOG .. game, '')
return { 'done' }
