-- Finds the request that was accepted for a game under an idempotency key. Arguments: game, key, fingerprint of the message.
-- Returns {'accepted', request, status, position, cursor, priority}, {'reused'} or {'unknown'}.
local game, key, fingerprint = unpack(ARGV, 5)
local holder = holder_of(game, key)
if not holder then return { 'unknown' } end
local first, status, position, before, priority =
  unpack(call('HMGET', STATUS .. holder, 'fingerprint', 'status', 'position', 'cursor', 'priority'))
if not before then return { 'unknown' } end
if first ~= fingerprint then return { 'reused' } end
return { 'accepted', holder, status, position, before, priority or 'normal' }
