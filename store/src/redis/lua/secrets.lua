-- The keys that are stored, or the capabilities of a game. Arguments: the game or '', then the ids that are asked for; none for all.
-- Returns {now (ms), record, …}.
local all = ARGV[5] == '' and API_KEYS or CAPABILITIES .. ARGV[5]
local records = #ARGV > 5 and call('HMGET', all, unpack(ARGV, 6)) or call('HVALS', all)
local found = { NOW_TEXT }
for _, record in ipairs(records) do found[#found + 1] = record or nil end
return found
