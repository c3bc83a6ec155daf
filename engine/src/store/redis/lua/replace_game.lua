-- Replaces a game's document, from outside a turn.
-- ARGV: 2 game, 3 expected version, 4 document, 5 data of game.state_updated, 6 events kept,
--       7 '1' if the history is replaced too, 8… its messages.
-- Returns {'done'}, {'unknown'}, {'busy'} or {'changed', version}.
-- Repeated after an unknown outcome it answers {'changed', expected + 1}; the caller reads the game to tell.
local game = ARGV[2]
local version = redis.call('HGET', GAME(game), 'version')
if not version then return { 'unknown' } end
if redis.call('EXISTS', LANE(game)) == 1 then return { 'busy' } end
if version ~= ARGV[3] then return { 'changed', version } end
redis.call('HSET', GAME(game), 'document', ARGV[4], 'version', int(tonumber(version) + 1), 'updated_at', int(NOW))
redis.call('ZADD', GAMES, int(NOW), game)
if ARGV[7] == '1' then
  redis.call('DEL', HISTORY(game))
  for i = 8, #ARGV do redis.call('RPUSH', HISTORY(game), ARGV[i]) end
end
append_event(game, '', 'game.state_updated', ARGV[5], ARGV[6])
return { 'done' }
