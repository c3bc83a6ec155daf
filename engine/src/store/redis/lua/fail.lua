-- Gives a request up; its game goes on with the next one. ARGV: 5 game, 6 request, 7 token, 8 problem (JSON).
-- Returns 'ok' or 'lost'. A repeat by the same lease answers 'ok'.
local game, request, token = ARGV[5], ARGV[6], ARGV[7]
if not holds(game, token) then
  return was_ended(request, 'fail', token) and 'ok' or 'lost'
end
supersede(game, request)
record(request, 'failed', ARGV[8])
ended(request, 'fail', token)
bury(game, request, ARGV[8])
free(game)
make_ready(game)
return 'ok'
