-- The changes of a game that are remembered, so that a repeat is recognised: the latest first, each on six lines: key,
-- fingerprint, version, last turn, cursor, request.

-- The reply to a change that has happened.
local function changed(version, last, before, request)
  local reply = { 'done', version, last, before }
  if request == '' then return reply end
  local status, position, cursor_of, priority = unpack(call('HMGET', STATUS .. request, 'status', 'position', 'cursor', 'priority'))
  if status then
    for _, value in ipairs({ 'accepted', request, status, position, cursor_of, priority or 'normal' }) do reply[#reply + 1] = value end
  end
  return reply
end

-- The reply to a change that has happened under this key, {'reused'} if that was another one, or nothing.
local function changed_before(game, key, fingerprint)
  for _, line in ipairs(call('LRANGE', CHANGES .. game, '0', '-1')) do
    local name, of, version, last, before, request =
      string.match(line, '^([^\n]*)\n([^\n]*)\n(%d+)\n(%d+)\n([^\n]*)\n(.*)$')
    if name == key then return of == fingerprint and changed(version, last, before, request) or { 'reused' } end
  end
end

local function remember(game, count, ...)
  call('LPUSH', CHANGES .. game, table.concat({ ... }, '\n'))
  call('LTRIM', CHANGES .. game, '0', int(count - 1))
  call('PEXPIRE', CHANGES .. game, KEY_TTL)
end
