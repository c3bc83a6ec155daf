-- Which requests are dead letters, the first to fail first, for a backup.
-- Arguments: the entry of the dead letter after which to go on, and how many at most. Returns {entry, request, game} flat for each.
local after, most = unpack(ARGV, 5)
local reply = {}
for _, letter in ipairs(call('XRANGE', DEAD, '(' .. after, '+', 'COUNT', most)) do
  local request, game = of_letter(letter[2])
  for _, value in ipairs({ letter[1], request, game }) do reply[#reply + 1] = value end
end
return reply
