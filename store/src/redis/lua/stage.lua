-- Lays a piece of a list ready for a game that is not stored yet. Arguments: the list ('history' or 'turns'), the name under which it is laid ready,
-- how many values are there already, how long (ms) it is kept if no game takes it, the values. Returns 'ok', or 'gone' if those before are not there.
-- A repeat changes nothing.
local list, staged, at, ttl = unpack(ARGV, 5, 8)
local key = STAGED .. list .. ':' .. staged
local length = call('LLEN', key)
if length < tonumber(at) then return 'gone' end
if length == tonumber(at) then
  for i = 9, #ARGV do call('RPUSH', key, ARGV[i]) end
end
call('PEXPIRE', key, ttl)
return 'ok'
