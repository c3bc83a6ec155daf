-- Leases free games to one worker, and records that the worker is alive.
-- Arguments: those of terms.lua, then worker, nonce, how many games, for how long a worker counts as alive (ms).
-- Returns the reply of lease.lua.
local worker, nonce, count, worker_ttl = unpack(ARGV, 14)
read_terms()
publish_at_the_end()
call('ZADD', WORKERS, NOW_TEXT, worker)
call('ZREMRANGEBYSCORE', WORKERS, '-inf', int(NOW - tonumber(worker_ttl)))
local reply = claim({ { worker = worker, nonce = nonce, count = tonumber(count) } }, true)
flush()
return reply
