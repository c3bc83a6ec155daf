-- Reserves what an attempt may use of budgets. Arguments: game, request, token, the budgets (JSON), tokens, cost.
-- Returns {'ok'}, {'lost'} or {'used_up', …} (`budget.lua`). A repeat by the same lease changes nothing.
local game, request, token, budgets, tokens, cost = unpack(ARGV, 5)
if not holds(game, token) then return { 'lost' } end
local reserved = call('HGET', STATUS .. request, 'reserved')
if reserved and string.sub(reserved, 1, #token + 1) == token .. '\n' then return { 'ok' } end
budgets = budgets_of(budgets)
local refused = used_up(budgets, reserved)
if refused then return refused end

if reserved then settle_reserved(reserved, 0, 0) end
local hour, day, lines = int(slot_of(SLOTS_OF_TOKENS)), int(slot_of(SLOTS_OF_COST)), { token .. '\n' }
for _, budget in ipairs(budgets) do
  local bucket = budget[1]
  local _, past = used_of(bucket)
  if #past > 0 then call('HDEL', USED .. bucket, unpack(past)) end
  call('HINCRBY', USED .. bucket, 't' .. hour, tokens)
  call('HINCRBY', USED .. bucket, 'c' .. day, cost)
  call('HINCRBY', USED .. bucket, 'rt', tokens)
  call('HINCRBY', USED .. bucket, 'rc', cost)
  call('PEXPIRE', USED .. bucket, USED_TTL)
  lines[#lines + 1] = table.concat({ bucket, hour, day, tokens, cost }, ' ') .. '\n'
end
call('HSET', STATUS .. request, 'reserved', table.concat(lines))
return { 'ok' }
