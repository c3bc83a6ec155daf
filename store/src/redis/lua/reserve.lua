-- Reserves what an attempt may use of budgets, or puts another amount in the place of what it has reserved. What an earlier attempt of the request has
-- reserved counts as used from then on; a turn that has begun goes on, whatever is used. Arguments: game, request, token, the budgets (JSON), tokens, cost.
-- Returns {'ok'}, {'lost'}, {'wait'} where only what others have reserved is in the way, or {'used_up', …} (`budget.lua`).
local game, request, token, budgets, tokens, cost = unpack(ARGV, 5)
if not holds(game, token) then return { 'lost' } end
local reserved = call('HGET', STATUS .. request, 'reserved')
local is_own = reserved and string.sub(reserved, 1, #token + 1) == token .. '\n'
budgets = budgets_of(budgets)
local refused = not reserved and used_up(budgets)
if refused then return used_up(budgets, true) and refused or { 'wait' } end

if reserved then settle_reserved(reserved, is_own and 0, 0) end
local hour, day, lines = int(slot_of(SLOTS_OF_TOKENS)), int(slot_of(SLOTS_OF_COST)), { token .. '\n' }
for _, budget in ipairs(budgets) do
  local bucket = budget[1]
  local used = USED .. bucket
  local _, past = used_of(bucket)
  if #past > 0 then call('HDEL', used, unpack(past)) end
  call('HINCRBY', used, 't' .. hour, tokens)
  call('HINCRBY', used, 'c' .. day, cost)
  call('HINCRBY', used, 'rt', tokens)
  call('HINCRBY', used, 'rc', cost)
  call('PEXPIRE', used, USED_TTL)
  lines[#lines + 1] = table.concat({ bucket, hour, day, tokens, cost }, ' ') .. '\n'
end
call('HSET', STATUS .. request, 'reserved', table.concat(lines))
return { 'ok' }
