-- Leases free games to one worker. ARGV: 5–9 as in lease.lua, 10 worker, 11 nonce, 12 how many.
-- Returns {ms until a back-off or lease ends or -1, claim…}.
local replies = { {} }
local _, due = claim({ { ARGV[10], ARGV[11], tonumber(ARGV[12]) } }, replies, look_after)
say_all()
return { due, unpack(replies[1]) }
