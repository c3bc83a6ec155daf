-- Who may use a game. Arguments: 'game' or 'request', its id, the id of the capability that is shown or ''.
-- Returns {game, tenant or '', user or '', the capability's record or '', now (ms)}; or nothing if there is no such game or request.
local kind, id, capability = unpack(ARGV, 5, 7)
local game = kind == 'game' and id or call('HGET', STATUS .. id, 'game_id')
local version, tenant, user = unpack(call('HMGET', GAME .. (game or ''), 'version', 'tenant', 'user'))
local record = call('HGET', CAPABILITIES .. (game or ''), capability)
if not version then return {} end
return { game, tenant or '', user or '', record or '', NOW_TEXT }
