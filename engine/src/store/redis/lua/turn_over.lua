-- Commits turns and claims for the slots that this frees: all commits first, then all claims.
-- ARGV: 5–9 as in lease.lua, 10 as in commit.lua, then for each turn: worker, nonce ('' to claim nothing), how many to claim,
--       number of arguments n of its commit, n arguments.
-- Returns what lease.lua replies, in which each turn begins with what commit_all answers.
local function turn_over(look_after)
  local turns, wants, at, count = {}, {}, 11, 0
  while at <= #ARGV do
    local first, last = at + 4, at + 3 + ARGV[at + 3]
    count = count + 1
    turns[count], wants[count] = { first, last }, { ARGV[at], ARGV[at + 1], 0 + ARGV[at + 2] }
    at = last + 1
  end
  local answers, ready = commit_all(turns)
  for n, turn in ipairs(turns) do wants[n][4], wants[n][5] = turn[3] or wants[n][2] == '', answers[n] end
  local reply, leased = claim(wants, look_after)
  -- Idle workers are told of the games that have become ready and are not among those that the slots have taken.
  local tokens = {}
  for n = 2, #ready, 2 do
    if not leased[ready[n]] then tokens[#tokens + 1] = '1' end
  end
  if #tokens > 0 then wake(tokens) end
  say_all()
  return reply
end
