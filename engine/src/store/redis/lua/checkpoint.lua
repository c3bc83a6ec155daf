-- Keeps an extracted delta. ARGV: 5 game, 6 request, 7 token, 8 the checkpoint (JSON). Returns 'ok' or 'lost'.
if not holds(ARGV[5], ARGV[7]) then return 'lost' end
call('HSET', STATUS .. ARGV[6], 'delta', ARGV[8])
return 'ok'
