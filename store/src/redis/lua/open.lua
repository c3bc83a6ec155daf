-- The first script on every new connection: detects that the server has restarted since an engine last saw it.
-- A restart may have lost the latest writes, so the same offsets may be assigned again; the new epoch distinguishes them.
-- Arguments: the server's run id. Returns the epoch.
local run = ARGV[5]
local RUN = P .. 'server-run'
if call('GET', RUN) ~= run then
  local before = tonumber(call('GET', EPOCH) or '0')
  call('SET', EPOCH, int(math.max(NOW, before + 1)))
  call('SET', RUN, run)
end
return epoch()
