-- Publishes chunks of narrations, each of another attempt, and with the last one of a narration stores the narration.
-- Arguments of each chunk: game, request, token, its number, attempt, the text (JSON), the narration's checkpoint (JSON) or ''.
-- Returns of each 'ok', 'lost', or 'error ' and the server's message. A chunk that was published already is not published again; one
-- that fails leaves the others as they are.
local FIRST, WIDTH = 5, 7

local function publish_chunk(first)
  local game, request, _, chunk, attempt, content, narration = unpack(ARGV, first, first + WIDTH - 1)
  local offset, tail, published = unpack(call('HMGET', GAME .. game, 'offset', 'tail', 'published'))
  if tonumber(chunk) > tonumber(published or '0') then
    -- What `supersede` asks for: whether the attempt has published anything.
    if not published or published == '0' then call('HSET', STATUS .. request, 'chunks', '1') end
    append_chunk(game, offset, tail, request, attempt, content, narration == '' and 'false' or 'true', chunk)
  end
  if narration ~= '' then call('HSET', STATUS .. request, 'narration', narration) end
  return 'ok'
end

local keys, replies = {}, {}
for first = FIRST, #ARGV, WIDTH do keys[#keys + 1] = LOCK .. ARGV[first] end
local count = #keys
keys[count + 1] = EPOCH
local tokens = call('MGET', unpack(keys))
memo.epoch = tokens[count + 1]
for n = 1, count do
  local first = FIRST + (n - 1) * WIDTH
  if tokens[n] == ARGV[first + 2] then
    local done, outcome = pcall(publish_chunk, first)
    replies[n] = done and outcome or 'error ' .. problem_of(outcome)
  else
    replies[n] = 'lost'
  end
end
return replies
