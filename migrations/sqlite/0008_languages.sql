-- Languages are folders of `i18n/`: the server parses them, and no check lists them any more. The PostgreSQL file of the same
-- name drops the checks. SQLite cannot, so each column is replaced by a copy without one.

ALTER TABLE users ADD COLUMN new_language TEXT;
UPDATE users SET new_language = language WHERE language IS NOT NULL;
ALTER TABLE users DROP COLUMN language;
ALTER TABLE users RENAME COLUMN new_language TO language;

ALTER TABLE attempts ADD COLUMN new_language TEXT NOT NULL DEFAULT 'en';
UPDATE attempts SET new_language = language WHERE language <> 'en';
ALTER TABLE attempts DROP COLUMN language;
ALTER TABLE attempts RENAME COLUMN new_language TO language;

ALTER TABLE invitations ADD COLUMN new_language TEXT;
UPDATE invitations SET new_language = language WHERE language IS NOT NULL;
ALTER TABLE invitations DROP COLUMN language;
ALTER TABLE invitations RENAME COLUMN new_language TO language;

ALTER TABLE security_notices ADD COLUMN new_language TEXT;
UPDATE security_notices SET new_language = language WHERE language IS NOT NULL;
ALTER TABLE security_notices DROP COLUMN language;
ALTER TABLE security_notices RENAME COLUMN new_language TO language;
