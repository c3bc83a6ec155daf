-- Publishes a chunk of a narration and, with the last one, keeps the narration.
-- ARGV: 2 game, 3 request, 4 token, 5 number of the chunk, 6 data of chat.chunk, 7 events kept,
--       8 the narration's checkpoint (JSON) or ''.
-- Returns 'ok' or 'lost'. A chunk that was published already is not published again.
local game, request = ARGV[2], ARGV[3]
if not holds(game, ARGV[4]) then return 'lost' end
local number = tonumber(ARGV[5])
if number > tonumber(redis.call('HGET', STATUS(request), 'chunks') or '0') then
  redis.call('HSET', STATUS(request), 'chunks', int(number))
  append_event(game, request, 'chat.chunk', ARGV[6], ARGV[7])
end
if ARGV[8] ~= '' then redis.call('HSET', STATUS(request), 'narration', ARGV[8]) end
return 'ok'
