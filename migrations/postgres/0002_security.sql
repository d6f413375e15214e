-- Proofs of identity, address claims, security notices and urgent mail. The SQLite file of the same name makes the same
-- changes and has the comments.

ALTER TABLE sign_ins ADD COLUMN proved_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sign_ins ADD COLUMN proved_by TEXT NOT NULL DEFAULT 'password';
ALTER TABLE sign_ins ADD COLUMN proved_for TEXT NOT NULL DEFAULT '';

CREATE TABLE email_claims (
    id          BIGINT  NOT NULL PRIMARY KEY,
    user_id     BIGINT  NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    address     TEXT    NOT NULL,
    address_key TEXT COLLATE "C" NOT NULL,
    expires_at  BIGINT  NOT NULL,
    created_at  BIGINT  NOT NULL,
    updated_at  BIGINT  NOT NULL,
    UNIQUE (user_id, address_key)
);

CREATE INDEX email_claims_by_end ON email_claims (expires_at);

ALTER TABLE email_addresses ADD COLUMN is_linked BIGINT NOT NULL DEFAULT 0 CHECK (is_linked IN (0, 1));
UPDATE email_addresses SET is_linked = 1
 WHERE EXISTS (SELECT 1 FROM email_addresses o
                WHERE o.user_id = email_addresses.user_id AND o.verified_at < email_addresses.verified_at);

INSERT INTO email_claims (id, user_id, address, address_key, expires_at, created_at, updated_at)
SELECT id, user_id, address, address_key, created_at + 86400000000, created_at, updated_at
  FROM email_addresses WHERE verified_at IS NULL AND is_primary = 0;

CREATE TABLE security_notices (
    id          BIGINT  NOT NULL PRIMARY KEY,
    user_id     BIGINT  NOT NULL,
    kind        TEXT    NOT NULL,
    address     TEXT    NOT NULL,
    address_key TEXT COLLATE "C" NOT NULL,
    language    TEXT    CHECK (language IN ('en', 'de')),
    detail      TEXT    NOT NULL DEFAULT '',
    ip_address  TEXT    NOT NULL,
    user_agent  TEXT    NOT NULL,
    used_at     BIGINT,
    expires_at  BIGINT  NOT NULL,
    created_at  BIGINT  NOT NULL
);

CREATE INDEX security_notices_by_user ON security_notices (user_id);
CREATE INDEX security_notices_by_end ON security_notices (expires_at);

ALTER TABLE attempts ADD COLUMN claim_id BIGINT REFERENCES email_claims (id) ON DELETE CASCADE;
ALTER TABLE attempts ADD COLUMN detail TEXT NOT NULL DEFAULT '';
UPDATE attempts SET claim_id = email_id, email_id = NULL WHERE email_id IN (SELECT id FROM email_claims);
ALTER TABLE attempts ADD CHECK (email_id IS NULL OR claim_id IS NULL);
ALTER TABLE attempts DROP CONSTRAINT attempts_purpose_check;
ALTER TABLE attempts ADD CONSTRAINT attempts_purpose_check
    CHECK (purpose IN ('sign_in', 'sign_up', 'address', 'password', 'reauthentication'));

CREATE INDEX attempts_by_claim ON attempts (claim_id);

ALTER TABLE outbox ADD COLUMN is_urgent BIGINT NOT NULL DEFAULT 0;
ALTER TABLE outbox ALTER COLUMN is_urgent DROP DEFAULT;
ALTER TABLE outbox ADD COLUMN notice_id BIGINT REFERENCES security_notices (id) ON DELETE CASCADE;
UPDATE outbox SET is_urgent = 1 WHERE kind = 'attempt';
ALTER TABLE outbox DROP CONSTRAINT outbox_kind_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_kind_check
    CHECK (kind IN ('invitation', 'reminder', 'attempt', 'notice', 'removed', 'handover'));
ALTER TABLE outbox ADD CHECK (is_urgent = CASE WHEN kind IN ('attempt', 'notice') THEN 1 ELSE 0 END);
ALTER TABLE outbox ADD CHECK ((notice_id IS NULL) = (kind <> 'notice'));

DROP INDEX outbox_by_due;
CREATE INDEX outbox_by_due ON outbox (state, is_urgent, due_at);
CREATE INDEX outbox_by_notice ON outbox (notice_id);

DELETE FROM email_addresses WHERE verified_at IS NULL AND is_primary = 0;
