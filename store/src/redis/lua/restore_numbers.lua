-- Lets the epoch and the numbers of arrivals of a shard be no lower than those of the shard that a backup was made of: ids of events and
-- ranks of requests only grow. Arguments: an epoch that is over, the latest arrival. Returns nothing.
local before, arrival = unpack(ARGV, 5)
if tonumber(epoch()) <= tonumber(before) then call('SET', EPOCH, int(before + 1)) end
if tonumber(call('GET', SEQUENCE) or '0') < tonumber(arrival) then call('SET', SEQUENCE, int(arrival)) end
