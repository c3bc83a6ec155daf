-- Accepts a request at the tail of its game's lane, or changes nothing.
-- Arguments: game, request, what to do when the game is busy ('enqueue', 'reject' or 'interrupt'), data of request.queued, how
-- many requests may be queued, how many a lane may hold, idempotency key or '', fingerprint of the message, the policies of the
-- providers (JSON) or '', the charges (JSON) or '', the budgets (JSON) or '', then status fields and values.
-- Returns {'accepted', request, status, position, cursor, priority}, {'unknown'}, {'busy'}, {'reused'}, {'lane_full'}, {'queue_full'},
-- {'limited', …} or {'used_up', …}. A repeat, by the request's id or by its key, returns what was returned first.
local FIRST_FIELD = 16
memo.policies_text = ARGV[13]
local game, request, if_busy, data, queue_limit, lane_limit, key, fingerprint = unpack(ARGV, 5, 12)

local function accepted(id)
  local status, position, before, priority = unpack(call('HMGET', STATUS .. id, 'status', 'position', 'cursor', 'priority'))
  return before and { 'accepted', id, status, position, before, priority or 'normal' }
end

local known = accepted(request)
if known then return known end
if key ~= '' then
  local holder = holder_of(game, key)
  local reply = holder and accepted(holder)
  if reply then
    return call('HGET', STATUS .. holder, 'fingerprint') == fingerprint and reply or { 'reused' }
  end
end
local own, waits_for, paused = unpack(call('HMGET', GAME .. game, 'provider', 'waits_for', 'paused'))
if not own and call('EXISTS', GAME .. game) == 0 then return { 'unknown' } end

local position, queued = call('ZCARD', LANE .. game), call('ZCARD', QUEUED)
if if_busy == 'reject' and position > 0 then return { 'busy' } end
local interrupted = {}
if if_busy == 'interrupt' then
  for _, waiting in ipairs(call('ZRANGE', LANE .. game, 0, -1)) do
    local kind, status = unpack(call('HMGET', STATUS .. waiting, 'type', 'status'))
    if kind == 'chat' then
      interrupted[#interrupted + 1] = waiting
      position = position - 1
      if status == 'queued' then queued = queued - 1 end
    end
  end
end
if position >= tonumber(lane_limit) then return { 'lane_full' } end
if queued >= tonumber(queue_limit) then return { 'queue_full' } end

local charges = charges_of(ARGV[FIRST_FIELD - 2])
local limited = refused_by(charges, interrupted) or used_up(budgets_of(ARGV[FIRST_FIELD - 1]), true)
if limited then return limited end

for _, waiting in ipairs(interrupted) do cancel(game, waiting) end
local rank, fields = int(call('INCR', SEQUENCE)), {}
for i = FIRST_FIELD, #ARGV do fields[#fields + 1] = ARGV[i] end
local priority = fields[#fields - 1] == 'priority' and fields[#fields] or 'normal'
if key ~= '' then
  for _, field in ipairs({ 'idempotency_key', key, 'fingerprint', fingerprint }) do fields[#fields + 1] = field end
  call('SET', KEY .. game .. ':' .. key, request)
end
-- An interrupted head no longer waits for another provider.
local provider = (paused or #interrupted > 0) and provider_of(game) or waits_for or own or adopt_provider(game)
local before = accept(game, request, rank, position, fields, data, provider)
use_up(charges, request)
return { 'accepted', request, 'queued', int(position), before, priority }
