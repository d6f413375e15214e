-- Lists of all users in the server-to-server API, in several orders. The PostgreSQL file of the same name makes the same changes.

-- The primary address, normalized; empty without one. So that an index of users has the order.
ALTER TABLE users ADD COLUMN sort_email TEXT NOT NULL DEFAULT '';
UPDATE users SET sort_email = COALESCE(
    (SELECT e.address_key FROM email_addresses e WHERE e.user_id = users.id AND e.is_primary = 1), '');

-- The key of the user name; empty without one.
ALTER TABLE users ADD COLUMN sort_username TEXT NOT NULL DEFAULT '';
UPDATE users SET sort_username = COALESCE(username_key, '');

CREATE INDEX users_by_name ON users (sort_name, id);
CREATE INDEX users_by_email ON users (sort_email, id);
CREATE INDEX users_by_username ON users (sort_username, id);
