-- Deletes a dead letter; the status of its request expires. Arguments: request. Returns 1, or 0 if there is no such dead letter.
local request = ARGV[5]
local entry = call('HGET', DEAD_INDEX, request)
if not entry then return 0 end
call('XDEL', DEAD, entry)
call('HDEL', DEAD_INDEX, request)
expire(call('HGET', STATUS .. request, 'game_id') or '', request, key_of(request))
return 1
