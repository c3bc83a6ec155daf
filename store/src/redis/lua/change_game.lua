-- Changes a game from outside a turn, in one of two ways or both: it becomes another document, with another end of its history and
-- of its turn records; and a request plays on from there.
--
--   changed under this key before? ── yes ──► what was returned then (a repeat), or 'reused' for another fingerprint
--        │ no
--   unfinished requests? ── yes ──► 'busy', or to interrupt: all are cancelled, and the lease of an attempt is revoked
--        │ no                                             │
--   version == expected? ── no ──► 'changed' (nothing is cancelled then)
--        │ yes
--   history, records ► document ► event in the log ► the request into the lane
--
-- Arguments: game, expected version, 'interrupt' or 'reject', key, fingerprint, how many requests may be queued, the last turn
-- afterwards, the tries (JSON) or '', the policies of the providers (JSON) or '', document, provider, name and data of the event,
-- which messages stay ('all', 'first' or 'but_last'), how many that are, the same two for turn records, request or '', data of its
-- request.queued, number of messages n, number of records m, the charges (JSON) or '', how many changes are
-- remembered, the budgets (JSON) or ''; then n messages, m records, and the request's status fields and
-- values.
-- Returns {'done', version, last turn, cursor}, and behind that {'accepted', request, status, position, cursor, priority} flat if it brought
-- one; {'unknown'}, {'reused'}, {'busy'}, {'changed', version}, {'queue_full'}, {'limited', …} or {'used_up', …}.
local FIRST = 29
memo.policies_text = ARGV[13]
local game, expected, if_busy, key, fingerprint, queue_limit, turn, tries = unpack(ARGV, 5, 12)
local document, provider, event, data, messages_kept, messages_count, turns_kept, turns_count, request, queued, messages, turns, charged,
  remembered, budgets =
  unpack(ARGV, 14, FIRST - 1)

local version, recorded, stored = unpack(call('HMGET', GAME .. game, 'version', 'recorded', 'document'))
if not version then return { 'unknown' } end
local known = changed_before(game, key, fingerprint)
if known then return known end
local lane = call('ZRANGE', LANE .. game, '0', '-1')
if #lane > 0 and if_busy ~= 'interrupt' then return { 'busy' } end
if version ~= expected then return { 'changed', version } end
if request ~= '' then
  local waiting = call('ZCARD', QUEUED)
  for _, unfinished in ipairs(lane) do
    if call('ZSCORE', QUEUED, unfinished) then waiting = waiting - 1 end
  end
  if waiting >= tonumber(queue_limit) then return { 'queue_full' } end
end
local charges = charges_of(charged)
local limited = refused_by(charges, lane) or (request ~= '' and used_up(budgets_of(budgets), true))
if limited then return limited end

-- It was planned on what another game of this id was, which has left the store.
if not hold_content(stored, document, '') then return { 'changed', version } end

local before, made = cursor(game), int(version + 1)
for _, unfinished in ipairs(lane) do cancel(game, unfinished) end

-- Keeps a part of a list, and adds `count` arguments from `first` on.
local function rewrite(list, kept, number, first, count)
  if kept == 'first' and number == '0' then
    call('DEL', list)
  elseif kept == 'first' then
    call('LTRIM', list, '0', int(number - 1))
  elseif kept == 'but_last' then
    call('LTRIM', list, '0', int(-number - 1))
  end
  for i = first, first + count - 1 do call('RPUSH', list, ARGV[i]) end
end
-- An engine of an earlier release has committed turns without records: those before it lead nowhere.
if recorded ~= version then call('DEL', TURNS .. game) end
rewrite(HISTORY .. game, messages_kept, messages_count, FIRST, messages)
rewrite(TURNS .. game, turns_kept, turns_count, FIRST + messages, turns)
if tries ~= '' then call('SET', TRIES .. game, tries) else call('DEL', TRIES .. game) end
call('HSET', GAME .. game, 'document', document, 'version', made, 'updated_at', NOW_TEXT, 'provider', provider,
  'turns', turn, 'recorded', made)
call('HSETNX', PROVIDERS, provider, 'closed')
call('ZADD', GAMES, NOW_TEXT, game)
list_for_owner(game, unpack(call('HMGET', GAME .. game, 'tenant', 'user')))
append_event(game, event, data)
if request ~= '' then
  local fields = {}
  for i = FIRST + messages + turns, #ARGV do fields[#fields + 1] = ARGV[i] end
  accept(game, request, int(call('INCR', SEQUENCE)), 0, fields, queued, provider_of(game))
else
  let_log_go(game)
end
use_up(charges, request ~= '' and request)
remember(game, remembered, key, fingerprint, made, turn, before, request)
return changed(made, turn, before, request)
