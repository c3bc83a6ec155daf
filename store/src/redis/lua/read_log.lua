-- Reads a game's events after an id.
-- Arguments: game, limit, then epoch and offset of the id; both are absent to read from the first event kept.
-- Returns {'events', entry…} or {'reset', reason, head}; an entry is {id, fields} as XRANGE returns it, and the first one may
-- begin with events up to the one that was asked for. The chunks that the log ends with are the last entry, under 'tail' and
-- their id.
local game, limit, epoch_read, offset_read = unpack(ARGV, 5)

-- The chunks at the end, as the entry that they will be.
local tail = call('HGET', GAME .. game, 'tail')
local ends
if tail then
  local written_in, last, count, attempt, done, request = read_tail(tail)
  -- An engine of an earlier release may have gone on behind them.
  if call('HGET', GAME .. game, 'offset') == last then
    ends = { written_in .. '-' .. last, { 'request', request, 'chat.chunk', joined(game, count, attempt, done, request) } }
  end
end

local function entries(from)
  local reply = { 'events' }
  for _, entry in ipairs(call('XRANGE', LOG .. game, from, '+', 'COUNT', limit)) do reply[#reply + 1] = entry end
  if ends and #reply <= tonumber(limit) then
    reply[#reply + 1] = { 'tail ' .. ends[1], ends[2] }
  end
  return reply
end
if not epoch_read then return entries('-') end
local id, offset = epoch_read .. '-' .. offset_read, tonumber(offset_read)
local found = call('XRANGE', LOG .. game, id, '+', 'COUNT', 1)[1] or ends
if found then
  local time, from, last = span(found)
  if time == epoch_read and from <= offset and offset <= last then return entries(last == offset and '(' .. id or id) end
end

-- Not in the log: trimmed, gone while the game rested, lost with the store's data, never assigned, or the position before the first event of all.
local first = call('XRANGE', LOG .. game, '-', '+', 'COUNT', 1)[1] or ends
if not first then
  local top = call('HGET', GAME .. game, 'offset') or '0'
  if offset == 0 and top == '0' then return { 'events' } end
  -- The log of a game that has rested, or came back from an archive, is empty until something happens.
  if epoch_read .. ':' .. offset_read == cursor(game) then return { 'events' } end
  return { 'reset', offset > tonumber(top) and 'lost' or 'trimmed', cursor(game) }
end
local first_epoch, first_offset = span(first)
-- Of events that are gone, only the one before the first one kept can be followed without a gap; and only within an epoch, because
-- the event that had this offset in an earlier one may be among those that were lost. Unless the log began again right behind it.
local function begins_behind() return call('HGET', GAME .. game, 'rested_at') == epoch_read .. ':' .. offset_read end
if first_offset == offset + 1 and (offset == 0 or first_epoch == epoch_read or begins_behind()) then return entries('-') end
return { 'reset', offset < first_offset and 'trimmed' or 'lost', cursor(game) }
