-- Lists of all workspaces by name, and invitations that an API key made. The PostgreSQL file of the same name makes the same
-- changes.

-- What a list sorts by: the folded name. The server folds names better than `LOWER` does: a row has the exact value once the
-- workspace changes.
ALTER TABLE workspaces ADD COLUMN sort_name TEXT NOT NULL DEFAULT '';
UPDATE workspaces SET sort_name = SUBSTR(LOWER(name), 1, 100);
CREATE INDEX workspaces_by_name ON workspaces (sort_name, id);

-- Whether an API key made it, also after the key was deleted. Such an invitation has no inviter, but nobody has left.
ALTER TABLE invitations ADD COLUMN is_by_api_key INTEGER NOT NULL DEFAULT 0 CHECK (is_by_api_key IN (0, 1));
UPDATE invitations SET is_by_api_key = 1 WHERE api_key_id IS NOT NULL;
