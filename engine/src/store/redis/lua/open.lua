-- The first script on every new connection: notices that the server has restarted since the engine last saw it.
-- A restart may have lost the latest writes, so offsets may be given out again; the new epoch tells them apart.
-- ARGV[5]: the server's run id. Returns the epoch.
local RUN = P .. 'server-run'
if call('GET', RUN) ~= ARGV[5] then
  local before = tonumber(call('GET', EPOCH) or '0')
  call('SET', EPOCH, int(math.max(NOW, before + 1)))
  call('SET', RUN, ARGV[5])
end
return epoch()
