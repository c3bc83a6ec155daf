-- Looks for the request that was accepted under an idempotency key. ARGV: 5 key, 6 fingerprint of the message.
-- Returns {'accepted', request, status, position, cursor}, {'reused'} or {'unknown'}.
local holder = call('GET', KEY .. ARGV[5])
local found = holder and call('HMGET', STATUS .. holder, 'fingerprint', 'status', 'position', 'cursor')
if not found or not found[4] then return { 'unknown' } end
if found[1] ~= ARGV[6] then return { 'reused' } end
return { 'accepted', holder, found[2], found[3], found[4] }
