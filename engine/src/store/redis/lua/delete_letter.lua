-- Forgets a dead letter; the status of its request expires. ARGV: 5 request. Returns 1, or 0 if there is no such letter.
local letter = call('HGET', DEAD_INDEX, ARGV[5])
if not letter then return 0 end
call('XDEL', DEAD, letter)
call('HDEL', DEAD_INDEX, ARGV[5])
expire(ARGV[5], key_of(ARGV[5]))
return 1
