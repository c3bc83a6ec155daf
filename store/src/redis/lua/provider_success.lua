-- Closes a provider, and wakes a worker for each game that waits for it, up to 64. Arguments: provider. Returns nothing.
local provider = ARGV[5]
if circuit_of(provider) == 'closed' then return end
call('HSET', PROVIDERS, provider, 'closed')
call('DEL', PROVIDER .. provider)
local tokens = {}
for n = 1, math.min(call('ZCARD', READY .. provider), 64) do tokens[n] = '1' end
if #tokens > 0 then wake(tokens) end
