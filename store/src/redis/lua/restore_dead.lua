-- Makes requests dead letters again whose records `restore_game.lua` has brought back. Arguments: entry, request, version of the game then, for
-- each, the first to fail first. Returns how many there were to make. One that is queued, or is a dead letter already, is left out, so a repeat changes nothing.
local made = 0
for i = 5, #ARGV, 3 do
  local entry, request, version = unpack(ARGV, i, i + 2)
  if dead_again(entry, request, version) then made = made + 1 end
end
return made
