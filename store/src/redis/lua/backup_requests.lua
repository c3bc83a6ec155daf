-- Reads the records of requests that have ended and will expire, for a backup. Arguments: the requests. Returns the arguments of
-- `restore_requests.lua`; other requests are left out: they are read with their games.
local reply = {}
for i = 5, #ARGV do
  local request = ARGV[i]
  local ttl, value = call('PTTL', STATUS .. request), call('DUMP', STATUS .. request)
  if value and ttl > 0 then
    for _, part in ipairs({ request, int(ttl), value }) do reply[#reply + 1] = part end
  end
end
return reply
