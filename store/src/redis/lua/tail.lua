-- How many chunks a tail has that the next one of this attempt goes on with; nothing for any other tail. It is compared in parts, because each chunk
-- pays for this: to read the tail by its pattern takes four times as long.
local function count_of(tail, now, offset, attempt, request)
  local first, last = now .. ' ' .. offset .. ' ', ' ' .. attempt .. ' false ' .. request
  if string.sub(tail, 1, #first) == first and string.sub(tail, -#last) == last then
    return string.sub(tail, #first + 1, -#last - 1)
  end
end

-- Appends a chunk to a game's log behind `offset` and `tail`. `content` is JSON; `attempt` and `done` are text. `published` is the number of
-- the chunk in its attempt, which a repeat has too; nil if it is of no attempt.
local function append_chunk(game, offset, tail, request, attempt, content, done, published)
  local state, now = GAME .. game, epoch()
  offset = offset or '0'
  local count, at = 1, int(offset + 1)
  if tail then
    local so_far = count_of(tail, now, offset, attempt, request)
    if so_far then count = so_far + 1 else join(game, offset, tail, request, 'chat.chunk') end
  end
  local text = string.sub(content, 2, -2)
  call('APPEND', TEXT .. game, text)
  call('APPEND', PIECES .. game, (count > 1 and ',' or '') .. #text)
  call('HSET', state, 'epoch', now, 'offset', at,
    'tail', now .. ' ' .. at .. ' ' .. int(count) .. ' ' .. attempt .. ' ' .. done .. ' ' .. request, 'published', published or '0')
  local entry = { offset, request, 'chat.chunk', chat_chunk_event(request, game, attempt, content, done) }
  publish(LOG .. game, entry)
  publish(OF_REQUEST .. request, entry)
end

-- The same for a chunk of no attempt.
local function append_whole(game, request, attempt, content)
  local offset, tail = unpack(call('HMGET', GAME .. game, 'offset', 'tail'))
  append_chunk(game, offset, tail, request, attempt, content, 'true')
end
