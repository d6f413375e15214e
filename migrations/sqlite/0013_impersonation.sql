-- Signing in as a user, for support. The PostgreSQL file of the same name makes the same changes.

-- The person who is signed in as the user of the sign-in, and the API key that made it possible. NULL: the user themselves.
ALTER TABLE sign_ins ADD COLUMN impersonator_id INTEGER REFERENCES users (id) ON DELETE CASCADE;
ALTER TABLE sign_ins ADD COLUMN impersonator_key_id INTEGER REFERENCES api_keys (id) ON DELETE CASCADE;
CREATE INDEX sign_ins_by_impersonator ON sign_ins (impersonator_id) WHERE impersonator_id IS NOT NULL;
CREATE INDEX sign_ins_by_impersonator_key ON sign_ins (impersonator_key_id) WHERE impersonator_key_id IS NOT NULL;

-- Tickets for such sign-ins. Only the digest of a ticket is stored.
CREATE TABLE session_tickets (
    digest     BLOB    NOT NULL PRIMARY KEY,
    user_id    INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    actor_id   INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    api_key_id INTEGER NOT NULL REFERENCES api_keys (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    -- When it was exchanged for a sign-in, which it can be once.
    spent_at   INTEGER
) STRICT;

CREATE INDEX session_tickets_by_user ON session_tickets (user_id);
CREATE INDEX session_tickets_by_actor ON session_tickets (actor_id);
CREATE INDEX session_tickets_by_api_key ON session_tickets (api_key_id);
CREATE INDEX session_tickets_by_end ON session_tickets (expires_at);
