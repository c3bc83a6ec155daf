-- Gives a game a name, also while it is busy: the version stays. Arguments: game, name or '', data of game.renamed.
-- Returns {'done'} or {'unknown'}. A repeat appends no second event.
local game, name, data = unpack(ARGV, 5)
if call('EXISTS', GAME .. game) == 0 then return { 'unknown' } end
if (call('HGET', GAME .. game, 'name') or '') == name then return { 'done' } end
if name == '' then call('HDEL', GAME .. game, 'name') else call('HSET', GAME .. game, 'name', name) end
append_event(game, 'game.renamed', data)
let_log_go(game)
return { 'done' }
