-- The state of the providers.
-- `providers` (hash) has the circuit of each provider; `provider:{name}` (hash) has the rest while it is not closed: reason,
-- detail, opened_at, probe_at, how many probes have failed, and the game and token of the present probe.

-- The policy of a provider: {max_concurrent, fallback}. A step that chooses providers has the policies of all, by name, in `memo.policies_text`
-- (JSON, or '' for none). Decoded at first use: most claims need none.
local function policy(name)
  local policies = memo.policies
  if not policies then
    local text = memo.policies_text or ''
    policies = text == '' and {} or cjson.decode(text)
    memo.policies = policies
  end
  return policies[name] or {}
end

-- The circuits of all providers, name and circuit in turn. Read at first use; a step that changes one forgets them.
local function circuits()
  memo.circuits = memo.circuits or call('HGETALL', PROVIDERS)
  return memo.circuits
end

local function circuit_of(name) return call('HGET', PROVIDERS, name) or 'closed' end

-- Whether the probe of a half-open provider is under way: its lease holds.
local function is_probed(name)
  local game, token = unpack(call('HMGET', PROVIDER .. name, 'probe_game', 'probe'))
  return game and token and holds(game, token)
end

-- What operators have paused besides games. Read at first use: few things are paused at a time.
local function pauses()
  local known = memo.pauses
  if not known then
    known = { going = {} }
    for _, scope in ipairs(call('HKEYS', PAUSES)) do
      known[scope] = true
      if string.sub(scope, 1, 7) == 'tenant:' then known.tenants = true end
      if string.sub(scope, 1, #LETS_GO) == LETS_GO then known.going[#known.going + 1] = string.sub(scope, #LETS_GO + 1) end
    end
    memo.pauses = known
  end
  return known
end

-- Whether an operator has paused everything, or a provider.
local function is_paused(name) return pauses()['all'] or name and pauses()['provider:' .. name] end

-- The tenant of a game, if an operator has paused that tenant.
local function paused_tenant_of(game)
  if not pauses().tenants then return end
  local tenant = call('HGET', GAME .. game, 'tenant')
  return tenant and pauses()['tenant:' .. tenant] and tenant
end

-- The provider that serves the games of one that is not closed: its first fallback that is closed and not paused, if there is
-- one.
local function fallback_of(name)
  for _, other in ipairs(policy(name).fallback or {}) do
    if circuit_of(other) == 'closed' and not is_paused(other) then return other end
  end
end

-- How many more attempts may use a provider; nil where there is no limit.
local function free_slots(name)
  local limit = policy(name).max_concurrent
  return limit and math.max(0, limit - call('SCARD', SLOTS .. name))
end
