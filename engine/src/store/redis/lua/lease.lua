-- The part of a step that leases games.
--
--   wants ──► same nonce as an earlier claim? ── yes ──► its claims whose leases still hold (a repeat leases nothing new)
--                 │ no
--         recover_expired ──► expired leases and back-offs become ready again
--                 │
--         first games of `requests:ready`, by the rank of their heads
--                 │ each: fence + 1 ► token ► request 'processing' ► request.processing in the log ► lock (PX)
--         [once for all: out of `ready` and `requests`, into `active`] ──► `claims:{worker}` keeps them for a repeat

-- Milliseconds until the earlier of two times, or -1 if there is neither.
local function until_first(one, other)
  local due = one and other and math.min(one, other) or one or other
  return due and math.max(0, math.ceil(due - NOW)) or -1
end

-- A step may append many entries. They are collected, and at the end of the step rendered and published only on channels that
-- have a subscriber.
local channels, entries, pending = {}, {}, 0
function publish(channel, entry)
  pending = pending + 1
  channels[pending], entries[pending] = channel, entry
end

local function flush()
  if pending == 0 then return end
  local everywhere = IN_CLUSTER == '1' or call('PUBSUB', 'NUMPAT') > 0
  local subscribers = call('PUBSUB', 'NUMSUB', unpack(channels))
  for n, channel in ipairs(channels) do
    if everywhere or subscribers[2 * n] > 0 then call('PUBLISH', channel, frames(entries[n])) end
  end
end

-- Leases free games to workers, first those whose head request arrived first.
-- Each of `wants` has a worker, a nonce, a count, `is_new` (this nonce is known to have claimed nothing yet) and perhaps the
-- outcome with which its part of the reply begins. The same nonce gets the same claims again, those whose leases still hold; if
-- none does, it is a new claim.
-- Returns the reply: the milliseconds until a lease or a back-off ends, as far as is known, or -1; then for each want its outcome
-- if it has one, how many claims it got, and for each claim: game, token, request, attempt, type, user_message, request,
-- idempotency_key, narration, delta, version and document of the game, how many messages of its history follow, the messages. It
-- is one flat list, because the server is slow with nested ones; `leased.rs` reads it. Returns also the set of the games that are
-- newly leased.
-- Before anything is newly leased, `recover_expired` is called where it is given.
local function claim(wants, recover_expired)
  local lease_ends = NOW + LEASE_TTL
  local ends = int(lease_ends)
  local reply, size = { '' }, 1

  local function history_of(game)
    return WINDOW ~= '0' and call('LRANGE', HISTORY .. game, '-' .. WINDOW, '-1') or {}
  end

  -- Of the status: the fields that a claim returns, in their order, then those that a new lease changes.
  local STATUS_FIELDS = 6
  local function status_of(record)
    return call('HMGET', record, 'type', 'user_message', 'request', 'idempotency_key', 'narration', 'delta', 'attempt',
      'not_before')
  end

  local function describe(game, token, request, attempt, status, version, document, history)
    reply[size + 1], reply[size + 2], reply[size + 3], reply[size + 4] = game, token, request, attempt
    size = size + 4
    for n = 1, STATUS_FIELDS do reply[size + n] = status[n] end
    size = size + STATUS_FIELDS
    reply[size + 1], reply[size + 2], reply[size + 3] = version, document, #history
    size = size + 3
    for n, message in ipairs(history) do reply[size + n] = message end
    size = size + #history
  end

  local function lease(game, request, worker)
    local record, state = STATUS .. request, GAME .. game
    local status, history = status_of(record), history_of(game)
    local kind, user_message, _, _, _, _, attempts, not_before = unpack(status)
    local version, document, offset, last_fence = unpack(call('HMGET', state, 'version', 'document', 'offset', 'fence'))
    local attempt, fence = int(attempts + 1), int(last_fence + 1)
    local token = fence .. ':' .. worker .. ':' .. request
    call('HSET', record, 'status', 'processing', 'attempt', attempt, 'started_at', NOW_TEXT, 'worker', worker, 'chunks', '0')
    if not_before then call('HDEL', record, 'not_before') end
    local now, at = append_entry(game, offset, request, 'request.processing',
      request_processing_event(request, game, kind, attempt, cjson.encode(user_message)))
    call('HSET', state, 'fence', fence, 'epoch', now, 'offset', at)
    call('SET', LOCK .. game, token, 'PX', LEASE_TTL)
    -- The fields were read before they were written, so the reply costs no further call.
    describe(game, token, request, attempt, status, version, document, history)
    return token
  end

  -- Where a worker's claim is kept: the nonce, then game and token of each lease, one a line. A worker has few claims under way
  -- at a time, so later ones may overwrite earlier ones.
  local function claims_of(want) return P .. 'claims:' .. want.worker, string.sub(want.nonce, -3) end

  -- The claims of this nonce whose leases still hold: {game, token} of each.
  local function claimed_before(want)
    local made, found = call('HGET', claims_of(want)) or '', {}
    local lines = string.sub(made, 1, #want.nonce + 1) == want.nonce .. '\n' and string.sub(made, #want.nonce + 2) or ''
    for game, token in string.gmatch(lines, '([^\n]+)\n([^\n]+)') do
      if holds(game, token) then found[#found + 1] = { game = game, token = token } end
    end
    return found
  end

  local repeated, wanted = {}, 0
  for n, want in ipairs(wants) do
    repeated[n] = want.is_new and {} or claimed_before(want)
    if #repeated[n] > 0 then want.count = 0 end
    wanted = wanted + want.count
  end
  local due = recover_expired and recover_expired(wanted > 0)
  -- A script blocks the server, so its loops are bounded.
  wanted = math.min(wanted, 512)

  local ready, at = wanted > 0 and call('ZRANGE', READY, '0', int(wanted - 1)) or {}, 0
  local taken, active, begun, leased, records = {}, {}, {}, {}, {}
  for n, want in ipairs(wants) do
    if want.outcome then
      size = size + 1
      reply[size] = want.outcome
    end
    size = size + 1
    local counter, made, count = size, { want.nonce }, 0
    reply[counter] = 0
    for _, held in ipairs(repeated[n]) do
      local game, token = held.game, held.token
      -- Recovery may have ended this very lease, if it expired in this millisecond.
      if holds(game, token) then
        local request = head(game)
        local status = status_of(STATUS .. request)
        local version, document = unpack(call('HMGET', GAME .. game, 'version', 'document'))
        describe(game, token, request, status[STATUS_FIELDS + 1], status, version, document, history_of(game))
        reply[counter] = reply[counter] + 1
      end
    end
    while count < want.count and at < #ready do
      at = at + 1
      local game = ready[at]
      local request = call('ZRANGE', LANE .. game, '0', '0')[1]
      -- A game that cannot be leased must not stop the others. A full server has kept it as it was, so the claim ends here; any
      -- other failure would repeat, so the game leaves the order and `fsck` finds it.
      local done, token
      if request then done, token = pcall(lease, game, request, want.worker) end
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
      reply[counter] = count
      local key, field = claims_of(want)
      local record = records[key] or {}
      record[#record + 1], record[#record + 2], records[key] = field, table.concat(made, '\n'), record
    end
  end
  for key, record in pairs(records) do
    call('HSET', key, unpack(record))
    call('PEXPIRE', key, LEASE_TTL)
  end
  if #taken > 0 then call('ZREM', READY, unpack(taken)) end
  if #begun > 0 then
    call('ZADD', ACTIVE, unpack(active))
    call('ZREM', QUEUED, unpack(begun))
  end
  reply[1] = until_first(due, #begun > 0 and lease_ends)
  return reply, leased
end
