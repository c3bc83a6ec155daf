-- Keeps an extracted delta. ARGV: 2 game, 3 request, 4 token, 5 the checkpoint (JSON). Returns 'ok' or 'lost'.
if not holds(ARGV[2], ARGV[4]) then return 'lost' end
redis.call('HSET', STATUS(ARGV[3]), 'delta', ARGV[5])
return 'ok'
