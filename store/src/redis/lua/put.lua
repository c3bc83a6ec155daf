-- Stores a value that DUMP has returned, for `ttl` ms, or for ever with '0'. Returns nothing, or why the server refuses it.
local function put(key, ttl, value)
  local done = redis.pcall('RESTORE', key, ttl, value, 'REPLACE')
  return type(done) == 'table' and done.err or nil
end

-- Stores the idempotency key that a request was accepted under, for `ttl` ms or for ever.
local function put_key(request, ttl)
  local game, key = unpack(call('HMGET', STATUS .. request, 'game_id', 'idempotency_key'))
  if not key then return end
  if ttl == '0' then call('SET', KEY .. game .. ':' .. key, request) else call('SET', KEY .. game .. ':' .. key, request, 'PX', ttl) end
end
