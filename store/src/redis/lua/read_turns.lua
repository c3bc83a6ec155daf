-- Reads turn records, in order. Arguments: game, 'from' or 'before', a turn or '', how many.
-- Returns the number of the first record that is kept, or '' if there is none; then records, each behind the number of messages
-- that the history had before its turn and a line feed.
local game, direction, at, limit = unpack(ARGV, 5)
local turns, recorded, version = unpack(call('HMGET', GAME .. game, 'turns', 'recorded', 'version'))
-- An engine of an earlier release commits turns without records: those before it lead nowhere.
local length = turns and recorded == version and call('LLEN', TURNS .. game) or 0
if length == 0 then return { '' } end
local last = tonumber(turns)
local first = last - length + 1
local from, to
if direction == 'from' then
  from = math.max(at, first)
  to = math.min(last, from + limit - 1)
else
  to = math.min(last, (tonumber(at) or last + 1) - 1)
  from = math.max(first, to - limit + 1)
end
local reply = { int(first) }
if from > to then return reply end
for _, record in ipairs(call('LRANGE', TURNS .. game, int(from - first), int(to - first))) do reply[#reply + 1] = record end
return reply
