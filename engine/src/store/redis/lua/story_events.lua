-- Looks at the story events that wait in a game's lane, in order, or withdraws them all.
-- ARGV: 5 game, 6 how many to describe, 7 '1' to withdraw them.
-- Returns {how many there are, event…}; an event is {request, fields, place in the lane}.
local reply, place = { 0 }, 0
for _, request in ipairs(call('ZRANGE', LANE .. ARGV[5], 0, -1)) do
  local kind, status = unpack(call('HMGET', STATUS .. request, 'type', 'status'))
  if kind == 'story_event' and status == 'queued' then
    if reply[1] < tonumber(ARGV[6]) then
      reply[#reply + 1] = { request, call('HGETALL', STATUS .. request), place }
    end
    reply[1] = reply[1] + 1
    if ARGV[7] == '1' then withdraw(ARGV[5], request) end
  end
  place = place + 1
end
return reply
