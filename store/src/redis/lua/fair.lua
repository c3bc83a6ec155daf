-- The order of the ready games: each has an order key. In order of arrival that is the rank of the head. In fair order it is the head's start: a
-- time on a clock that counts turns and not seconds. A tenant's next start is where its turn before would end if the tenants took
-- turns, or now if that is past. `FAIR` is nil in order of arrival, and nothing here is read or written then.
--
-- One score holds both parts: 1024 times the start, which counts 1024ths of a turn, and a number that grows with each start, modulo
-- 1024. So equal starts are in the order in which they were given. Without it Redis would order them by the ids of games.

-- What a turn costs a tenant: 1024 divided by its weight.
local function cost_of(tenant)
  local costs = fair_terms().costs
  return costs[tenant] or costs['']
end

-- The order key of a game whose head is `request`, of this rank, and which becomes ready under `name`; the caller puts it there. A head gets its
-- start once: a release, a recovery or a pause keeps it, so that it is first again and its tenant does not pay twice.
local function order_key_of(name, game, request, rank)
  if not FAIR then return rank end
  local owner, arrival, arrived_as = unpack(call('HMGET', GAME .. game, 'tenant', 'arrival', 'arrived_as'))
  local known, enqueued_at, priority = unpack(call('HMGET', STATUS .. request, 'start', 'enqueued_at', 'priority'))
  local tenant = owner or ''
  place_by_priority(tenant, name, game, rank, arrival, arrived_as, enqueued_at, priority)
  if known then return known end
  local start = math.max(call('HGET', CLOCK, 'now') or 0, call('ZSCORE', FINISHES, tenant) or 0)
  call('ZADD', FINISHES, int(start + cost_of(tenant)), tenant)
  local order_key = int(start * 1024 + call('HINCRBY', CLOCK, 'given', '1') % 1024)
  call('HSET', STATUS .. request, 'start', order_key)
  return order_key
end

-- A game becomes ready under a name. `commit.lua` does the same for many games at once.
local function enter(name, game, request, rank)
  call('ZADD', READY .. name, order_key_of(name, game, request, rank), game)
end

-- A game is ready under a name no more.
local function leave(name, game)
  call('ZREM', READY .. name, game)
  if FAIR then leave_priorities(tenant_of(game), name, game) end
end

-- A ready game waits under another name from now on, at the same place.
local function move(game, order_key, from, to)
  call('ZADD', READY .. to, order_key, game)
  if FAIR then
    local tenant = tenant_of(game)
    local arrival = call('ZSCORE', priorities_of(tenant, from), game)
    if arrival then call('ZADD', priorities_of(tenant, to), arrival, game) end
  end
  leave(from, game)
end

-- The clock goes on to the start of a game that is leased, and by half a turn more: if it stood still at the start, the turns of
-- tenants that come and go would never end, and their entries would stay. Half a turn is less than what lies between two starts of
-- a tenant of weight 1, so no tenant gets a second turn before one that comes now.
-- A tenant whose turns have ended needs no entry: its next start is now. Some are dropped with each claim, because a script blocks
-- the server.
local function has_begun(tenant, order_key)
  local before = tonumber(call('HGET', CLOCK, 'now') or 0)
  local now = int(math.max(before, math.floor(order_key / 1024) + math.floor(math.min(cost_of(tenant), 1024) / 2)))
  call('HSET', CLOCK, 'now', now)
  local past = call('ZRANGEBYSCORE', FINISHES, '-inf', now, 'LIMIT', '0', '64')
  if #past > 0 then call('ZREM', FINISHES, unpack(past)) end
end

-- An attempt of a request has failed, and it is to get another start when it is ready again: a turn that fails four times takes four turns of
-- its tenant, not one of its own and three of others.
local function take_start(request)
  if FAIR then call('HDEL', STATUS .. request, 'start') end
end

-- A request that ends without a claim gives its start back, if its tenant has been given no later one. Otherwise a player whose
-- messages interrupt each other would pay for each.
local function give_back(game, request)
  if not FAIR then return end
  local order_key, started_at = unpack(call('HMGET', STATUS .. request, 'start', 'started_at'))
  if not order_key or started_at then return end
  local tenant, start = tenant_of(game), math.floor(order_key / 1024)
  if tonumber(call('ZSCORE', FINISHES, tenant) or -1) == start + cost_of(tenant) then
    call('ZADD', FINISHES, int(start), tenant)
  end
end
