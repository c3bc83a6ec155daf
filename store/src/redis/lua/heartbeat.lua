-- Renews a process's leases. Arguments: lease TTL (ms), then game and token of each. Returns 1 or 0 for each.
local FIRST_LEASE = 6
local ttl = ARGV[5]
local ends = int(NOW + tonumber(ttl))
local held = {}
for i = FIRST_LEASE, #ARGV, 2 do
  local game, token = unpack(ARGV, i, i + 1)
  if holds(game, token) then
    call('PEXPIRE', LOCK .. game, ttl)
    call('ZADD', ACTIVE, ends, game)
    -- Its worker is alive, however long the turn. One that shuts down has been removed and must not come back, so XX.
    local worker = string.match(token, '^%d+:(.*):[^:]*$')
    if worker then call('ZADD', WORKERS, 'XX', NOW_TEXT, worker) end
    held[#held + 1] = 1
  else
    held[#held + 1] = 0
  end
end
return held
