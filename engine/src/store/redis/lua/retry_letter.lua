-- Queues a dead letter's request again, at the tail of its game's lane, with its id, its checkpoints and all its attempts
-- anew. ARGV: 5 request.
-- Returns {'accepted', request, status, position, cursor}, {'unknown'} or {'no_game'}. A repeat answers where it stands.
local request = ARGV[5]
local letter = call('HGET', DEAD_INDEX, request)
local function accepted()
  return { 'accepted', request, unpack(call('HMGET', STATUS .. request, 'status', 'position', 'cursor')) }
end
if not letter then
  return call('HGET', STATUS .. request, 'revived') == '1' and accepted() or { 'unknown' }
end
local game, kind, message, as_accepted, before, narration =
  unpack(call('HMGET', STATUS .. request, 'game_id', 'type', 'user_message', 'request', 'cursor', 'narration'))
if not game then return { 'unknown' } end
local parent = cjson.decode(as_accepted).caused_by
if call('EXISTS', GAME .. game) == 0 then return { 'no_game' } end
call('XDEL', DEAD, letter)
call('HDEL', DEAD_INDEX, request)
call('HDEL', STATUS .. request, 'completed_at', 'started_at', 'ended_by')
-- Its events begin anew; a reader who has seen some of the earlier ones goes on behind these.
call('HSETNX', STATUS .. request, 'first_cursor', before)

local position, place = call('ZCARD', LANE .. game), int(call('INCR', SEQUENCE))
admit(game, request, place, position, { 'revived', '1' }, members(game, request) .. ',"type":"' .. kind ..
  '","status":"queued","user_message":' .. cjson.encode(message) ..
  (parent and ',"caused_by":"' .. parent .. '"' or '') .. '}')
-- A narration that is kept is not told again by any attempt: it is shown as a whole.
if narration then
  tell(game, 'chat.chunk', members(game, request) .. ',"attempt":0,"content":' ..
    cjson.encode(cjson.decode(narration).text) .. ',"done":true}', request)
end
if position == 0 then make_ready(game) end
return accepted()
