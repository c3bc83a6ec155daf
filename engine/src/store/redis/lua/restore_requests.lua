-- Brings the records of requests back that have ended. Arguments: request, how long it is kept (ms), value (DUMP), for each. Returns
-- 'done', or why the server refuses a value. A repeat changes nothing.
for i = 5, #ARGV, 3 do
  local request, ttl, value = unpack(ARGV, i, i + 2)
  if call('EXISTS', STATUS .. request) == 0 then
    local refused = put(STATUS .. request, ttl, value)
    if refused then return refused end
    put_key(request, ttl)
  end
end
return 'done'
