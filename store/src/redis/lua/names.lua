-- The names that every script uses. ARGV begins with the same four arguments for all scripts: the key prefix, how many events
-- are kept, and how long (ms) the status of a finished request and an idempotency key are kept. Every other key is built from
-- the prefix, so all keys of a script share its hash tag. KEYS[1] is always `<prefix>requests`: it routes the script to its
-- shard.
--
-- A game's lane (`requests:game:{game}`) orders its unfinished requests by rank; the stored field is called `place`. The head
-- stays in the lane while it is in processing and while it is in back-off, so a retry or a recovery moves nothing.
-- A game with a lane is in exactly one of `requests:ready:{provider}`, `requests:delayed` and `requests:active`.
-- Ready games are kept apart by the provider that their lanes wait for, so a claim skips a paused provider without
-- looking at its games. `providers` says of each provider whether it is 'closed' (gets calls), 'open' or 'half_open'.
local P, KEPT, STATUS_TTL, KEY_TTL = unpack(ARGV, 1, 4)
-- In fair order (`queue.order`) there are two more keys, and a last argument (JSON): `costs`, what a turn costs each tenant, and under '' all
-- others; and `allowances`, how much later (ms) a request of each priority counts as arrived. In order of arrival there are none, so that
-- nothing is joined or read for it.
-- Behind that, as the very last argument, how long (ms) a game that rests keeps its log, 0 for ever: at the end, so that the arguments of all scripts keep
-- their places.
local EVENTS_TTL = table.remove(ARGV)
local CLOCK, FINISHES, FAIR = KEYS[2], KEYS[3], KEYS[2] and table.remove(ARGV)
local call = redis.call
local QUEUED, READY = P .. 'requests', P .. 'requests:ready:'
-- The same games in fair order, apart also for each tenant: its name, a colon and that of the provider follow.
local BY_PRIORITY = P .. 'requests:by-priority:'
-- The story events among those that wait: how many requests of each type wait is the size of two orders, which no repeat can put out.
local STORY_EVENTS = P .. 'requests:story-events'
local ACTIVE, SEQUENCE, WAKE = P .. 'requests:active', P .. 'requests:sequence', P .. 'requests:wake'
local EPOCH, GAMES, WORKERS = P .. 'epoch', P .. 'games', P .. 'workers'
local PROVIDERS, PROVIDER, SLOTS = P .. 'providers', P .. 'provider:', P .. 'provider-slots:'
-- What operators have paused: everything, providers and workers; games; and when the pauses of everything and of providers have ended. Games that are
-- paused are kept under PAUSED, which no provider is called, so that no claim looks at them.
-- Games of paused tenants are held under HELD and the name of the tenant. `pauses` has LETS_GO and the name for as long as not all of a resumed one are
-- back.
local HELD, LETS_GO = '*tenant:', 'lets-go:'
-- Games whose head needs no model any more are ready under NO_MODEL, which stands among the providers as one that is always closed: the
-- provider of its delta has stayed away for too long, and what is left of the turn is to commit it.
local NO_MODEL = '*no-model'
local PAUSES, PAUSED_GAMES, PAUSES_ENDED, PAUSED = P .. 'pauses', P .. 'pauses:games', P .. 'pauses:ended', '*paused'
-- The beginnings of the keys of one game, one request or one idempotency key; those of READY, PROVIDER and SLOTS end with a
-- provider.
local LANE, GAME, HISTORY = P .. 'requests:game:', P .. 'gamestate:', P .. 'game-history:'
local TURNS, TRIES, CHANGES = P .. 'game-turns:', P .. 'game-tries:', P .. 'game-changes:'
local LOCK = P .. 'game-lock:'
-- What is laid ready of a game that is not stored yet: a list's name, a colon and a random name follow.
local STAGED = P .. 'staged:'
-- What games that begin alike have in common: its text, and how many games are stored as what differs from it.
local CONTENT = P .. 'content:'
-- The lists of an owner's games, by tenant and by `tenant:user`; the capabilities of a game; all keys of callers.
local GAMES_OF, CAPABILITIES, API_KEYS = P .. 'games:of:', P .. 'game-capabilities:', P .. 'api-keys'
-- The unfinished requests of a bucket, which a limit counts.
local UNFINISHED = P .. 'requests:of:'
-- What is used of the budget of a bucket.
local USED = P .. 'used:'
local LOG, STATUS, KEY = P .. 'game-events:', P .. 'chat-request-status:', P .. 'idempotency-key:'
-- The chunks that a game's log ends with, until something else follows: their text, and the length of each.
local TEXT, PIECES = P .. 'game-text:', P .. 'game-pieces:'

-- Lua formats large numbers with an exponent; ids and times need all digits. In frequent calls, constant numbers are written as
-- text: Lua would format them each time. Redis returns text too; arithmetic converts it in half the time of `tonumber`.
local format = string.format
local function int(number) return format('%d', number) end

local time = call('TIME')
local NOW = time[1] * 1000 + math.floor(time[2] / 1000)
local NOW_TEXT = int(NOW)
