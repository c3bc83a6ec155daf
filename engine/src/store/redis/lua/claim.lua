-- Leases free games to a worker, first those whose head request arrived first.
-- ARGV: 5 worker, 6 nonce, 7 how many, 8 lease TTL (ms), 9 attempts a request has, 10 history window, 11 problem (JSON) for
--       a request whose attempts are all lost.
-- Returns {ms until a back-off or lease ends or -1, claim…}; a claim is {game, token, request fields, game fields, history}.
-- The same nonce gets the same claims again, those whose leases still hold; if none does, it is a new claim.
local worker, nonce, max, ttl = ARGV[5], ARGV[6], tonumber(ARGV[7]), tonumber(ARGV[8])
local attempts, window = tonumber(ARGV[9]), tonumber(ARGV[10])
-- How many due or expired games one call looks after: scripts block the server, so their loops are bounded.
local BATCH = 64

local function describe(game, request, token)
  local fields = redis.call('HGETALL', STATUS(request))
  fields[#fields + 1] = 'request_id'
  fields[#fields + 1] = request
  return { game, token, fields, redis.call('HGETALL', GAME(game)),
    window > 0 and redis.call('LRANGE', HISTORY(game), -window, -1) or {} }
end

local reply = { -1 }

-- Completes the reply with the time at which looking again is worth it.
local function answer()
  local due
  for _, key in ipairs({ DELAYED, ACTIVE }) do
    local first = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
    if first[2] and (not due or tonumber(first[2]) < due) then due = tonumber(first[2]) end
  end
  if due then reply[1] = math.max(0, math.ceil(due - NOW)) end
  return reply
end

-- The claim that this nonce made: game and token of each, a line each.
local MADE = P .. 'claims:' .. worker .. ':' .. nonce
for game, token in string.gmatch(redis.call('GET', MADE) or '', '([^\n]+)\n([^\n]+)') do
  if holds(game, token) then reply[#reply + 1] = describe(game, head(game), token) end
end
if #reply > 1 then return answer() end

-- A lease that has run out: its worker is dead or stalled. The request goes back to the head of its game.
for _, game in ipairs(redis.call('ZRANGEBYSCORE', ACTIVE, '-inf', NOW, 'LIMIT', 0, BATCH)) do
  free(game)
  local request = head(game)
  if request then
    supersede(game, request)
    record(request, 'lost')
    local attempt, seq = unpack(redis.call('HMGET', STATUS(request), 'attempt', 'seq'))
    if tonumber(attempt) >= attempts then
      bury(game, request, ARGV[11])
    else
      redis.call('HSET', STATUS(request), 'status', 'queued')
      redis.call('ZADD', QUEUED, seq, request)
    end
    make_ready(game)
  end
end

-- A back-off that has passed.
for _, game in ipairs(redis.call('ZRANGEBYSCORE', DELAYED, '-inf', NOW, 'LIMIT', 0, BATCH)) do
  redis.call('ZREM', DELAYED, game)
  make_ready(game)
end

local made = {}
for _ = 1, max do
  local game = redis.call('ZPOPMIN', READY)[1]
  if not game then break end
  local request = head(game)
  if request then
    local token = int(redis.call('HINCRBY', GAME(game), 'fence', 1)) .. ':' .. worker .. ':' .. request
    redis.call('SET', LOCK(game), token, 'PX', ttl)
    redis.call('ZADD', ACTIVE, NOW + ttl, game)
    redis.call('ZREM', QUEUED, request)
    local attempt, kind, message = unpack(redis.call('HMGET', STATUS(request), 'attempt', 'type', 'user_message'))
    attempt = int(tonumber(attempt) + 1)
    redis.call('HSET', STATUS(request), 'status', 'processing', 'attempt', attempt, 'started_at', int(NOW),
      'worker', worker, 'chunks', '0')
    redis.call('HDEL', STATUS(request), 'not_before')
    tell(game, { 'request.processing', members(game, request) .. ',"type":"' .. kind ..
      '","status":"processing","attempt":' .. attempt .. ',"user_message":' .. cjson.encode(message) .. '}', request })
    made[#made + 1] = game .. '\n' .. token
    reply[#reply + 1] = describe(game, request, token)
  end
end
if #made > 0 then redis.call('SET', MADE, table.concat(made, '\n'), 'PX', ttl) end
return answer()
