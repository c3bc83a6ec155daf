-- Publishes a chunk of a narration and, with the last one, stores the narration.
-- Arguments: game, request, token, number of the chunk, attempt, the text (JSON), the narration's checkpoint (JSON) or ''.
-- Returns 'ok' or 'lost'. A chunk that was published already is not published again.
local game, request, token, chunk, attempt, content, narration = unpack(ARGV, 5)
if not holds(game, token) then return 'lost' end
local number = tonumber(chunk)
if number > tonumber(call('HGET', STATUS .. request, 'chunks') or '0') then
  call('HSET', STATUS .. request, 'chunks', int(number))
  append_chunk(game, request, attempt, content, narration == '' and 'false' or 'true')
end
if narration ~= '' then call('HSET', STATUS .. request, 'narration', narration) end
return 'ok'
