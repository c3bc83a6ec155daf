-- Records a fault that no attempt has met. Arguments: provider, reason, detail, retry after, probe delay and longest probe delay
-- (ms). Returns nothing.
local provider, reason, detail, retry_after, delay, longest = unpack(ARGV, 5)
local before = circuit_of(provider)
record_fault(provider, reason, detail, tonumber(retry_after), tonumber(delay), tonumber(longest), '')
-- Idle workers learn of its first probe.
if before == 'closed' then wake() end
