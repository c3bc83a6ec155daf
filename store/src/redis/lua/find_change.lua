-- The change of a game that was made under a key. Arguments: game, key, fingerprint.
-- Returns what `change_game.lua` returned for it, {'reused'} or {'unknown'}.
return changed_before(unpack(ARGV, 5, 7)) or { 'unknown' }
