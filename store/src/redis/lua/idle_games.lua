-- Games that have not changed for some time, the longest idle first.
-- Arguments: how long (ms), then time of change and id of the game after which to go on, '' and '' for none, and the most games.
-- Returns id, version, time of change and how long ago that is (ms), for each game in turn.
local idle, changed, last, most = tonumber(ARGV[5]), ARGV[6], ARGV[7], tonumber(ARGV[8])
local reply, skipped = {}, 0
local newest, oldest = '(' .. int(NOW - idle + 1), changed == '' and '-inf' or changed
while #reply < 4 * most do
  local found = call('ZRANGEBYSCORE', GAMES, oldest, newest, 'WITHSCORES', 'LIMIT', skipped, most)
  for i = 1, #found, 2 do
    local game, score = found[i], found[i + 1]
    -- Games that were changed in the same millisecond are in the order of their ids.
    if (score ~= changed or game > last) and #reply < 4 * most then
      local version = redis.pcall('HGET', GAME .. game, 'version')
      -- A key of another type has none, and must not hide the other games.
      if type(version) == 'table' then version = '' end
      if version then
        reply[#reply + 1], reply[#reply + 2] = game, version
        reply[#reply + 1], reply[#reply + 2] = score, int(NOW - score)
      end
    end
  end
  if #found < 2 * most then break end
  skipped = skipped + most
end
return reply
