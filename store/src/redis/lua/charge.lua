-- Limits of callers: how often in a time, by GCRA, and how many unfinished requests. `rate:{bucket}` is when everything that was
-- used is free again (microseconds); `requests:of:{bucket}` has the unfinished requests.
-- Charges are JSON: for each {bucket, period and what one call takes of it (microseconds, 0 for no rate), most unfinished or -1}.

local function charges_of(json) return json == '' and {} or cjson.decode(json) end

local function free_at(bucket) return math.max(tonumber(call('GET', RATE .. bucket) or '0'), NOW * 1000) end

-- The reply for the first limit that is reached, if there is one: {'limited', which (from 0), retry after (ms), or -1 for unfinished
-- requests}. The requests `freed` end in the same step.
local function refused_by(charges, freed)
  for n, charge in ipairs(charges) do
    local bucket, period, each, most = unpack(charge)
    local over = each > 0 and free_at(bucket) + each - NOW * 1000 - period or 0
    if over > 0 then return { 'limited', int(n - 1), int(math.ceil(over / 1000)) } end
    if most >= 0 then
      local unfinished = call('SCARD', UNFINISHED .. bucket)
      for _, request in ipairs(freed) do unfinished = unfinished - call('SISMEMBER', UNFINISHED .. bucket, request) end
      if unfinished >= most then return { 'limited', int(n - 1), '-1' } end
    end
  end
end

-- Uses up what a call takes, for the request that it brings, if it brings one.
local function use_up(charges, request)
  local charged = {}
  for _, charge in ipairs(charges) do
    local bucket, _, each, most = unpack(charge)
    if each > 0 then
      local free = free_at(bucket) + each
      call('SET', RATE .. bucket, int(free), 'PX', int(math.ceil(free / 1000 - NOW) + 1))
    end
    if most >= 0 and request then
      call('SADD', UNFINISHED .. bucket, request)
      charged[#charged + 1] = bucket
    end
  end
  if #charged > 0 then call('HSET', STATUS .. request, 'charged', table.concat(charged, ' ')) end
end
