-- Reads a game's events after an id.
-- ARGV: 5 game, 6 limit, 7 and 8 epoch and offset of the id; both are left out to read from the first event kept.
-- Returns {'events', entry…} or {'reset', reason, head}; an entry is {id, fields} as XRANGE answers.
local game, limit, epoch_read = ARGV[5], ARGV[6], ARGV[7]
local function entries(from)
  local reply = { 'events' }
  for _, entry in ipairs(call('XRANGE', LOG(game), from, '+', 'COUNT', limit)) do reply[#reply + 1] = entry end
  return reply
end
if not epoch_read then return entries('-') end
local id, offset = epoch_read .. '-' .. ARGV[8], tonumber(ARGV[8])
if #call('XRANGE', LOG(game), id, id) == 1 then return entries('(' .. id) end

-- Not in the log: trimmed, lost with the store's data, never given out, or the place before the first event of all.
local first = call('XRANGE', LOG(game), '-', '+', 'COUNT', 1)[1]
if not first then
  local top = call('HGET', GAME(game), 'offset') or '0'
  if offset == 0 and top == '0' then return { 'events' } end
  return { 'reset', offset > tonumber(top) and 'lost' or 'trimmed', cursor(game) }
end
local first_epoch, first_offset = string.match(first[1], '^(%d+)-(%d+)$')
-- Of trimmed events, only the one before the first one kept can still be followed without a gap; and only within an
-- epoch, for the event that had this offset in an earlier one may be among those that were lost.
if tonumber(first_offset) == offset + 1 and (offset == 0 or first_epoch == epoch_read) then return entries('-') end
return { 'reset', offset < tonumber(first_offset) and 'trimmed' or 'lost', cursor(game) }
