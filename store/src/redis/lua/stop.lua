-- Ends a running narration: its text so far is the narration, and the next claim continues from there. The attempt
-- that narrates it can write nothing more, its worker is notified, and it is not counted.
-- Arguments: request, the attempt that wrote the text, the narration's checkpoint (JSON), the text of the chunk that ends it (JSON).
-- Returns {'done'}, also where the narration is whole already, so that a repeat changes nothing; {'changed'} if another attempt
-- narrates it, or none; {'unknown'} or {'finished', status}.
local request, written_by, narration, content = unpack(ARGV, 5)
local status, game, attempt, whole = unpack(call('HMGET', STATUS .. request, 'status', 'game_id', 'attempt', 'narration'))
if not status then return { 'unknown' } end
if status ~= 'queued' and status ~= 'processing' then return { 'finished', status } end
if whole then return { 'done' } end
if status ~= 'processing' or attempt ~= written_by then return { 'changed' } end
call('HSET', STATUS .. request, 'narration', narration, 'status', 'queued', 'attempt', int(attempt - 1))
append_whole(game, request, written_by, content)
local token = lease_of(game)
if token then call('PUBLISH', REVOKED, token) end
free(game)
let_wait(request, call('ZSCORE', LANE .. game, request))
make_ready(game)
return { 'done' }
