-- Invitations to sign up while sign-up is not public. The SQLite file of the same name makes the same changes and has the
-- comments.

CREATE TABLE deployment_invitations (
    id         BIGINT NOT NULL PRIMARY KEY,
    email      TEXT NOT NULL,
    email_key  TEXT COLLATE "C" NOT NULL UNIQUE,
    first_name TEXT NOT NULL,
    last_name  TEXT NOT NULL,
    language   TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX deployment_invitations_by_end ON deployment_invitations (expires_at);

ALTER TABLE outbox ADD COLUMN deployment_invitation_id BIGINT REFERENCES deployment_invitations (id) ON DELETE CASCADE;
ALTER TABLE outbox DROP CONSTRAINT outbox_kind_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_kind_check
    CHECK (kind IN ('invitation', 'reminder', 'attempt', 'notice', 'removed', 'handover', 'join_requests', 'accepted',
                    'declined', 'request_approved', 'request_denied', 'renewal_denied', 'sign_up_invitation'));
ALTER TABLE outbox DROP CONSTRAINT outbox_user_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_user_check
    CHECK ((user_id IS NULL)
           = (kind IN ('invitation', 'reminder', 'attempt', 'notice', 'renewal_denied', 'sign_up_invitation')));
ALTER TABLE outbox ADD CONSTRAINT outbox_deployment_invitation_check
    CHECK ((deployment_invitation_id IS NULL) = (kind <> 'sign_up_invitation'));
CREATE INDEX outbox_by_deployment_invitation ON outbox (deployment_invitation_id) WHERE deployment_invitation_id IS NOT NULL;
