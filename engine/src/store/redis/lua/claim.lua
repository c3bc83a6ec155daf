-- Leases free games to one worker. ARGV: 5–8 as in lease.lua, 9 worker, 10 nonce, 11 how many.
-- Returns {ms until a back-off or lease ends or -1, claim…}.
local replies = { {} }
local _, due = claim({ { ARGV[9], ARGV[10], tonumber(ARGV[11]) } }, replies, look_after)
return { due, unpack(replies[1]) }
