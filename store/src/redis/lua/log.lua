-- The functions that read a game's log.

-- The id of a game's latest event.
local function cursor(game)
  local known, offset = unpack(call('HMGET', GAME .. game, 'epoch', 'offset'))
  -- Nothing is written, also where there is no epoch yet: a replica can be read.
  return (known or call('GET', EPOCH) or NOW_TEXT) .. ':' .. (offset or '0')
end

-- Epoch, offset of the first event and offset of the last one of a log's entry.
local function span(entry)
  local id, fields = unpack(entry)
  local time, last = string.match(id, '^(%d+)-(%d+)$')
  -- One that joins chunks says so. In a text the quotes of this member would be escaped.
  local events = #fields / 2 - 1
  if fields[3] == 'chat.chunk' then
    -- Found as it is: a pattern would be tried at each letter of the text.
    local _, before = string.find(fields[4], '"chunks":', 1, true)
    if before then events = string.match(fields[4], '^%d+', before + 1) end
  end
  return time, last - events + 1, tonumber(last)
end
