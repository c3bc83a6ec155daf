-- Accepts a request at the tail of its game's lane, or nothing at all.
-- ARGV: 5 game, 6 request, 7 what to do when the game is busy ('enqueue', 'reject' or 'interrupt'), 8 data of
--       request.queued, 9 how many requests may be queued, 10 how many a lane may hold, 11 idempotency key or '',
--       12 fingerprint of the message, 13… status fields and values.
-- Returns {'accepted', request, status, position, cursor}, {'unknown'}, {'busy'}, {'reused'}, {'lane_full'} or
-- {'queue_full'}. A repeat, by the request's id or by its key, answers what was answered first.
-- `withdraw` is given where it may be told to interrupt.
local function enqueue(withdraw)
  local game, request, if_busy, key, fingerprint = ARGV[5], ARGV[6], ARGV[7], ARGV[11], ARGV[12]

  local function accepted(id)
    local status, position, before = unpack(call('HMGET', STATUS .. id, 'status', 'position', 'cursor'))
    return before and { 'accepted', id, status, position, before }
  end

  local known = accepted(request)
  if known then return known end
  if key ~= '' then
    local holder = call('GET', KEY .. key)
    local answer = holder and accepted(holder)
    if answer then
      return call('HGET', STATUS .. holder, 'fingerprint') == fingerprint and answer or { 'reused' }
    end
  end
  if call('EXISTS', GAME .. game) == 0 then return { 'unknown' } end

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
  if position >= tonumber(ARGV[10]) then return { 'lane_full' } end
  if queued >= tonumber(ARGV[9]) then return { 'queue_full' } end

  for _, waiting in ipairs(interrupted) do withdraw(game, waiting) end
  local place, fields = int(call('INCR', SEQUENCE)), {}
  for i = 13, #ARGV do fields[#fields + 1] = ARGV[i] end
  if key ~= '' then
    for _, field in ipairs({ 'idempotency_key', key, 'fingerprint', fingerprint }) do fields[#fields + 1] = field end
    call('SET', KEY .. key, request)
  end
  local before = admit(game, request, place, position, fields, ARGV[8])
  if position == 0 then
    call('ZADD', READY, place, game)
    wake()
  end
  return { 'accepted', request, 'queued', int(position), before }
end
