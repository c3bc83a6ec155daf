-- Deletes a game. Arguments: game, then the version and the time of change (ms) that it must have, or '' and ''.
-- Returns {'done'}, {'unknown'}, {'changed'} or {'busy'}.
local game, version, changed = unpack(ARGV, 5)
if call('EXISTS', GAME .. game) == 0 then return { 'unknown' } end
if call('EXISTS', LANE .. game) == 1 then return { 'busy' } end
-- A game that has left the store and come back has its version still, and another time.
if version ~= '' and (call('HGET', GAME .. game, 'version') ~= version or call('ZSCORE', GAMES, game) ~= changed) then
  return { 'changed' }
end
local tenant, user, document = unpack(call('HMGET', GAME .. game, 'tenant', 'user', 'document'))
-- A long history is freed behind the call: DEL would hold up every other game meanwhile.
call('UNLINK', GAME .. game, HISTORY .. game, TURNS .. game, TRIES .. game, CHANGES .. game, LOG .. game, CAPABILITIES .. game,
  TEXT .. game, PIECES .. game)
-- After the first write: a full server refuses to count, even downwards, unless the script has written before.
hold_content(document, nil)
call('ZREM', GAMES, game)
call('HDEL', PAUSED_GAMES, game)
if tenant then call('ZREM', GAMES_OF .. tenant, game) end
if user then call('ZREM', GAMES_OF .. tenant .. ':' .. user, game) end
-- An empty message makes the subscribers read the log: they find that the game is gone.
call('PUBLISH', LOG .. game, '')
return { 'done' }
