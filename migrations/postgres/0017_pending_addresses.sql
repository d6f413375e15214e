-- By their address only invitations are looked up that can still be accepted. Those that were answered need no entries, which
-- each of them has changed when it was.
DROP INDEX invitations_by_address;
CREATE INDEX invitations_by_address ON invitations (email_key) WHERE status = 'pending';
