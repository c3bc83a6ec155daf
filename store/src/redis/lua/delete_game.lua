-- Deletes a game. Arguments: game, then the version and the time of change (ms) that it must have, or '' and ''.
-- Returns {'done'}, {'unknown'}, {'changed'} or {'busy'}.
local game, version, changed = unpack(ARGV, 5)
if call('EXISTS', GAME .. game) == 0 then return { 'unknown' } end
if call('EXISTS', LANE .. game) == 1 then return { 'busy' } end
-- A game that has left the store and come back has its version still, and another time.
if version ~= '' and (call('HGET', GAME .. game, 'version') ~= version or call('ZSCORE', GAMES, game) ~= changed) then
  return { 'changed' }
end
drop_game(game)
-- An empty message makes the subscribers read the log: they find that the game is gone.
call('PUBLISH', LOG .. game, '')
return { 'done' }
