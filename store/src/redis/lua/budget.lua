-- Budgets. `used:{bucket}` is a hash of what was used: 't' and an hour, tokens; 'c' and a day, cost (millionths). What a request has reserved counts
-- as used; the field `reserved` of its status says where, in the form of `settle_reserved`. 'rt' and 'rc' are how much of it is reserved. `budget.rs` has the rules.
-- Budgets are JSON: for each {bucket, most tokens in 24 hours, most cost in 30 days}, -1 for no such limit.
local SLOTS_OF_TOKENS = { letter = 't', length = 3600000, kept = 24 }
local SLOTS_OF_COST = { letter = 'c', length = 86400000, kept = 30 }
-- How long (ms) a hash is kept that nobody writes to: 32 days, a day longer than anything in it counts.
local USED_TTL = '2764800000'

local function budgets_of(json) return json == '' and {} or cjson.decode(json) end

local function slot_of(slots) return math.floor(NOW / slots.length) end

-- How long (ms) until less than `most` is used, or nothing if it is.
local function wait_for(used, slots, most)
  if most < 0 then return end
  local now, sum = slot_of(slots), 0
  for slot = now - slots.kept, now do sum = sum + (used[slots.letter .. int(slot)] or 0) end
  if sum < most then return end
  for slot = now - slots.kept, now do
    sum = sum - (used[slots.letter .. int(slot)] or 0)
    if sum < most then return (slot + slots.kept + 1) * slots.length - NOW end
  end
end

-- What is used of a budget, by slot; and the slots that do not count any more.
local function used_of(bucket)
  local used, past = {}, {}
  local stored = call('HGETALL', USED .. bucket)
  for n = 1, #stored, 2 do
    local slots = string.sub(stored[n], 1, 1) == 't' and SLOTS_OF_TOKENS or SLOTS_OF_COST
    local slot = tonumber(string.sub(stored[n], 2))
    if slot and slot < slot_of(slots) - slots.kept then
      past[#past + 1] = stored[n]
    else
      used[stored[n]] = tonumber(stored[n + 1])
    end
  end
  return used, past
end

-- The reply for the first budget that is used up, if there is one: {'used_up', which (from 0), 't' or 'c', retry after (ms)}. What is only
-- reserved does not count if `settled`: most of it comes back.
local function used_up(budgets, settled)
  for n, budget in ipairs(budgets) do
    local bucket, most_tokens, most_cost = unpack(budget)
    local used = used_of(bucket)
    for _, limit in ipairs({ { SLOTS_OF_TOKENS, most_tokens }, { SLOTS_OF_COST, most_cost } }) do
      local slots, most = unpack(limit)
      if settled and most >= 0 then most = most + (used['r' .. slots.letter] or 0) end
      local wait = wait_for(used, slots, most)
      if wait then return { 'used_up', int(n - 1), slots.letter, int(wait) } end
    end
  end
end
