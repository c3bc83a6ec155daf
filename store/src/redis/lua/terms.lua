-- The arguments with which every claim begins: lease TTL (ms), how many attempts a request has, how many messages of the history
-- a claim returns, the problem (JSON) of a request whose attempts are all lost, '1' where a subscriber of a channel may be
-- connected to another server (in a cluster), how long a request may wait for providers (ms; 0 for ever), the problem (JSON) of
-- one that has waited too long, the policies of the providers (JSON) or '', and how many story events a turn tells at most.
local LEASE_TTL, MAX_ATTEMPTS, WINDOW, EXHAUSTED, IN_CLUSTER, GIVE_UP_AFTER, GIVEN_UP, STORY_EVENT_BATCH

local function read_terms()
  LEASE_TTL, MAX_ATTEMPTS, WINDOW, EXHAUSTED, IN_CLUSTER, GIVE_UP_AFTER, GIVEN_UP, memo.policies_text, STORY_EVENT_BATCH = unpack(ARGV, 5, 13)
end
