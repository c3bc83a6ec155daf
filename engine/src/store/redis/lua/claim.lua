-- Leases free games to a worker, first those whose head request arrived first.
-- ARGV: 2 worker, 3 nonce, 4 how many, 5 lease TTL (ms), 6 attempts a request has, 7 history window, 8 events kept,
--       9 status TTL (ms), 10 problem (JSON) for a request whose attempts are all lost.
-- Returns {ms until a back-off or lease ends or -1, claim…}; a claim is {game, token, request fields, game fields, history}.
-- The same nonce gets the same claims again, those whose leases still hold; if none does, it is a new claim.
local worker, nonce, max, ttl = ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local attempts, window, kept = tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8]
-- How many due or expired games one call looks after: scripts block the server, so their loops are bounded.
local BATCH = 64

local function describe(game, token)
  local request = redis.call('LINDEX', LANE(game), 0)
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

local MADE = P .. 'claims:' .. worker .. ':' .. nonce
local made = redis.call('LRANGE', MADE, 0, -1)
for i = 1, #made, 2 do
  if holds(made[i], made[i + 1]) then reply[#reply + 1] = describe(made[i], made[i + 1]) end
end
if #reply > 1 then return answer() end
redis.call('DEL', MADE)

-- A lease that has run out: its worker is dead or stalled. The request goes back to the head of its game.
for _, game in ipairs(redis.call('ZRANGEBYSCORE', ACTIVE, '-inf', NOW, 'LIMIT', 0, BATCH)) do
  free(game)
  local request = redis.call('LINDEX', LANE(game), 0)
  if request then
    supersede(game, request, kept)
    local attempt, seq = unpack(redis.call('HMGET', STATUS(request), 'attempt', 'seq'))
    if tonumber(attempt) >= attempts then
      bury(game, request, ARGV[10], ARGV[9], kept)
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

local count = 0
while count < max do
  local popped = redis.call('ZPOPMIN', READY)
  if #popped == 0 then break end
  local game = popped[1]
  local request = redis.call('LINDEX', LANE(game), 0)
  if request then
    count = count + 1
    local fence = int(redis.call('HINCRBY', GAME(game), 'fence', 1))
    local token = fence .. ':' .. worker .. ':' .. request
    redis.call('SET', LOCK(game), token, 'PX', ttl)
    redis.call('ZADD', ACTIVE, NOW + ttl, game)
    redis.call('ZREM', QUEUED, request)
    local attempt = int(redis.call('HINCRBY', STATUS(request), 'attempt', 1))
    redis.call('HSET', STATUS(request), 'status', 'processing', 'started_at', int(NOW), 'chunks', '0')
    redis.call('HDEL', STATUS(request), 'not_before')
    local kind, message = unpack(redis.call('HMGET', STATUS(request), 'type', 'user_message'))
    append_event(game, request, 'request.processing', '{"request_id":"' .. request .. '","game_id":"' .. game ..
      '","type":"' .. kind .. '","status":"processing","attempt":' .. attempt ..
      ',"user_message":' .. cjson.encode(message) .. '}', kept)
    redis.call('RPUSH', MADE, game, token)
    reply[#reply + 1] = describe(game, token)
  end
end
if count > 0 then redis.call('PEXPIRE', MADE, ttl) end
return answer()
