-- The part of a step that leases games.
--
--   wants ──► same nonce as an earlier claim? ── yes ──► its claims whose leases still hold (a repeat leases nothing new)
--                 │ no
--         recover_expired ──► expired leases and back-offs become ready again
--                 │
--         first games of `requests:ready:{provider}`, of all providers that get calls, by their order keys
--                 │ in fair order: the first of the same tenant by priority, which takes that place (`priority.lua`)
--                 │ each: fence + 1 ► token ► request 'processing' ► request.processing in the log ► lock (PX)
--         [once for all: out of `ready` and `requests`, into `active`] ──►  `claims:{worker}` keeps them for a repeat

-- Milliseconds until the earlier of two times, or -1 if there is neither.
local function until_first(one, other)
  local due = one and other and math.min(one, other) or one or other
  return due and math.max(0, math.ceil(due - NOW)) or -1
end

-- A step that appends many entries collects them, and at its end renders and publishes them only on channels that have a subscriber.
-- To ask which have one costs as much as to publish on this many.
local NOT_ASKED = 4
local function publish_at_the_end() memo.pending = { channels = {}, entries = {} } end

local function flush()
  local channels, entries = memo.pending.channels, memo.pending.entries
  if #channels == 0 then return end
  local everywhere = #channels <= NOT_ASKED or IN_CLUSTER == '1' or call('PUBSUB', 'NUMPAT') > 0
  local subscribers = everywhere or call('PUBSUB', 'NUMSUB', unpack(channels))
  for n, channel in ipairs(channels) do
    if everywhere or subscribers[2 * n] > 0 then call('PUBLISH', channel, frames(entries[n])) end
  end
end

-- The ready games of the providers that get calls and are not paused, at most `wanted` of each, in order (`order_key_of`). Each has game, order key, the
-- `name` under which it is ready, the `provider` that will serve it, and `is_probe`. Returns also when the next probe may begin,
-- if a game waits for it, and the free slots of the providers that have a limit.
local function candidates(wanted)
  local found, sources, due, slots = {}, 0, nil, {}
  if is_paused() then return found, due, slots end
  local all = circuits()
  for n = 1, #all, 2 do
    local name, circuit = all[n], all[n + 1]
    local serving, probes = name, false
    if is_paused(name) then
      serving = nil
    elseif circuit ~= 'closed' then
      serving = fallback_of(name)
      local probe_at = tonumber(call('HGET', PROVIDER .. name, 'probe_at'))
      if circuit == 'half_open' then
        probes = not is_probed(name)
      elseif probe_at <= NOW then
        probes = true
      elseif #first_ready(name, 1) > 0 then
        due = math.min(due or probe_at, probe_at)
      end
    end
    local count = serving and wanted or 0
    if serving and not slots[serving] then slots[serving] = free_slots(serving) end
    if slots[serving] then count = math.min(count, slots[serving]) end
    if probes then count = math.max(count, 1) end
    if count > 0 then
      local games = first_ready(name, count)
      if #games > 0 then sources = sources + 1 end
      for i = 1, #games, 2 do
        local is_probe = probes and i == 1
        found[#found + 1] = { game = games[i], order_key = games[i + 1] + 0, name = name, provider = is_probe and name or serving,
          is_probe = is_probe }
      end
    end
  end
  -- There may be more to hold: the next claim goes on at once.
  if may_hold() == 0 then due = NOW end
  if sources > 1 then table.sort(found, function(one, other) return one.order_key < other.order_key end) end
  return found, due, slots
end

-- A game that has had the turn of another leaves its place among the candidates from `first` on to that one.
local function replace(candidates, first, game, other)
  for n = first, #candidates do
    if candidates[n].game == game then
      candidates[n].game = other
      return
    end
  end
end

-- The end of a game's history, which a claim returns.
local function history_of(game)
  return WINDOW ~= '0' and call('LRANGE', HISTORY .. game, '-' .. WINDOW, '-1') or {}
end

-- Of the status: the fields that a claim returns, in their order, then those that a new lease changes.
local STATUS_FIELDS = 8
local function status_of(record)
  return call('HMGET', record, 'type', 'user_message', 'request', 'idempotency_key', 'narration', 'delta',
    'enqueued_at', 'started_at', 'attempt', 'not_before')
end

-- The story events that may be narrated in the turn of a head of this status: those that wait directly behind it. One that has a narration
-- of its own, as a dead letter that is retried may, was read already and is narrated by itself. So is a head of which an attempt has failed: perhaps over
-- one of the others.
local function companions_of(game, request, status)
  local found = {}
  if STORY_EVENT_BATCH == '1' or status[1] ~= 'story_event' or status[5] or call('HEXISTS', STATUS .. request, 'error') == 1 then
    return found
  end
  for _, behind in ipairs(call('ZRANGE', LANE .. game, '1', int(STORY_EVENT_BATCH - 1))) do
    local kind, record, narration = unpack(call('HMGET', STATUS .. behind, 'type', 'request', 'narration'))
    if kind ~= 'story_event' or not record or narration then break end
    found[#found + 1], found[#found + 2] = behind, record
  end
  return found
end

-- Adds a claim to the reply.
local function describe(reply, game, token, request, provider, is_probe, attempt, status, version, document, history)
  local size = #reply
  reply[size + 1], reply[size + 2], reply[size + 3] = game, token, request
  reply[size + 4], reply[size + 5], reply[size + 6] = provider, is_probe and '1' or '0', attempt
  size = size + 6
  -- A field that is not there is `false`, which is no end of the list.
  for n = 1, STATUS_FIELDS do reply[size + n] = status[n] end
  size = size + STATUS_FIELDS
  reply[size + 1], reply[size + 2], reply[size + 3] = version, document, #history
  size = size + 3
  for n, message in ipairs(history) do reply[size + n] = message end
  size = size + #history + 1
  local companions = companions_of(game, request, status)
  reply[size] = #companions / 2
  for n, value in ipairs(companions) do reply[size + n] = value end
end

-- Leases a game and adds the claim to the reply. Returns the token and the request's type, or nothing if the game turns out to be leased already.
local function lease(reply, game, request, worker, provider, is_probe)
  local record, state = STATUS .. request, GAME .. game
  local status, history = status_of(record), history_of(game)
  local kind, user_message, _, _, _, _, _, _, attempts, not_before = unpack(status)
  status[STATUS_FIELDS] = NOW_TEXT
  local version, document, offset, last_fence, own, waits_for, tail =
    unpack(call('HMGET', state, 'version', 'document', 'offset', 'fence', 'provider', 'waits_for', 'tail'))
  local attempt, fence = int(attempts + 1), int(last_fence + 1)
  local token = fence .. ':' .. worker .. ':' .. request
  -- An engine of an earlier release may have leased a game that is in this order too.
  if not call('SET', LOCK .. game, token, 'PX', LEASE_TTL, 'NX') then return end
  call('HSET', record, 'status', 'processing', 'attempt', attempt, 'started_at', NOW_TEXT, 'worker', worker, 'chunks', '0')
  if not_before then call('HDEL', record, 'not_before') end
  local now, at = append_entry(game, offset, tail, request, 'request.processing',
    request_processing_event(request, game, kind, attempt, cjson.encode(user_message)))
  call('HSET', state, 'fence', fence, 'epoch', now, 'offset', at, 'published', '0')
  if waits_for then call('HDEL', state, 'waits_for') end
  local limit = policy(provider).max_concurrent
  if limit or is_probe or provider ~= own then call('HSET', state, 'serves', provider) end
  if limit then call('SADD', SLOTS .. provider, game) end
  if is_probe then
    call('HSET', PROVIDERS, provider, 'half_open')
    memo.circuits = nil
    call('HSET', PROVIDER .. provider, 'probe', token, 'probe_game', game)
  end
  -- The fields were read before they were written, so the reply costs no further call.
  describe(reply, game, token, request, provider, is_probe, attempt, status, version, document, history)
  return token, kind
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

-- Leases free games to workers, first those whose head request arrived first; in fair order, those that start first.
-- Each of `wants` has a worker, a nonce, a count, `is_new` (this nonce is known to have claimed nothing yet) and perhaps the
-- outcome with which its part of the reply begins. The same nonce gets the same claims again, those whose leases still hold; if
-- none does, it is a new claim.
-- Returns the reply: the milliseconds until a lease or a back-off ends, as far as is known, or -1, or -2 for a worker that an
-- operator drains; then for each want its outcome
-- if it has one, how many claims it got, and for each claim: game, token, request, provider, whether it is the provider's probe ('1' or '0'), attempt, type, user_message, request,
-- idempotency_key, narration, delta, enqueued_at, started_at, version and document of the game, how many messages of its history follow, the messages,
-- how many companions follow, and of each its id and its request. It is one flat list, because the server is slow with nested ones; `leased.rs` reads it. Returns also the set of the games that are
-- newly leased.
-- Before anything is newly leased, what has expired is recovered if `recovers`.
local function claim(wants, recovers)
  local lease_ends = NOW + LEASE_TTL
  local ends = int(lease_ends)
  local reply = { '' }

  local repeated, wanted, is_drained = {}, 0, false
  for n, want in ipairs(wants) do
    repeated[n] = want.is_new and {} or claimed_before(want)
    is_drained = is_drained or pauses()['worker:' .. want.worker]
    if #repeated[n] > 0 or is_drained then want.count = 0 end
    wanted = wanted + want.count
  end
  local due = recovers and recover_expired(wanted > 0)
  -- A script blocks the server, so its loops are bounded.
  wanted = math.min(wanted, 512)

  local ready, at, probe_due, slots = {}, 0, nil, nil
  if wanted > 0 then
    -- One tenant in a step: of several, the next claim goes on with another.
    local going = pauses().going
    if going[1] and (let_go(going[1]) or #going > 1) then due = NOW end
    ready, probe_due, slots = candidates(wanted)
  end
  if probe_due then due = math.min(due or probe_due, probe_due) end
  local taken, active, begun, story_events, leased, records = {}, {}, {}, {}, {}, {}
  for n, want in ipairs(wants) do
    if want.outcome then reply[#reply + 1] = want.outcome end
    local counter, made, count = #reply + 1, { want.nonce }, 0
    reply[counter] = 0
    for _, held in ipairs(repeated[n]) do
      local game, token = held.game, held.token
      -- Recovery may have ended this very lease, if it expired in this millisecond.
      if holds(game, token) then
        local request = head(game)
        local status = status_of(STATUS .. request)
        local version, document, own, serves =
          unpack(call('HMGET', GAME .. game, 'version', 'document', 'provider', 'serves'))
        local provider = serves or own or adopt_provider(game)
        local is_probe = call('HGET', PROVIDER .. provider, 'probe') == token
        describe(reply, game, token, request, provider, is_probe, status[STATUS_FIELDS + 1], status, version, document, history_of(game))
        reply[counter] = reply[counter] + 1
      end
    end
    while count < want.count and at < #ready do
      local candidate = ready[at + 1]
      local game, other_key, name, provider, is_probe = candidate.game, nil, candidate.name, candidate.provider, candidate.is_probe
      local free = slots[provider]
      local gets_call = not free or free > 0 or is_probe
      local tenant = FAIR and gets_call and tenant_of(game)
      if tenant then game, other_key = turn_of(tenant, name, game) end
      local request = call('ZRANGE', LANE .. game, '0', '0')[1]
      if gets_call then
        -- A game that cannot be leased must not stop the others. It would fail again, so it leaves the order, and `fsck` finds it.
        local done, token, kind
        if request then done, token, kind = pcall(lease, reply, game, request, want.worker, provider, is_probe) end
        local gone = taken[name] or {}
        gone[#gone + 1], taken[name] = game, gone
        -- At once: it must not have another turn of this step.
        if tenant then leave_priorities(tenant, name, game) end
        if done and token then
          if free then slots[provider] = free - 1 end
          made[#made + 1], made[#made + 2], count = game, token, count + 1
          active[#active + 1], active[#active + 2] = ends, game
          begun[#begun + 1], leased[game] = request, true
          if kind == 'story_event' then story_events[#story_events + 1] = request end
          if tenant then has_begun(tenant, candidate.order_key) end
          if other_key then
            exchange_starts(name, request, candidate.order_key, candidate.game, other_key)
            replace(ready, at + 2, game, candidate.game)
          end
        elseif other_key then
          -- The turn is still there, for the next one.
          at = at - 1
        end
      end
      at = at + 1
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
  for name, games in pairs(taken) do call('ZREM', READY .. name, unpack(games)) end
  if #begun > 0 then
    call('ZADD', ACTIVE, unpack(active))
    call('ZREM', QUEUED, unpack(begun))
    if #story_events > 0 then call('ZREM', STORY_EVENTS, unpack(story_events)) end
  end
  reply[1] = is_drained and -2 or until_first(due, #begun > 0 and lease_ends)
  return reply, leased
end
