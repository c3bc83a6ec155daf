-- In fair order: which of its ready games a tenant gives its turn to. The starts of `fair.lua` belong to the tenant. A claim takes the least of
-- all, and with it the game of that tenant that arrived first, where a request counts as arrived later the lower its priority is. If that is
-- another game than the one that had the start, the two exchange their starts: what waits on is where the other one was. So the shares
-- of tenants do not depend on priorities, and a claim looks through nothing.
--
-- For this, ready games are also in an order of their tenant (`by-priority`), apart for each provider as the other one is. What an engine of
-- an earlier release has made ready is not in it: it is claimed with its own start. What such an engine has claimed is still in it, and
-- leaves it when a claim meets it.

-- Decoded at first use: many steps need none of it.
local function fair_terms()
  memo.fair_terms = memo.fair_terms or cjson.decode(FAIR)
  return memo.fair_terms
end

local function tenant_of(game) return call('HGET', GAME .. game, 'tenant') or '' end

local function priorities_of(tenant, name) return BY_PRIORITY .. tenant .. ':' .. name end

-- Puts a game with a head of this rank into the order of its tenant. The game keeps when the head counts as arrived, in 1024ths of a
-- millisecond, which hold the rank modulo 1024: so requests of the same millisecond are in order of arrival. It keeps for which rank that is:
-- a request that comes back has its own, and a story event that was placed next has the one of the turn that triggered it.
local function place_by_priority(tenant, name, game, rank, arrival, arrived_as, enqueued_at, priority)
  local whole = int(math.ceil(rank))
  if arrived_as ~= whole then
    local allowances = fair_terms().allowances
    arrival = int((enqueued_at + (allowances[priority] or allowances.normal)) * 1024 + whole % 1024)
    call('HSET', GAME .. game, 'arrival', arrival, 'arrived_as', whole)
  end
  call('ZADD', priorities_of(tenant, name), arrival, game)
end

-- How many games of earlier releases one step forgets.
local MAY_FORGET = 64

-- The game that has the turn of a ready one, which is claimed: the first of its tenant's, and its order key if it is another one.
local function turn_of(tenant, name, game)
  local order = priorities_of(tenant, name)
  while (memo.forgotten or 0) < MAY_FORGET do
    local first = call('ZRANGE', order, '0', '0')[1]
    if not first or first == game then return game end
    local order_key = call('ZSCORE', READY .. name, first)
    if order_key then
      if call('ZSCORE', order, game) then return first, order_key end
      return game
    end
    call('ZREM', order, first)
    memo.forgotten = (memo.forgotten or 0) + 1
  end
  return game
end

-- A claim has leased another game than the one that had the start.
local function exchange_starts(name, leased, order_key, waiting, other_key)
  call('ZADD', READY .. name, other_key, waiting)
  call('HSET', STATUS .. head(waiting), 'start', other_key)
  call('HSET', STATUS .. leased, 'start', order_key)
end

local function leave_priorities(tenant, name, game) call('ZREM', priorities_of(tenant, name), game) end
