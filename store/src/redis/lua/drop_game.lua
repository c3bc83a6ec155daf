-- Removes a game with all that is kept under its id. Its dead letters and the records of its requests stay.
local function drop_game(game)
  -- A damaged game may be a key of another type; then nothing more is known of it.
  local known = redis.pcall('HMGET', GAME .. game, 'tenant', 'user', 'document')
  local tenant, user, document = unpack(known.err and {} or known)
  -- A long history is freed behind the call: DEL would hold up every other game meanwhile.
  call('UNLINK', GAME .. game, HISTORY .. game, TURNS .. game, TRIES .. game, CHANGES .. game, LOG .. game, CAPABILITIES .. game,
    TEXT .. game, PIECES .. game)
  hold_content(document, nil)
  call('ZREM', GAMES, game)
  call('HDEL', PAUSED_GAMES, game)
  if tenant then call('ZREM', GAMES_OF .. tenant, game) end
  if user then call('ZREM', GAMES_OF .. tenant .. ':' .. user, game) end
end
