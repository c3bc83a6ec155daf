-- What steps that lease have in common.
-- ARGV: 5 lease TTL (ms), 6 attempts a request has, 7 history window, 8 problem (JSON) for a request whose attempts are all
--       lost, 9 '1' where whoever follows a channel may do so at another server.

-- Milliseconds until the earlier of two times, or -1 if there is neither.
local function until_first(one, other)
  local due = one and other and math.min(one, other) or one or other
  return due and math.max(0, math.ceil(due - NOW)) or -1
end

-- A step may append many entries: what is to be told of them is gathered, and put in words at its end where somebody
-- listens.
local channels, unsaid, untold = {}, {}, 0
function say(channel, entry)
  untold = untold + 1
  channels[untold], unsaid[untold] = channel, entry
end

local function say_all()
  if untold == 0 then return end
  local everywhere = ARGV[9] == '1' or call('PUBSUB', 'NUMPAT') > 0
  local followers = call('PUBSUB', 'NUMSUB', unpack(channels))
  for n, channel in ipairs(channels) do
    if everywhere or followers[2 * n] > 0 then call('PUBLISH', channel, frames(unsaid[n])) end
  end
end

-- Leases free games to workers, first those whose head request arrived first.
-- Each of `wants` is {worker, nonce, how many, whether it is known that this nonce has claimed nothing yet, what its part of
-- the reply begins with}. The same nonce gets the same claims again, those whose leases still hold; if none does, it is a new
-- claim.
-- Returns the reply: the milliseconds until a lease or a back-off ends, as far as is known, or -1; then for each want what it
-- begins with, how many claims it has, and of each: game, token, request, attempt, 6 further values of its status in the order
-- in which they are read below, version and document of the game, how many messages of its history follow, and they. It is one
-- list, for a server is slow with lists of lists. Returns also the games that are newly leased, as a set.
-- Before anything is newly leased, `look_after` is called where it is given.
local function claim(wants, look_after)
  local ttl, window = ARGV[5], ARGV[7]
  local lease_ends = NOW + ttl
  local ends = int(lease_ends)
  local reply, size = { '' }, 1

  local function history_of(game)
    return window ~= '0' and call('LRANGE', HISTORY .. game, '-' .. window, '-1') or {}
  end

  local function describe(game, token, request, attempt, status, version, document, history)
    reply[size + 1], reply[size + 2], reply[size + 3], reply[size + 4] = game, token, request, attempt
    for n = 2, 7 do reply[size + 3 + n] = status[n] end
    reply[size + 11], reply[size + 12] = version, document
    size = size + 13
    reply[size] = #history
    for n, message in ipairs(history) do reply[size + n] = message end
    size = size + #history
  end

  local function status_of(record)
    return call('HMGET', record, 'attempt', 'type', 'user_message', 'request', 'idempotency_key', 'narration', 'delta',
      'not_before')
  end

  local function lease(game, request, worker)
    local record, state = STATUS .. request, GAME .. game
    local status, history = status_of(record), history_of(game)
    local version, document, offset, last_fence = unpack(call('HMGET', state, 'version', 'document', 'offset', 'fence'))
    local attempt, fence = int(status[1] + 1), int(last_fence + 1)
    local token = fence .. ':' .. worker .. ':' .. request
    call('HSET', record, 'status', 'processing', 'attempt', attempt, 'started_at', NOW_TEXT, 'worker', worker, 'chunks', '0')
    if status[8] then call('HDEL', record, 'not_before') end
    local now, at = append(game, offset, request, 'request.processing', '{"request_id":"' .. request ..
      '","game_id":"' .. game .. '","type":"' .. status[2] .. '","status":"processing","attempt":' .. attempt ..
      ',"user_message":' .. cjson.encode(status[3]) .. '}')
    call('HSET', state, 'fence', fence, 'epoch', now, 'offset', at)
    call('SET', LOCK .. game, token, 'PX', ttl)
    -- What was read before it was written.
    describe(game, token, request, attempt, status, version, document, history)
    return token
  end

  -- What a worker has claimed: the nonce, then game and token of each, a line each. A worker has few claims under way at a
  -- time, so later ones take the places of earlier ones.
  local function MADE(want) return P .. 'claims:' .. want[1], string.sub(want[2], -3) end

  -- The claims of this nonce whose leases still hold: {game, token} of each.
  local function own(want)
    local made, held = call('HGET', MADE(want)) or '', {}
    local lines = string.sub(made, 1, #want[2] + 1) == want[2] .. '\n' and string.sub(made, #want[2] + 2) or ''
    for game, token in string.gmatch(lines, '([^\n]+)\n([^\n]+)') do
      if holds(game, token) then held[#held + 1] = { game, token } end
    end
    return held
  end

  local again, wanted = {}, 0
  for n, want in ipairs(wants) do
    again[n] = want[4] and {} or own(want)
    if #again[n] > 0 then want[3] = 0 end
    wanted = wanted + want[3]
  end
  local due = look_after and look_after(wanted > 0)
  -- Scripts block the server, so their loops are bounded.
  wanted = math.min(wanted, 512)

  local ready, at = wanted > 0 and call('ZRANGE', READY, '0', int(wanted - 1)) or {}, 0
  local taken, active, begun, leased, records = {}, {}, {}, {}, {}
  for n, want in ipairs(wants) do
    if want[5] then
      size = size + 1
      reply[size] = want[5]
    end
    size = size + 1
    local counted, made, count = size, { want[2] }, 0
    reply[counted] = 0
    for _, held in ipairs(again[n]) do
      local game, token = held[1], held[2]
      -- What was looked after may have been this lease, in the very moment of its end.
      if holds(game, token) then
        local request = head(game)
        local status, state = status_of(STATUS .. request), call('HMGET', GAME .. game, 'version', 'document')
        describe(game, token, request, status[1], status, state[1], state[2], history_of(game))
        reply[counted] = reply[counted] + 1
      end
    end
    while count < want[3] and at < #ready do
      at = at + 1
      local game = ready[at]
      local request = call('ZRANGE', LANE .. game, '0', '0')[1]
      -- One that cannot be leased spoils no other. A server that is full has kept it as it was; anything else would happen
      -- again, and is left to `fsck`.
      local done, token
      if request then done, token = pcall(lease, game, request, want[1]) end
      if request and not done and string.find(problem_of(token), 'OOM command', 1, true) then
        ready = {}
        break
      end
      taken[#taken + 1] = game
      if done then
        made[#made + 1], made[#made + 2], count = game, token, count + 1
        active[#active + 1], active[#active + 2] = ends, game
        begun[#begun + 1], leased[game] = request, true
      end
    end
    if count > 0 then
      reply[counted] = count
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
  reply[1] = until_first(due, #begun > 0 and lease_ends)
  return reply, leased
end
