-- Commits turns and claims for the slots that this frees: all commits first, then all claims.
--
--   turns of one process        this step                                     the store
--   ┌ turn A: commit, claim ┐                                        ┌ A's effects
--   ├ turn B: commit        ├──►  commit A │ commit B │ commit C  ──►├ B's effects    each all or nothing
--   └ turn C: commit, claim ┘         (a failed one writes nothing)  └ C's effects
--                                 then one look at the ready games ──►  leases for A's and C's slots, in arrival order
--                                 then one PUBLISH for each channel with a subscriber
--
-- Claims come after all commits, so a game that one of them frees is claimed in arrival order with the others.
--
-- Arguments: those of terms.lua, those of commit.lua, '1' to recover what has expired before the claims, then for each turn: worker, nonce ('' to claim nothing), how many games to
-- claim, the number n of arguments of its commit, n arguments.
-- Returns the reply of lease.lua, in which each turn begins with the outcome of its commit.
local RECOVERS, FIRST_TURN = 16, 17
read_terms()
publish_at_the_end()
local turns, wants, at, count = {}, {}, FIRST_TURN, 0
while at <= #ARGV do
  local worker, nonce, slots, length = unpack(ARGV, at, at + 3)
  local first, last = at + 4, at + 3 + length
  count = count + 1
  turns[count] = { first = first, last = last }
  wants[count] = { worker = worker, nonce = nonce, count = 0 + slots }
  at = last + 1
end
local outcomes, ready = commit_all(turns)
for n, turn in ipairs(turns) do
  local want = wants[n]
  want.is_new, want.outcome = turn.is_new or want.nonce == '', outcomes[n]
end
local reply, leased = claim(wants, ARGV[RECOVERS] == '1')
-- Wakes a worker for each game that has become ready and that no slot of this call has taken.
local tokens = {}
for _, game in ipairs(ready) do
  if not leased[game] then tokens[#tokens + 1] = '1' end
end
if #tokens > 0 then wake(tokens) end
flush()
return reply
