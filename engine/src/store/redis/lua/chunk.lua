-- Publishes a chunk of a narration and, with the last one, keeps the narration.
-- ARGV: 5 game, 6 request, 7 token, 8 number of the chunk, 9 data of chat.chunk, 10 the narration's checkpoint (JSON) or ''.
-- Returns 'ok' or 'lost'. A chunk that was published already is not published again.
local game, request = ARGV[5], ARGV[6]
if not holds(game, ARGV[7]) then return 'lost' end
local number = tonumber(ARGV[8])
if number > tonumber(call('HGET', STATUS .. request, 'chunks') or '0') then
  call('HSET', STATUS .. request, 'chunks', int(number))
  tell(game, 'chat.chunk', ARGV[9], request)
end
if ARGV[10] ~= '' then call('HSET', STATUS .. request, 'narration', ARGV[10]) end
return 'ok'
