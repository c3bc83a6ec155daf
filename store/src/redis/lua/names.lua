-- The head of the library, before everything else: the names that every step uses.
--
-- All functions are made once, when the server loads the library, and not in each call: to make those of a commit takes longer than the commit
-- needs for anything else. So nothing of a call may stay with a function. What a call brings is set by `begin`, with which every step
-- begins; what functions keep until its end is in `memo`.
--
-- The arguments of all steps begin with the same four: the key prefix, how many events are kept, and how long (ms) the status of a finished request
-- and an idempotency key are kept. Every other key is built from the prefix, so all keys of a step share its hash tag. KEYS[1] is
-- always `<prefix>requests`: it routes the step to its shard.
--
-- A game's lane (`requests:game:{game}`) orders its unfinished requests by rank; the stored field is called `place`. The head
-- stays in the lane while it is in processing and while it is in back-off, so a retry or a recovery moves nothing.
-- A game with a lane is in exactly one of `requests:ready:{provider}`, `requests:delayed` and `requests:active`.
-- Ready games are kept apart by the provider that their lanes wait for, so a claim skips a paused provider without
-- looking at its games. `providers` says of each provider whether it is 'closed' (gets calls), 'open' or 'half_open'.
local KEYS, ARGV
local P, KEPT, STATUS_TTL, KEY_TTL
-- In fair order (`queue.order`) there are two more keys, and a last argument (JSON): `costs`, what a turn costs each tenant, and under '' all
-- others; and `allowances`, how much later (ms) a request of each priority counts as arrived. In order of arrival there are none, so that
-- nothing is joined or read for it.
local CLOCK, FINISHES, FAIR
-- Behind that, as the very last argument, how long (ms) a game that rests keeps its log, 0 for ever: at the end, so that the arguments of all steps keep
-- their places.
local EVENTS_TTL
local time, NOW, NOW_TEXT
-- What has been read or decoded in this call, and what it collects: a new table for each call.
local memo

-- Games of paused tenants are held under HELD and the name of the tenant. `pauses` has LETS_GO and the name for as long as not all of a resumed one are
-- back.
local HELD, LETS_GO = '*tenant:', 'lets-go:'
-- Games whose head needs no model any more are ready under NO_MODEL, which stands among the providers as one that is always closed: the
-- provider of its delta has stayed away for too long, and what is left of the turn is to commit it.
local NO_MODEL = '*no-model'
-- What operators have paused: everything, providers and workers; games; and when the pauses of everything and of providers have ended. Games that are
-- paused are kept under PAUSED, which no provider is called, so that no claim looks at them.
local PAUSED = '*paused'

local QUEUED, READY, BY_PRIORITY, STORY_EVENTS, ACTIVE, DELAYED, SEQUENCE, WAKE, REVOKED, EPOCH, GAMES, WORKERS, TOTALS
local PROVIDERS, PROVIDER, SLOTS, PAUSES, PAUSED_GAMES, PAUSES_ENDED
local LANE, GAME, HISTORY, TURNS, TRIES, CHANGES, LOCK, STAGED, CONTENT, GAMES_OF, CAPABILITIES, API_KEYS
local UNFINISHED, USED, RATE, LOG, OF_REQUEST, STATUS, KEY, TEXT, PIECES, DEAD, DEAD_INDEX

-- Joins the prefix with the names of the keys. Most servers have the keys of one prefix, so this is done when it changes.
local function name_keys()
  QUEUED, READY = P .. 'requests', P .. 'requests:ready:'
  -- The same games in fair order, apart also for each tenant: its name, a colon and that of the provider follow.
  BY_PRIORITY = P .. 'requests:by-priority:'
  -- The story events among those that wait: how many requests of each type wait is the size of two orders, which no repeat can put out.
  STORY_EVENTS = P .. 'requests:story-events'
  ACTIVE, DELAYED, SEQUENCE = P .. 'requests:active', P .. 'requests:delayed', P .. 'requests:sequence'
  -- A list of tokens that wakes workers, and the channel that tells them which leases are revoked.
  WAKE, REVOKED = P .. 'requests:wake', P .. 'requests:revoked'
  EPOCH, GAMES, WORKERS, TOTALS = P .. 'epoch', P .. 'games', P .. 'workers', P .. 'totals'
  PROVIDERS, PROVIDER, SLOTS = P .. 'providers', P .. 'provider:', P .. 'provider-slots:'
  PAUSES, PAUSED_GAMES, PAUSES_ENDED = P .. 'pauses', P .. 'pauses:games', P .. 'pauses:ended'
  -- The beginnings of the keys of one game, one request or one idempotency key; those of READY, PROVIDER and SLOTS end with a
  -- provider.
  LANE, GAME, HISTORY = P .. 'requests:game:', P .. 'gamestate:', P .. 'game-history:'
  TURNS, TRIES, CHANGES = P .. 'game-turns:', P .. 'game-tries:', P .. 'game-changes:'
  LOCK = P .. 'game-lock:'
  -- What is laid ready of a game that is not stored yet: a list's name, a colon and a random name follow.
  STAGED = P .. 'staged:'
  -- What games that begin alike have in common: its text, and how many games are stored as what differs from it.
  CONTENT = P .. 'content:'
  -- The lists of an owner's games, by tenant and by `tenant:user`; the capabilities of a game; all keys of callers.
  GAMES_OF, CAPABILITIES, API_KEYS = P .. 'games:of:', P .. 'game-capabilities:', P .. 'api-keys'
  -- The unfinished requests of a bucket, which a limit counts; what is used of its budget; when all that it has used is free again.
  UNFINISHED, USED, RATE = P .. 'requests:of:', P .. 'used:', P .. 'rate:'
  LOG, OF_REQUEST, STATUS, KEY = P .. 'game-events:', P .. 'chat-request-events:', P .. 'chat-request-status:', P .. 'idempotency-key:'
  -- The chunks that a game's log ends with, until something else follows: their text, and the length of each.
  TEXT, PIECES = P .. 'game-text:', P .. 'game-pieces:'
  DEAD, DEAD_INDEX = P .. 'chat-requests-failed', P .. 'chat-requests-failed:index'
end

-- While it loads a library, the server gives none of its functions.
local call, format

-- Lua formats large numbers with an exponent; ids and times need all digits. In frequent calls, constant numbers are written as
-- text: Lua would format them each time. Redis returns text too; arithmetic converts it in half the time of `tonumber`.
local function int(number) return format('%d', number) end

local function begin(keys, arguments, flag)
  KEYS, ARGV, memo = keys, arguments, { only_reads = flag == 'no-writes' }
  call, format = redis.call, string.format
  local prefix = P
  P, KEPT, STATUS_TTL, KEY_TTL = unpack(ARGV, 1, 4)
  if P ~= prefix then name_keys() end
  EVENTS_TTL = table.remove(ARGV)
  CLOCK, FINISHES, FAIR = KEYS[2], KEYS[3], KEYS[2] and table.remove(ARGV)
  time = call('TIME')
  NOW = time[1] * 1000 + math.floor(time[2] / 1000)
  NOW_TEXT = int(NOW)
end

-- Makes a step a function of the server. `flag` says when the server runs it (`Access` in `step.rs`).
local function step(name, flag, body)
  redis.register_function({
    function_name = name .. '_' .. LIBRARY,
    flags = { flag },
    callback = function(keys, arguments)
      begin(keys, arguments, flag)
      return body()
    end,
  })
end
