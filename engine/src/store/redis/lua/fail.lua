-- Gives a request up; its game goes on with the next one.
-- ARGV: 2 game, 3 request, 4 token, 5 problem (JSON), 6 status TTL (ms), 7 events kept.
-- Returns 'ok' or 'lost'. A repeat by the same lease answers 'ok'.
local game, request, token = ARGV[2], ARGV[3], ARGV[4]
if not holds(game, token) then
  return was_ended(request, 'fail', token) and 'ok' or 'lost'
end
supersede(game, request, ARGV[7])
ended(request, 'fail', token)
bury(game, request, ARGV[5], ARGV[6], ARGV[7])
free(game)
make_ready(game)
return 'ok'
