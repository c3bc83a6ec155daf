-- Queues a dead letter's request again, at the tail of its game's lane, with its id and its checkpoints. Its attempts count from
-- 1 again. Arguments: request.
-- Returns {'accepted', request, status, position, cursor, priority}, {'unknown'} or {'no_game'}. A repeat returns its present status.
local request = ARGV[5]
local entry = call('HGET', DEAD_INDEX, request)
local function accepted()
  local status, place, before, priority = unpack(call('HMGET', STATUS .. request, 'status', 'position', 'cursor', 'priority'))
  return { 'accepted', request, status, place, before, priority or 'normal' }
end
if not entry then
  return call('HGET', STATUS .. request, 'revived') == '1' and accepted() or { 'unknown' }
end
local game, kind, message, as_accepted, before, narration =
  unpack(call('HMGET', STATUS .. request, 'game_id', 'type', 'user_message', 'request', 'cursor', 'narration'))
if not game then return { 'unknown' } end
local caused_by = cjson.decode(as_accepted).caused_by
if call('EXISTS', GAME .. game) == 0 then return { 'no_game' } end
call('XDEL', DEAD, entry)
call('HDEL', DEAD_INDEX, request)
call('HDEL', STATUS .. request, 'completed_at', 'started_at', 'ended_by', 'start', 'tenant', 'user')
-- `cursor` moves to its new events; a reader who has seen some of the earlier ones goes on from `first_cursor`.
call('HSETNX', STATUS .. request, 'first_cursor', before)

local position, rank = call('ZCARD', LANE .. game), int(call('INCR', SEQUENCE))
admit(game, request, rank, position, { 'revived', '1' },
  request_queued_event(request, game, kind, cjson.encode(message), caused_by))
-- No attempt narrates a stored narration again: it is published as one chunk.
if narration then
  append_whole(game, request, '0', cjson.encode(cjson.decode(narration).text))
end
if position == 0 then make_ready(game) end
return accepted()
