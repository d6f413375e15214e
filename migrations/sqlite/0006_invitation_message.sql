-- A personal message of the inviter. The file of the other engine makes the same change.

-- Plain text, shown in the mail and to the invitee; empty without one.
ALTER TABLE invitations ADD COLUMN message TEXT NOT NULL DEFAULT '';
