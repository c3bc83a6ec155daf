-- Reads a lane at one moment. Arguments: game, the provider that it waits for. Returns its unfinished requests, its fencing token, the ends of
-- its lease and of its back-off, and its rank among the ready games, each nil where there is none.
local game, provider = ARGV[5], ARGV[6]
return {
  call('ZRANGE', LANE .. game, '0', '-1'), call('GET', LOCK .. game), call('ZSCORE', ACTIVE, game),
  call('ZSCORE', DELAYED, game), call('ZSCORE', READY .. provider, game),
}
