-- Makes a request a dead letter; its game continues with the next one. Arguments: game, request, token, the problem in
-- full (JSON), and as players may read it.
-- Returns 'ok' or 'lost'. A repeat by the same lease returns 'ok'.
local game, request, token, problem, shown = unpack(ARGV, 5)
if not holds(game, token) then
  return was_ended(request, 'fail', token) and 'ok' or 'lost'
end
supersede(game, request)
record_attempt(request, 'failed', problem)
record_end(request, 'fail', token)
dead_letter(game, request, shown)
free(game)
make_ready(game)
return 'ok'
