-- The request that was accepted for a game under an idempotency key, if there is one. An engine of an earlier release kept a key
-- without its game; such a key counts only for the game of its request.
local function holder_of(game, key)
  local holder = call('GET', KEY .. game .. ':' .. key)
  if holder then return holder end
  local earlier = call('GET', KEY .. key)
  return earlier and call('HGET', STATUS .. earlier, 'game_id') == game and earlier
end
