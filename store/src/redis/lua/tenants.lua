-- Games of paused tenants. A tenant may have very many, so a pause touches none of them: a claim that meets one among the ready games holds
-- it, which is to move it to an order of its tenant, where no claim looks. What is resumed goes back in steps of a bounded size, the
-- first in order first; the claims that follow go on with it. A held game keeps its order key, so it is ready there as if it had never left.
local STEP = 128

-- Holds a game that is ready under this name with this order key.
local function hold(game, tenant, name, order_key)
  move(game, order_key, name, HELD .. tenant)
  call('HSET', GAME .. game, 'held', '1')
end

-- How many more games this step may hold.
local function may_hold() return memo.may_hold or STEP end

-- The first games that are ready under a name, as many as are asked for, with their order keys; those of paused tenants are held, and others follow.
local function first_ready(name, count)
  while true do
    local games, found, was_held = call('ZRANGE', READY .. name, '0', int(count - 1), 'WITHSCORES'), {}, false
    if not pauses().tenants then return games end
    for n = 1, #games, 2 do
      local game, order_key = games[n], games[n + 1]
      local tenant = paused_tenant_of(game)
      if not tenant then
        found[#found + 1], found[#found + 2] = game, order_key
      elseif may_hold() > 0 then
        hold(game, tenant, name, order_key)
        memo.may_hold, was_held = may_hold() - 1, true
      end
    end
    if not was_held or may_hold() == 0 then return found end
  end
end

-- Lets the first games go that are held for a tenant, and wakes a worker for each, up to 64. Returns whether there are more.
local function let_go(tenant)
  local name = HELD .. tenant
  local games, tokens = call('ZRANGE', READY .. name, '0', int(STEP - 1), 'WITHSCORES'), {}
  for n = 1, #games, 2 do
    local game, order_key = games[n], games[n + 1]
    call('HDEL', GAME .. game, 'held')
    move(game, order_key, name, provider_of(game))
    if #tokens < 64 then tokens[#tokens + 1] = '1' end
  end
  if #tokens > 0 then wake(tokens) end
  local more = call('EXISTS', READY .. name) == 1
  if more then call('HSET', PAUSES, LETS_GO .. tenant, NOW_TEXT) else call('HDEL', PAUSES, LETS_GO .. tenant) end
  return more
end
