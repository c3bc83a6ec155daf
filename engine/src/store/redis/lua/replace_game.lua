-- Replaces a game's document, from outside a turn.
-- ARGV: 5 game, 6 expected version, 7 document, 8 data of game.state_updated, 9 '1' if the history is replaced too,
--       10… its messages.
-- Returns {'done'}, {'unknown'}, {'busy'} or {'changed', version}.
-- Repeated after an unknown outcome it answers {'changed', expected + 1}; the caller reads the game to tell.
local game = ARGV[5]
local version = call('HGET', GAME .. game, 'version')
if not version then return { 'unknown' } end
if call('EXISTS', LANE .. game) == 1 then return { 'busy' } end
if version ~= ARGV[6] then return { 'changed', version } end
call('HSET', GAME .. game, 'document', ARGV[7], 'version', int(tonumber(version) + 1), 'updated_at', NOW_TEXT)
call('ZADD', GAMES, NOW_TEXT, game)
if ARGV[9] == '1' then
  call('DEL', HISTORY .. game)
  for i = 10, #ARGV do call('RPUSH', HISTORY .. game, ARGV[i]) end
end
tell(game, 'game.state_updated', ARGV[8])
return { 'done' }
