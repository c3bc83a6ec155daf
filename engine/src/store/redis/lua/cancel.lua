-- Withdraws an unfinished request. ARGV: 5 request.
-- Returns {'done'}, {'unknown'} or {'finished', status}. A repeat answers {'done'}.
local status, game = unpack(call('HMGET', STATUS .. ARGV[5], 'status', 'game_id'))
if not status then return { 'unknown' } end
if status == 'cancelled' then return { 'done' } end
if status ~= 'queued' and status ~= 'processing' then return { 'finished', status } end
withdraw(game, ARGV[5])
return { 'done' }
