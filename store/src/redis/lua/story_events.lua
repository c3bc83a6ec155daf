-- Reads the queued story events of a game's lane, in order, or cancels them all.
-- Arguments: game, how many to return, '1' to cancel them.
-- Returns {how many there are, event…}; an event is {request, fields, position in the lane}.
local game, limit, to_cancel = unpack(ARGV, 5)
local reply, count, position = { 0 }, 0, 0
for _, request in ipairs(call('ZRANGE', LANE .. game, 0, -1)) do
  local kind, status = unpack(call('HMGET', STATUS .. request, 'type', 'status'))
  if kind == 'story_event' and status == 'queued' then
    if count < tonumber(limit) then reply[#reply + 1] = { request, call('HGETALL', STATUS .. request), position } end
    count = count + 1
    if to_cancel == '1' then cancel(game, request) end
  end
  position = position + 1
end
reply[1] = count
return reply
