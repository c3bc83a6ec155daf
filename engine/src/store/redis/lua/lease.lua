-- Milliseconds until the earlier of two times, or -1 if there is neither.
local function until_first(one, other)
  local due = one and other and math.min(one, other) or one or other
  return due and math.max(0, math.ceil(due - NOW)) or -1
end

-- What steps that lease have in common.
-- ARGV: 5 lease TTL (ms), 6 attempts a request has, 7 history window, 8 problem (JSON) for a request whose attempts are all
--       lost, 9 '1' where whoever follows a channel may do so at another server.

-- A step may append many events: what it says is gathered, a message for each channel, and said at its end where somebody
-- listens.
local channels, unsaid = {}, {}
function say(channel, frames)
  if unsaid[channel] then
    frames = unsaid[channel] .. '\n' .. frames
  else
    channels[#channels + 1] = channel
  end
  unsaid[channel] = frames
end

local function say_all()
  if #channels == 0 then return end
  local everywhere = ARGV[9] == '1' or call('PUBSUB', 'NUMPAT') > 0
  local followers = call('PUBSUB', 'NUMSUB', unpack(channels))
  for n, channel in ipairs(channels) do
    if everywhere or followers[2 * n] > 0 then call('PUBLISH', channel, unsaid[channel]) end
  end
end

-- Leases free games to workers, first those whose head request arrived first.
-- Each of `wants` is {worker, nonce, how many, whether it is known that this nonce has claimed nothing yet}. The same nonce
-- gets the same claims again, those whose leases still hold; if none does, it is a new claim.
-- Appends to each of `replies` the claims of the want in the same place: {game, token, request, values of its status, values
-- of the game, history}, the values in the order in which they are read below. Before anything is newly leased,
-- `look_after` is called where it is given. Returns the games that are newly leased, as a set, and the milliseconds until a
-- lease or a back-off ends, as far as is known, or -1.
local function claim(wants, replies, look_after)
  local ttl, window = tonumber(ARGV[5]), tonumber(ARGV[7])
  local ends = int(NOW + ttl)

  -- What only a request that was claimed before can have is not looked for in one that was not.
  local function status_of(status)
    local values = call('HMGET', status, 'attempt', 'started_at', 'type', 'user_message', 'request', 'idempotency_key',
      'enqueued_at', 'cursor', 'first_cursor')
    if values[2] or values[9] then
      for n, value in ipairs(call('HMGET', status, 'error', 'narration', 'delta', 'not_before')) do values[9 + n] = value end
    end
    return values
  end

  local function state_of(state)
    return call('HMGET', state, 'epoch', 'offset', 'version', 'document', 'created_at', 'updated_at', 'fence')
  end

  local function describe(game, token, request, status, state)
    return { game, token, request, status, state, window > 0 and call('LRANGE', HISTORY .. game, -window, -1) or {} }
  end

  local function lease(game, request, worker)
    local record, game_state = STATUS .. request, GAME .. game
    local status, state = status_of(record), state_of(game_state)
    local attempt, fence = int(tonumber(status[1]) + 1), int(tonumber(state[7]) + 1)
    local token = fence .. ':' .. worker .. ':' .. request
    call('HSET', record, 'status', 'processing', 'attempt', attempt, 'started_at', NOW_TEXT,
      'worker', worker, 'chunks', '0')
    if status[13] then call('HDEL', record, 'not_before') end
    status[13] = nil
    local now, offset = append(game, tonumber(state[2]), request, 'request.processing', members(game, request) ..
      ',"type":"' .. status[3] .. '","status":"processing","attempt":' .. attempt .. ',"user_message":' ..
      cjson.encode(status[4]) .. '}')
    call('HSET', game_state, 'fence', fence, 'epoch', now, 'offset', offset)
    call('SET', LOCK .. game, token, 'PX', ttl)
    -- What was read before it was written.
    status[1], status[2], state[1], state[2] = attempt, NOW_TEXT, now, offset
    return describe(game, token, request, status, state)
  end

  -- What a worker has claimed: the nonce, then game and token of each, a line each. A worker has few claims under way at a
  -- time, so later ones take the places of earlier ones.
  local function MADE(want) return P .. 'claims:' .. want[1], string.sub(want[2], -3) end

  local wanted = 0
  for n, want in ipairs(wants) do
    local reply, before = replies[n], #replies[n]
    local made = not want[4] and call('HGET', MADE(want)) or ''
    local own = string.sub(made, 1, #want[2] + 1) == want[2] .. '\n' and string.sub(made, #want[2] + 2) or ''
    for game, token in string.gmatch(own, '([^\n]+)\n([^\n]+)') do
      if holds(game, token) then
        local request = head(game)
        reply[#reply + 1] = describe(game, token, request, status_of(STATUS .. request), state_of(GAME .. game))
      end
    end
    if #reply > before then want[3] = 0 end
    wanted = wanted + want[3]
  end
  local due = look_after and look_after(wanted > 0)
  if wanted == 0 then return {}, until_first(due) end
  -- Scripts block the server, so their loops are bounded.
  wanted = math.min(wanted, 512)

  local ready, at = call('ZRANGE', READY, 0, wanted - 1), 0
  local taken, active, begun, leased, records = {}, {}, {}, {}, {}
  for n, want in ipairs(wants) do
    local made, count = { want[2] }, 0
    while count < want[3] and at < #ready do
      at = at + 1
      local game = ready[at]
      local request = head(game)
      -- One that cannot be leased spoils no other. A server that is full has kept it as it was; anything else would happen
      -- again, and is left to `fsck`.
      local done, answer
      if request then done, answer = pcall(lease, game, request, want[1]) end
      if request and not done and string.find(problem_of(answer), 'OOM command', 1, true) then
        ready = {}
        break
      end
      taken[#taken + 1] = game
      if done then
        replies[n][#replies[n] + 1] = answer
        made[#made + 1], made[#made + 2], count = game, answer[2], count + 1
        active[#active + 1], active[#active + 2] = ends, game
        begun[#begun + 1], leased[game] = request, true
      end
    end
    if count > 0 then
      local worker, field = MADE(want)
      local record = records[worker] or {}
      record[#record + 1], record[#record + 2], records[worker] = field, table.concat(made, '\n'), record
    end
  end
  for worker, record in pairs(records) do
    call('HSET', worker, unpack(record))
    call('PEXPIRE', worker, ttl)
  end
  if #taken > 0 then call('ZREM', READY, unpack(taken)) end
  if #begun > 0 then
    call('ZADD', ACTIVE, unpack(active))
    call('ZREM', QUEUED, unpack(begun))
  end
  return leased, until_first(due, #begun > 0 and NOW + ttl)
end
