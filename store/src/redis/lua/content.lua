-- Versions of content. A document that begins with the id of one is stored as what differs from it, and so holds it; a version goes with
-- the last game that holds it. The holds are counted by what is really written over what, so no repeat and no caller can miscount.

local function content_of(document) return document and string.match(document, '^{"content":"(%x+)"') end

-- A game's document takes the place of another one; either is nil or false where there is none. `text` is that of the version which the new one
-- names, or '' where the server should have it. Returns false, with nothing changed, if it has not.
local function hold_content(before, after, text)
  local old, new = content_of(before), content_of(after)
  if old == new then return true end
  if new then
    if text ~= '' then
      call('HSETNX', CONTENT .. new, 'text', text)
    elseif call('HEXISTS', CONTENT .. new, 'text') == 0 then
      return false
    end
    call('HINCRBY', CONTENT .. new, 'games', '1')
  end
  if old and call('HINCRBY', CONTENT .. old, 'games', '-1') <= 0 then call('UNLINK', CONTENT .. old) end
  return true
end
