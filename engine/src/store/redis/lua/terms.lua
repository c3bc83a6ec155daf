-- The arguments with which every claim begins: lease TTL (ms), how many attempts a request has, how many messages of the history
-- a claim returns, the problem (JSON) of a request whose attempts are all lost, and '1' where a subscriber of a channel may be
-- connected to another server (in a cluster).
local LEASE_TTL, MAX_ATTEMPTS, WINDOW, EXHAUSTED, IN_CLUSTER = unpack(ARGV, 5, 9)
