-- Reads the figures of a queue at one moment. A script and no transaction: a full server refuses even to collect the reads of one.
-- Returns depth, how many of these are story events, delayed and active games, dead letters, the oldest request, workers with the times at
-- which they were last seen, and the server's time.
return {
  call('ZCARD', QUEUED), call('ZCARD', STORY_EVENTS), call('ZCARD', DELAYED), call('ZCARD', ACTIVE),
  call('XLEN', DEAD), call('ZRANGE', QUEUED, '0', '0'), call('ZRANGE', WORKERS, '0', '-1', 'WITHSCORES'), time,
}
