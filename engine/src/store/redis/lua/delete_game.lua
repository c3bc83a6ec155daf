-- Forgets a game. ARGV: 5 game. Returns {'done'}, {'unknown'} or {'busy'}.
local game = ARGV[5]
if redis.call('EXISTS', GAME(game)) == 0 then return { 'unknown' } end
if redis.call('EXISTS', LANE(game)) == 1 then return { 'busy' } end
redis.call('DEL', GAME(game), HISTORY(game), LOG(game))
redis.call('ZREM', GAMES, game)
-- Whoever follows the game is to look again, and finds that it is gone.
redis.call('PUBLISH', LOG(game), '')
return { 'done' }
