-- Stores a key, or a capability of a game, under the beginning of its hash. A record is when it was made and when it ends to be
-- valid (ms, or '-'), then what it is (JSON), separated by spaces.
-- Arguments: the game or '', id, how long it is valid (ms) or '', what it is (JSON), how long tickets are valid (ms), 'ticket' or '',
-- how many there may be.
-- Tickets are told apart from other capabilities by their lifetime, and neither count as the other. Of tickets the oldest end.
-- Returns {'done', record}, {'full'} or {'unknown'}. A repeat returns the record that is stored.
local game, id, ttl, body, lifetime, kind, most = unpack(ARGV, 5, 11)
if game ~= '' and call('EXISTS', GAME .. game) == 0 then return { 'unknown' } end
local all = game == '' and API_KEYS or CAPABILITIES .. game
local known = call('HGET', all, id)
if known then return { 'done', known } end
local count, alike = 0, {}
if game == '' then
  count = call('HLEN', all)
else
  for _, other in ipairs(call('HKEYS', all)) do
    local made, ends = string.match(call('HGET', all, other), '^(%S+) (%S+)')
    made, ends = tonumber(made), tonumber(ends)
    local is_ticket = ends and made and ends - made == tonumber(lifetime) or false
    if ends and ends <= NOW then
      call('HDEL', all, other)
    elseif is_ticket == (kind == 'ticket') then
      count = count + 1
      alike[count] = { made or 0, other }
    end
  end
end
local excess = count + 1 - tonumber(most)
if excess > 0 and kind ~= 'ticket' then return { 'full' } end
if excess > 0 then
  table.sort(alike, function(a, b) return a[1] < b[1] or a[1] == b[1] and a[2] < b[2] end)
  for n = 1, math.min(excess, count) do call('HDEL', all, alike[n][2]) end
end
-- The end of the year 9999 at the latest: a time that can be written.
local ends = ttl == '' and '-' or int(math.min(NOW + tonumber(ttl), 253402207200000))
local record = NOW_TEXT .. ' ' .. ends .. ' ' .. body
call('HSET', all, id, record)
return { 'done', record }
