-- Writes an entry of the audit log. Arguments: nonce, how many entries are kept, who, action, subject, outcome. Returns nothing.
-- A repeat within a minute changes nothing.
local nonce, kept, who, action, subject, outcome = unpack(ARGV, 5)
if not call('SET', P .. 'audit:entry:' .. nonce, '1', 'NX', 'PX', '60000') then return end
call('XADD', P .. 'audit', 'MAXLEN', '~', kept, '*', 'by', who, 'action', action, 'subject', subject, 'outcome', outcome)
