-- Cancels an unfinished request. Arguments: request.
-- Returns {'done'}, {'unknown'} or {'finished', status}. A repeat returns {'done'}.
local request = ARGV[5]
local status, game = unpack(call('HMGET', STATUS .. request, 'status', 'game_id'))
if not status then return { 'unknown' } end
if status == 'cancelled' then return { 'done' } end
if status ~= 'queued' and status ~= 'processing' then return { 'finished', status } end
cancel(game, request)
return { 'done' }
