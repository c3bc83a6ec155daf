-- Reads what is kept beside a game. Arguments: game, then requests that may be its own. Returns the tries (JSON) or nil, the changes, the
-- latest first, and of the requests those of the game that have ended and will expire: each with how long it is kept (ms) and its fields.
local game, requests = ARGV[5], {}
for i = 6, #ARGV do
  local request = ARGV[i]
  local ttl = call('PTTL', STATUS .. request)
  if ttl > 0 and call('HGET', STATUS .. request, 'game_id') == game then
    requests[#requests + 1] = { request, ttl, call('HGETALL', STATUS .. request) }
  end
end
return { call('GET', TRIES .. game), call('LRANGE', CHANGES .. game, '0', '-1'), requests }
