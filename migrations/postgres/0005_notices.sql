-- Notices by mail about requests and answers. The SQLite file of the same name makes the same changes and has the comments.

CREATE TABLE notice_opt_outs (
    user_id    BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind       TEXT   NOT NULL CHECK (kind IN ('join_requests', 'request_answers', 'invitation_answers')),
    created_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, kind)
);

CREATE TABLE notice_schedules (
    organization_id BIGINT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    user_id         BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind            TEXT   NOT NULL,
    due_at          BIGINT NOT NULL,
    PRIMARY KEY (organization_id, user_id, kind)
);

CREATE INDEX notice_schedules_by_user ON notice_schedules (user_id);

ALTER TABLE outbox DROP CONSTRAINT outbox_kind_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_kind_check
    CHECK (kind IN ('invitation', 'reminder', 'attempt', 'notice', 'removed', 'handover', 'join_requests', 'accepted',
                    'declined', 'request_approved', 'request_denied', 'renewal_denied'));
ALTER TABLE outbox DROP CONSTRAINT outbox_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_invitation_check
    CHECK ((invitation_id IS NULL) = (kind NOT IN ('invitation', 'reminder', 'renewal_denied')));
ALTER TABLE outbox DROP CONSTRAINT outbox_check2;
ALTER TABLE outbox ADD CONSTRAINT outbox_user_check
    CHECK ((user_id IS NULL) = (kind IN ('invitation', 'reminder', 'attempt', 'notice', 'renewal_denied')));
