-- Stores an extracted delta. Arguments: game, request, token, the checkpoint (JSON). Returns 'ok' or 'lost'.
local game, request, token, delta = unpack(ARGV, 5)
if not holds(game, token) then return 'lost' end
call('HSET', STATUS .. request, 'delta', delta)
return 'ok'
