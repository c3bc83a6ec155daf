-- Commits a turn and claims for the slot that this frees. ARGV: 5… what claim takes, 12 '1' to look after what is over,
-- 13… what commit takes.
-- Returns {what commit returns, what claim returns}.
local done, ready = commit(12)
local claims = claim(4, ready ~= nil, ARGV[12] == '1')
-- The slot has taken a game off the ready ones for the one that came to them: only if that is another one, or if it wants
-- none, is there more to do for others than there was.
if ready and (not claims[2] or claims[2][1] ~= ARGV[13]) then wake() end
return { done, claims }
