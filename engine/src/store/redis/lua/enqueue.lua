-- Accepts a request at the tail of its game's lane.
-- ARGV: 2 game, 3 request, 4 '1' to refuse when the game is busy, 5 data of request.queued, 6 events kept,
--       7… status fields and values.
-- Returns {'accepted', position, cursor}, {'unknown'} or {'busy'}. A repeat answers what was answered first.
local game, request = ARGV[2], ARGV[3]
local known = redis.call('HMGET', STATUS(request), 'position', 'cursor')
if known[2] then return { 'accepted', known[1], known[2] } end
if redis.call('EXISTS', GAME(game)) == 0 then return { 'unknown' } end
local position = redis.call('LLEN', LANE(game))
if ARGV[4] == '1' and position > 0 then return { 'busy' } end
local cursor = head(game)
local seq = int(redis.call('INCR', SEQUENCE))
local fields = {}
for i = 7, #ARGV do fields[#fields + 1] = ARGV[i] end
admit(game, request, seq, position, fields, ARGV[5], ARGV[6])
redis.call('RPUSH', LANE(game), request)
if position == 0 then make_ready(game) end
return { 'accepted', int(position), cursor }
