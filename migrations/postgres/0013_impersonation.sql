-- Signing in as a user, for support. The SQLite file of the same name makes the same changes and has the comments.

ALTER TABLE sign_ins ADD COLUMN impersonator_id BIGINT REFERENCES users (id) ON DELETE CASCADE;
ALTER TABLE sign_ins ADD COLUMN impersonator_key_id BIGINT REFERENCES api_keys (id) ON DELETE CASCADE;
CREATE INDEX sign_ins_by_impersonator ON sign_ins (impersonator_id) WHERE impersonator_id IS NOT NULL;
CREATE INDEX sign_ins_by_impersonator_key ON sign_ins (impersonator_key_id) WHERE impersonator_key_id IS NOT NULL;

CREATE TABLE session_tickets (
    digest     BYTEA NOT NULL PRIMARY KEY,
    user_id    BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    actor_id   BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    api_key_id BIGINT NOT NULL REFERENCES api_keys (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    spent_at   BIGINT
);

CREATE INDEX session_tickets_by_user ON session_tickets (user_id);
CREATE INDEX session_tickets_by_actor ON session_tickets (actor_id);
CREATE INDEX session_tickets_by_api_key ON session_tickets (api_key_id);
CREATE INDEX session_tickets_by_end ON session_tickets (expires_at);
