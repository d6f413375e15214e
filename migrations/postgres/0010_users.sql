-- Lists of all users in the server-to-server API, in several orders. The SQLite file of the same name makes the same changes and
-- has the comments.

ALTER TABLE users ADD COLUMN sort_email TEXT COLLATE "C" NOT NULL DEFAULT '';
UPDATE users SET sort_email = COALESCE(
    (SELECT e.address_key FROM email_addresses e WHERE e.user_id = users.id AND e.is_primary = 1), '');

ALTER TABLE users ADD COLUMN sort_username TEXT COLLATE "C" NOT NULL DEFAULT '';
UPDATE users SET sort_username = COALESCE(username_key, '');

CREATE INDEX users_by_name ON users (sort_name, id);
CREATE INDEX users_by_email ON users (sort_email, id);
CREATE INDEX users_by_username ON users (sort_username, id);
