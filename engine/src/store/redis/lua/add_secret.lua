-- Stores a key, or a capability of a game, under the beginning of its hash. A record is when it was made and when it ends to be
-- valid (ms, or '-'), then what it is (JSON), separated by spaces.
-- Arguments: the game or '', id, how long it is valid (ms) or '', what it is (JSON), how many there may be.
-- Returns {'done', record}, {'full'} or {'unknown'}. A repeat returns the record that is stored.
local game, id, ttl, body, most = unpack(ARGV, 5, 9)
if game ~= '' and call('EXISTS', GAME .. game) == 0 then return { 'unknown' } end
local all = game == '' and API_KEYS or CAPABILITIES .. game
local known = call('HGET', all, id)
if known then return { 'done', known } end
if game ~= '' then
  for _, other in ipairs(call('HKEYS', all)) do
    local ends = tonumber((string.match(call('HGET', all, other), '^%S+ (%S+)')))
    if ends and ends <= NOW then call('HDEL', all, other) end
  end
end
if call('HLEN', all) >= tonumber(most) then return { 'full' } end
-- The end of the year 9999 at the latest: a time that can be written.
local ends = ttl == '' and '-' or int(math.min(NOW + tonumber(ttl), 253402207200000))
local record = NOW_TEXT .. ' ' .. ends .. ' ' .. body
call('HSET', all, id, record)
return { 'done', record }
