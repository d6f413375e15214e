-- Lists of all workspaces by name, and invitations that an API key made. The SQLite file of the same name makes the same
-- changes and has the comments.

ALTER TABLE workspaces ADD COLUMN sort_name TEXT COLLATE "C" NOT NULL DEFAULT '';
UPDATE workspaces SET sort_name = SUBSTR(LOWER(name), 1, 100);
CREATE INDEX workspaces_by_name ON workspaces (sort_name, id);

ALTER TABLE invitations ADD COLUMN is_by_api_key BIGINT NOT NULL DEFAULT 0 CHECK (is_by_api_key IN (0, 1));
UPDATE invitations SET is_by_api_key = 1 WHERE api_key_id IS NOT NULL;
