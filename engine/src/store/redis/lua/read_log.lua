-- Reads a game's events after an id. ARGV: 2 game, 3 epoch, 4 offset ('0' for the first one kept), 5 limit.
-- Returns {'events', entry…} or {'reset', reason, head}; an entry is {id, fields} as XRANGE answers.
local game, limit = ARGV[2], ARGV[5]
local function entries(from)
  local reply = { 'events' }
  for _, entry in ipairs(redis.call('XRANGE', LOG(game), from, '+', 'COUNT', limit)) do reply[#reply + 1] = entry end
  return reply
end
if ARGV[4] == '0' then return entries('-') end
local id = ARGV[3] .. '-' .. ARGV[4]
if #redis.call('XRANGE', LOG(game), id, id) == 1 then return entries('(' .. id) end
-- Not in the log: trimmed, lost with the store's data, or never given out. Only the event before the first one kept
-- can still be followed without a gap.
local first = redis.call('XRANGE', LOG(game), '-', '+', 'COUNT', 1)[1]
if first then
  local first_epoch, first_offset = string.match(first[1], '^(%d+)-(%d+)$')
  if first_offset == int(tonumber(ARGV[4]) + 1) and tonumber(ARGV[3]) <= tonumber(first_epoch) then return entries('-') end
end
local top = tonumber(redis.call('HGET', GAME(game), 'offset') or '0')
return { 'reset', tonumber(ARGV[4]) > top and 'lost' or 'trimmed', head(game) }
