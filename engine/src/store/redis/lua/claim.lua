-- Leases free games to one worker, which is seen to live by asking.
-- ARGV: 5–9 as in lease.lua, 10 worker, 11 nonce, 12 how many, 13 how long a worker counts as alive (ms).
-- Returns what lease.lua replies.
call('ZADD', WORKERS, NOW_TEXT, ARGV[10])
call('ZREMRANGEBYSCORE', WORKERS, '-inf', int(NOW - tonumber(ARGV[13])))
local reply = claim({ { ARGV[10], ARGV[11], tonumber(ARGV[12]) } }, look_after)
say_all()
return reply
