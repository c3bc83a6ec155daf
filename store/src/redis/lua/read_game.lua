-- Reads a game and the end of its history at one moment. Arguments: game, how many messages at most.
-- Returns the game's fields, the messages, and how many the history has.
local game, limit = unpack(ARGV, 5)
local history = HISTORY .. game
local messages = limit ~= '0' and call('LRANGE', history, '-' .. limit, '-1') or {}
return { call('HGETALL', GAME .. game), messages, call('LLEN', history) }
