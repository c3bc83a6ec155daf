-- The functions that read dead letters.

-- Request and game of a dead letter.
local function of_letter(fields)
  local request, game
  for n = 1, #fields, 2 do
    if fields[n] == 'request_id' then request = fields[n + 1] end
    if fields[n] == 'game_id' then game = fields[n + 1] end
  end
  return request or '', game or ''
end
