-- Moves a game that has changed to the front of the lists of its owner. A game without one has no `tenant`.
local function list_for_owner(game, tenant, user)
  if not tenant then return end
  call('ZADD', GAMES_OF .. tenant, NOW_TEXT, game)
  if user then call('ZADD', GAMES_OF .. tenant .. ':' .. user, NOW_TEXT, game) end
end
