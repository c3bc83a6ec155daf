-- Lets the leases of a worker's earlier processes expire now, so that the next claim recovers them. Arguments: the beginning of
-- their ids, which is the worker's name and a dot; the id of its present process; how many leases are looked at.
-- Returns how many leases have ended. A process that is gone renews nothing, so its leases are among those that expire first.
local beginning, own, limit = unpack(ARGV, 5)
local function is_former(worker)
  return worker ~= own and string.sub(worker, 1, #beginning) == beginning
    and string.match(string.sub(worker, #beginning + 1), '^%x%x%x%x%x%x%x%x$')
end

local ended = 0
for _, game in ipairs(call('ZRANGE', ACTIVE, '0', int(limit - 1))) do
  local worker = string.match(lease_of(game) or '', '^%d+:(.*):[^:]*$')
  if worker and is_former(worker) then
    call('DEL', LOCK .. game)
    call('ZADD', ACTIVE, NOW_TEXT, game)
    wake()
    ended = ended + 1
  end
end
for _, worker in ipairs(call('ZRANGE', WORKERS, '0', '-1')) do
  if is_former(worker) then call('ZREM', WORKERS, worker) end
end
return ended
