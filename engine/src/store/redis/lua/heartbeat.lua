-- Renews a process's leases. ARGV: 5 lease TTL (ms), then game and token of each. Returns 1 or 0 for each.
local ends = int(NOW + tonumber(ARGV[5]))
local held = {}
for i = 6, #ARGV, 2 do
  local game = ARGV[i]
  if holds(game, ARGV[i + 1]) then
    call('PEXPIRE', LOCK .. game, ARGV[5])
    call('ZADD', ACTIVE, ends, game)
    -- Its worker lives, however long the turn; one that stops, and has said so, only ends what it has begun.
    local worker = string.match(ARGV[i + 1], '^%d+:(.*):[^:]*$')
    if worker then call('ZADD', WORKERS, 'XX', NOW_TEXT, worker) end
    held[#held + 1] = 1
  else
    held[#held + 1] = 0
  end
end
return held
