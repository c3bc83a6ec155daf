-- Brings the records of requests back that have ended. Arguments: the game whose requests come back, or '' for all; then request, how long it is kept
-- (ms), value (DUMP), for each. Returns 'done', or why the server refuses a value. A repeat changes nothing.
local only = ARGV[5]
for i = 6, #ARGV, 3 do
  local request, ttl, value = unpack(ARGV, i, i + 2)
  if call('EXISTS', STATUS .. request) == 0 then
    local refused = put(STATUS .. request, ttl, value)
    if refused then return refused end
    -- Only the record itself says whose it is.
    if only == '' or call('HGET', STATUS .. request, 'game_id') == only then
      put_key(request, ttl)
    else
      call('UNLINK', STATUS .. request)
    end
  end
end
return 'done'
