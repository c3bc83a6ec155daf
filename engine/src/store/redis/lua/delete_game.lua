-- Forgets a game. ARGV: 5 game. Returns {'done'}, {'unknown'} or {'busy'}.
local game = ARGV[5]
if call('EXISTS', GAME .. game) == 0 then return { 'unknown' } end
if call('EXISTS', LANE .. game) == 1 then return { 'busy' } end
call('DEL', GAME .. game, HISTORY .. game, LOG .. game)
call('ZREM', GAMES, game)
-- Whoever follows the game is to look again, and finds that it is gone.
call('PUBLISH', LOG .. game, '')
return { 'done' }
