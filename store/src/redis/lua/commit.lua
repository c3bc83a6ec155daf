-- Ends requests with their effects. One commit, in this order:
--
--   lock == token? ── no ──► ended by this token before? ── yes ──► 'done' (a repeat)
--        │ yes                        └── no ──► 'lost'
--   version == base? ── no ──► 'version'
--        │ yes
--   history ► turn record ► status completed ► leave the lane ► state_updated + completed in the log
--        ► companions: status completed, leave the lane, processing + completed in the log ► document
--        ► story events into the lane ► [game: free, and ready if its lane has a next request, or else its log goes after a time]
--
-- The bracket is done once for all commits of the call (`commit_all`), because every commit writes the same keys.
--
-- Arguments of the step: at which rank story events are queued ('tail' or 'next'), how many turn records of a game are kept.
-- Arguments of a turn, from `first` to `last`: game, request, token, idempotency key or '', base version, document, result (JSON),
-- data of game.state_updated, data of request.completed, number of the turn, its record (JSON), '1' if it ends the choice between
-- tries of the message before it, tokens that it has used or '', their cost, number of companions c, number of history messages n, n messages; for each of c companions: request, result
-- (JSON), data of request.processing, data of request.completed; then for each story event: request, data of
-- request.queued, number of status fields and values m, m of them.

-- How many arguments of a turn come before its messages.
local FIXED = 16
-- How many arguments a companion has.
local COMPANION = 4

-- Ends a companion in the turn of another story event, with its two events behind `offset`, unless it has ended otherwise meanwhile: then it was
-- cancelled, or told by itself while its head was a dead letter. Returns the offset behind it.
local function complete_companion(game, lane, offset, request, result, processing, completed)
  local status = STATUS .. request
  local state, narration, key = unpack(call('HMGET', status, 'status', 'narration', 'idempotency_key'))
  if state ~= 'queued' or narration or call('ZREM', lane, request) == 0 then return offset end
  wait_no_more(request)
  call('HSET', status, 'status', 'completed', 'attempt', '1', 'started_at', NOW_TEXT, 'completed_at', NOW_TEXT, 'result', result)
  call('HDEL', status, 'error')
  settle(request)
  expire(game, request, key)
  local _, at = append_entry(game, offset, nil, request, 'request.processing', processing, 'request.completed', completed)
  return at
end

-- Ends one request of a batch (`commit_all`). Returns 'done', 'lost' or 'version', and with 'done' whether it is the first time; a repeat by the same
-- lease returns 'done'.
local function commit(batch, first, last)
  local game, request, token, key, base, document, result, state_updated, completed, turn, record, ends_choice, tokens, cost,
    companions, messages =
    unpack(ARGV, first, first + FIXED - 1)
  local state, status, lane = GAME .. game, STATUS .. request, LANE .. game
  local version, offset, own, serves, tenant, user, recorded, paused, tail, stored =
    unpack(call('HMGET', state, 'version', 'offset', 'provider', 'serves', 'tenant', 'user', 'recorded', 'paused', 'tail', 'document'))
  if batch.held[game] ~= token then
    return was_ended(request, 'commit', token) and 'done' or 'lost'
  end
  -- The document was made from the stored one, so both name the same version of content, or the new one none.
  if version ~= base or not hold_content(stored, document, '') then return 'version' end

  local first_message = first + FIXED
  local first_companion = first_message + messages
  local children, next = {}, first_companion + COMPANION * companions
  while next <= last do
    local child, queued, length = unpack(ARGV, next, next + 2)
    children[#children + 1] = { request = child, queued = queued, fields = { unpack(ARGV, next + 3, next + 2 + length) } }
    next = next + 3 + length
  end
  -- Placed next, story events take the rank of the finished request, in the lane and in the global order: the last of them
  -- exactly, the others just before it.
  local rank = #children > 0 and batch.placement == 'next' and tonumber(call('ZSCORE', lane, request))

  local length
  if messages ~= '0' then
    length = call('RPUSH', HISTORY .. game, unpack(ARGV, first_message, first_message + messages - 1))
  else
    length = call('LLEN', HISTORY .. game)
  end
  -- An engine of an earlier release has committed turns without records: those before it lead nowhere.
  if recorded ~= version then call('DEL', TURNS .. game) end
  if batch.turns_kept > 0 then
    local kept = call('RPUSH', TURNS .. game, int(length - messages) .. '\n' .. record)
    if kept > batch.turns_kept then call('LTRIM', TURNS .. game, int(-batch.turns_kept), '-1') end
  end
  call('HSET', status, 'status', 'completed', 'completed_at', NOW_TEXT, 'result', result, 'ended_by', 'commit ' .. token)
  call('HDEL', status, 'narration', 'delta', 'error')
  call('ZREM', lane, request)
  settle(request, tokens ~= '' and tokens, cost)
  expire(game, request, key ~= '' and key)
  local now, at =
    append_entry(game, offset, tail, request, 'game.state_updated', state_updated, 'request.completed', completed)
  for n = first_companion, first_companion + COMPANION * (companions - 1), COMPANION do
    at = complete_companion(game, lane, at, unpack(ARGV, n, n + COMPANION - 1))
  end
  call('HSET', state, 'document', document, 'version', int(version + 1), 'updated_at', NOW_TEXT, 'epoch', now, 'offset', at,
    'turns', turn, 'recorded', int(version + 1))

  for n, child in ipairs(children) do
    if rank then
      admit(game, child.request, format('%.17g', rank - (#children - n) / 1024), n - 1, child.fields, child.queued)
    else
      admit(game, child.request, int(call('INCR', SEQUENCE)), call('ZCARD', lane), child.fields, child.queued)
    end
  end

  if serves then
    call('SREM', SLOTS .. serves, game)
    call('HDEL', state, 'serves')
  end
  local changed, freed, unlocked = batch.changed, batch.freed, batch.unlocked
  changed[#changed + 1], changed[#changed + 2] = NOW_TEXT, game
  list_for_owner(game, tenant, user)
  freed[#freed + 1], unlocked[#unlocked + 1], batch.held[game] = game, LOCK .. game, nil
  if ends_choice == '1' then unlocked[#unlocked + 1] = TRIES .. game end
  local head, head_rank = first_of(lane)
  if head then
    -- The present head has never been leased, so it waits for the game's own provider.
    local provider = paused and PAUSED or own or adopt_provider(game)
    local order = batch.ready[provider] or {}
    order[#order + 1], order[#order + 2], batch.ready[provider] = order_key_of(provider, game, head, head_rank), game, order
    if not paused then batch.became_ready[#batch.became_ready + 1] = game end
  elseif EVENTS_TTL ~= '0' then
    -- As `let_log_go`, which would look for the lane again.
    call('PEXPIRE', LOG .. game, EVENTS_TTL)
  end
  return 'done', true
end

-- Ends the requests of many turns. A turn that fails leaves the others as they are. Sets `is_new` of each turn to whether this is
-- its first time. Returns the outcomes (what `commit` returns of each, or 'error ' and the server's message), and the games that
-- have become ready; nobody is woken for them yet.
local function commit_all(turns)
  -- Writes that many turns make to the same keys are collected: the games in the order of their last change, those that are free, and keys that
  -- go. `held` has the tokens of the games' present leases, `ready` games and their order keys by provider.
  local batch = { changed = {}, freed = {}, unlocked = {}, held = {}, became_ready = {}, ready = {}, placement = ARGV[14], turns_kept = ARGV[15] + 0 }
  local keys, outcomes = {}, {}
  for n, turn in ipairs(turns) do keys[n] = LOCK .. ARGV[turn.first] end
  keys[#turns + 1] = EPOCH
  local tokens = call('MGET', unpack(keys))
  memo.epoch = tokens[#turns + 1]
  for n, turn in ipairs(turns) do batch.held[ARGV[turn.first]] = tokens[n] end
  for n, turn in ipairs(turns) do
    local done, outcome, is_new = pcall(commit, batch, turn.first, turn.last)
    outcomes[n] = done and outcome or 'error ' .. problem_of(outcome)
    turn.is_new = done and is_new
  end
  if #batch.freed > 0 then
    call('ZADD', GAMES, unpack(batch.changed))
    call('ZREM', ACTIVE, unpack(batch.freed))
    call('DEL', unpack(batch.unlocked))
  end
  for provider, order in pairs(batch.ready) do call('ZADD', READY .. provider, unpack(order)) end
  return outcomes, batch.became_ready
end
