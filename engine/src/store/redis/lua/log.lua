-- What looks into a game's log needs.

-- The id of a game's latest event.
local function cursor(game)
  local found = call('HMGET', GAME .. game, 'epoch', 'offset')
  return (found[1] or epoch()) .. ':' .. (found[2] or '0')
end

-- Epoch, offset of the first event and offset of the last one of a log's entry.
local function span(entry)
  local time, last = string.match(entry[1], '^(%d+)-(%d+)$')
  local events = #entry[2] / 2 - 1
  return time, last - events + 1, tonumber(last)
end
