-- Reads all that is stored of a game at one moment, in the form in which the server itself hands values on (DUMP), for a backup.
-- Arguments: game, the entry of the dead letter up to which all are known, how many may have come since, then the game's requests that were
-- dead letters when that was found out: some of them may be none any more.
-- Returns {} if more dead letters have come, or the arguments of `restore_game.lua`. What it would return may be put in a queue again at
-- any time, so lane and dead letters are read in the same step.
local game, after, most = unpack(ARGV, 5, 7)
local reply = {}
local function add(...) for _, value in ipairs({ ... }) do reply[#reply + 1] = value end end

local candidates, letters = {}, call('XRANGE', DEAD, '(' .. after, '+', 'COUNT', most)
if #letters == tonumber(most) then return {} end
for i = 8, #ARGV do candidates[#candidates + 1] = ARGV[i] end
for _, letter in ipairs(letters) do
  local request, of = of_letter(letter[2])
  if of == game then candidates[#candidates + 1] = request end
end

local exists = call('EXISTS', GAME .. game) == 1
add(game, exists and (call('ZSCORE', GAMES, game) or call('HGET', GAME .. game, 'updated_at')) or '', call('HGET', PAUSED_GAMES, game) or '',
  content_of(call('HGET', GAME .. game, 'document')) or '')

-- The game itself last: what comes back is there as soon as this is.
local keys = { 'game-history:', 'game-turns:', 'game-tries:', 'game-changes:', 'game-events:', 'game-text:', 'game-pieces:',
  'game-capabilities:', 'requests:game:', 'gamestate:' }
local count, at = 0, #reply + 1
add('0')
for _, name in ipairs(exists and keys or {}) do
  local value = call('DUMP', P .. name .. game)
  if value then
    add(name, int(math.max(call('PTTL', P .. name .. game), 0)), value)
    count = count + 1
  end
end
reply[at] = int(count)

local lane = exists and call('ZRANGE', LANE .. game, '0', '-1') or {}
count, at = 0, #reply + 1
add('0')
for _, request in ipairs(lane) do
  local status = call('DUMP', STATUS .. request)
  if status then
    add(request, status)
    count = count + 1
  end
end
reply[at] = int(count)

local seen = {}
count, at = 0, #reply + 1
add('0')
for _, request in ipairs(candidates) do
  local entry, status = call('HGET', DEAD_INDEX, request), call('DUMP', STATUS .. request)
  if entry and status and not seen[request] then
    seen[request] = true
    local fields, version = (call('XRANGE', DEAD, entry, entry)[1] or {})[2] or {}, '0'
    for n = 1, #fields, 2 do
      if fields[n] == 'version' then version = fields[n + 1] end
    end
    add(entry, request, version, status)
    count = count + 1
  end
end
reply[at] = int(count)
return reply
